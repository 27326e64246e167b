"""Check N: each decision to tell somebody is on its topic, each request has one end, nobody is told
twice unknown to us, and of each answer it was decided whether its complainants are told.

What nobody can know is not a violation: a notice of which more than one attempt may have
arrived is a *possible double*, counted in the check's title.
"""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.places import Places

TITLE: Final = "notices: decided, requested and ended once"
STEPS: Final = frozenset({"requested", "claimed"})
"""States that are told on the way, and end nothing."""
_NOTHING: Final = frozenset({"refused", "away", "failed"})
"""Results of attempts by which surely nothing arrived."""
_CALLED: Final = _NOTHING | {"sent", "unknown"}
"""Results that only a claimed attempt can have; attempt 0 is a decision without a provider."""


@dataclass(slots=True)
class _Notice:
    """One notice id, as seen in five places."""

    requested: list[int] = field(default_factory=list)
    ends: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How often each end was told, by its epoch and what it says."""
    first_end: str = ""
    attempts: int = 0
    returned: set[int] = field(default_factory=set)
    row: bool = False
    claims: set[int] = field(default_factory=set)
    on_lane: bool = False
    """It was sent beside the loop: a death may let its end be told again, with the same bytes."""
    sent: set[int] = field(default_factory=set)
    without_effect: set[int] = field(default_factory=set)
    """Attempts of which it is known that nothing arrived."""
    unclaimed: set[int] = field(default_factory=set)


class NoticesCheck:
    """Feed the dead letters, the requests, the ends and the answers, then rows, claims, results."""

    def __init__(
        self,
        places: Places,
        requested: str,
        settled: str,
        aside: AbstractSet[str] = frozenset(),
    ) -> None:
        """``aside`` are the notices that wait on the lane of their channel."""
        self._aside = aside
        self._places = places
        self._requested = requested
        self._settled = settled
        self._found = Findings("N", TITLE)
        self._notices: dict[str, _Notice] = {}
        self._dead: set[int] = set()
        self._unheard: dict[tuple[str, int], int] = {}
        """Answers that notification has read, until a decision about a complainant is found."""
        self._held: set[str] = set()
        self._quiet = 0
        self._waiting_aside = 0

    def dead(self, source: str) -> None:
        """What stood at ``source`` is a dead letter of sender, or one of notification."""
        place = self._places.place_of(source)
        if place is not None:
            self._dead.add(place)

    def answered(self, place: int, case_key: str, seq: int) -> None:
        """A change of a case stands on the topic that answers its complainants; notification has
        begun to read there."""
        if self._places.is_waiting(place):
            self._found.waiting += 1
        elif place not in self._dead:
            self._unheard[case_key, seq] = place

    def told(self, case_key: str, seq: int) -> None:
        """A decision about a complainant is stored, whether he was told or why not."""
        self._unheard.pop((case_key, seq), None)

    def requested(self, place: int, notice_id: str, is_held: bool = False) -> None:
        """A request stands on the topic; one that is held has no end yet, rightly."""
        self._at(notice_id).requested.append(place)
        if is_held:
            self._held.add(notice_id)

    def ended(
        self, notice_id: str, state: str, attempts: int, value: bytes, epoch: int = 0
    ) -> None:
        """An end or a step stands on the topic; ends after the first have a higher epoch."""
        notice = self._at(notice_id)
        if state in STEPS:
            return
        notice.ends[epoch, hash(value)] += 1
        if not epoch:
            notice.first_end = state
        notice.attempts = max(notice.attempts, attempts)

    def unreadable(self, place: int) -> None:
        """A record is neither."""
        if place not in self._dead:
            self._found.found(Defect.UNREADABLE, self._places.name(place))

    def row(self, notice_id: str, source: str, is_requested: bool) -> None:
        """A decision is stored; the change it is about stood at ``source``."""
        notice = self._at(notice_id)
        notice.row = True
        if notice.requested if is_requested else notice.ends:
            return
        topic = self._requested if is_requested else self._settled
        if self._places.may_be_under_way((source,)):
            self._found.waiting += 1
        elif self._places.begins_at_zero(topic):
            self._found.found(Defect.NOT_PRODUCED, notice_id, f"decided from {source}")

    def claim(self, notice_id: str, attempt: int, owner: str = "") -> None:
        """An attempt was claimed."""
        notice = self._at(notice_id)
        notice.claims.add(attempt)
        notice.on_lane |= "/" in owner

    def result(self, notice_id: str, attempt: int, outcome: str) -> None:
        """An attempt ended."""
        notice = self._at(notice_id)
        if outcome == "sent":
            notice.sent.add(attempt)
        if outcome == "undelivered":
            notice.returned.add(-attempt // 10)
            notice.without_effect.add(-attempt // 10)
        if outcome in _NOTHING:
            notice.without_effect.add(attempt)
        if outcome in _CALLED and attempt not in notice.claims:
            notice.unclaimed.add(attempt)

    def findings(self) -> Findings:
        """Say what is wrong, after the last result."""
        doubles = 0
        for (case_key, seq), place in self._unheard.items():
            self._found.found(Defect.UNTOLD, f"{case_key}#{seq}", self._places.name(place))
        for notice_id, notice in self._notices.items():
            self._found.examined += 1
            self._judge(notice_id, notice)
            doubles += notice.attempts > 1 or len(notice.claims - notice.without_effect) > 1
        told = {"possible doubles": doubles, "held until their time": self._quiet,
                "waiting for their provider": self._waiting_aside}  # fmt: skip
        counted = ", ".join(f"{count} {words}" for words, count in told.items() if count)
        if counted:
            self._found.title = f"{TITLE} ({counted})"
        return self._found

    def _judge(self, notice_id: str, notice: _Notice) -> None:
        if not notice.row:
            self._found.found(Defect.UNDECIDED, notice_id, "on a topic or tried, but not decided")
        alive = [place for place in notice.requested if place not in self._dead]
        if len(alive) > 1:
            self._found.found(Defect.DOUBLED, notice_id, f"requested {len(alive)} times")
        epochs = Counter(epoch for epoch, _ in notice.ends)
        if any(ways > 1 for ways in epochs.values()):
            self._found.found(Defect.DIFFERENT_BYTES, notice_id, "ended in different ways")
        elif not notice.on_lane and any(
            n > 1 for (epoch, _), n in notice.ends.items() if not epoch
        ):
            self._found.found(Defect.DOUBLED, notice_id, "ended more than once")
        elif alive and not notice.ends:
            self._without_end(notice_id, alive)
        if len(arrived := notice.sent - notice.returned) > 1:
            self._found.found(Defect.DOUBLED, notice_id, f"attempts {sorted(arrived)} sent")
        elif arrived and (after := sorted(n for n in notice.claims if n > min(arrived))):
            self._found.found(Defect.DOUBLED, notice_id, f"attempts {after} claimed after one sent")
        if notice.unclaimed:
            unclaimed = f"attempts {sorted(notice.unclaimed)} without a claim"
            self._found.found(Defect.PHANTOM, notice_id, unclaimed)
        if notice.first_end == "sent" and not notice.sent:
            self._found.found(Defect.PHANTOM, notice_id, "sent, but no attempt was")

    def _without_end(self, notice_id: str, alive: list[int]) -> None:
        if notice_id in self._aside:
            self._waiting_aside += 1
        elif notice_id in self._held:
            self._quiet += 1  # nothing is late: a person decided when it may be sent
        elif any(self._places.is_waiting(place) for place in alive):
            self._found.waiting += 1
        else:
            self._found.found(Defect.UNSETTLED, notice_id, self._places.name(alive[0]))

    def _at(self, notice_id: str) -> _Notice:
        return self._notices.setdefault(notice_id, _Notice())
