"""Check B: each decided contact takes effect exactly once, in the case it was decided for.

The decision is a row of the ledger; its effect is an event in a case's log that names the
contact; between them stands one record on ``complaints.deduplicated``, perhaps several
times but always the same bytes, and what severity and routing made of it. Where it named a waybill,
a claim leads whoever names it next to the same case.
"""

from array import array
from collections.abc import Collection
from typing import Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import History
from services.audit.logic.places import Places

_NEVER: Final = -1
_HAS_WAYBILL: Final = b'"waybill_index":"'
_IS_REPLY: Final = b'"rule":"reply_to_notice"'
"""In the bytes of a decision; in what people wrote, quotes are escaped. Whoever answers a notice
claims nothing."""


class ContactsCheck:
    """Feed the dead letters first, then the topic, the log, the ledger."""

    def __init__(self, places: Places, deduplicated: Collection[str]) -> None:
        """``deduplicated``: the topic's name in each lane."""
        self._places = places
        self._topics = deduplicated
        self._found = Findings("B", "each decided contact takes effect once, in its case")
        self._number: dict[str, int] = {}
        self._cases: dict[str, int] = {}
        self._bytes = array("q")
        self._first_place = array("q")
        self._more_places: dict[int, list[int]] = {}
        self._furthest = array("q")
        self._effects = array("B")
        self._effect_case = array("q")
        self._decided = bytearray()
        self._parcels: set[int] = set()
        """Cases of contacts that named a waybill, until a claim on one leads to them."""
        self._dead: set[int] = set()

    def record(self, place: int, contact_key: str, value: bytes, is_replay: bool) -> None:
        """A deduplicated contact stands on the topic. What died there, and the replay of a dead
        letter (which may have been mended), are not compared with other bytes."""
        i = self._at(contact_key)
        if self._first_place[i] == _NEVER:
            self._first_place[i] = place
        else:
            self._more_places.setdefault(i, []).append(place)
        if is_replay or place in self._dead:
            return
        digest = hash(value)
        if self._bytes[i] == 0:
            self._bytes[i] = digest
        elif self._bytes[i] != digest:
            self._found.found(Defect.DIFFERENT_BYTES, contact_key, self._places.name(place))

    def passed(self, place: int, contact_key: str) -> None:
        """Severity or routing passed the contact on; feed their topics in this order, both lanes of
        one before the next."""
        self._furthest[self._at(contact_key)] = place

    def unreadable(self, place: int) -> None:
        """What stands on the topic is no deduplicated contact: it must be a dead letter."""
        if place in self._dead:
            return
        if self._places.is_waiting(place):
            self._found.waiting += 1
        else:
            self._found.found(Defect.LOST, self._places.name(place), "unreadable contact")

    def dead(self, source: str) -> None:
        """A dead letter holds the deduplicated contact that stood at ``source``."""
        place = self._places.place_of(source)
        if place is not None:
            self._dead.add(place)

    def case(self, history: History) -> None:
        """The log of one case."""
        case: int | None = None
        for event in history.events:
            contact = event.body.get("contact")
            if contact and event.body.get("kind") in ("opened", "contact_added"):
                if case is None:
                    case = self._cases.setdefault(history.case_key, len(self._cases))
                i = self._at(f"{event.body.get('tenant')}|{contact.get('contact_id')}")
                self._effects[i] = min(self._effects[i] + 1, 255)
                self._effect_case[i] = case

    def row(self, contact_key: str, source: str, case_key: str, out: bytes) -> None:
        """A row of the ledger; ``out`` is empty once its personal data were removed."""
        self._found.examined += 1
        i = self._number.get(contact_key)
        if i is None:
            self._without_trace(contact_key, source)
            return
        self._decided[i] = 1
        if _HAS_WAYBILL in out and _IS_REPLY not in out and case_key in self._cases:
            self._parcels.add(self._cases[case_key])
        if out and self._bytes[i] not in (0, hash(out)):
            self._found.found(Defect.DIFFERENT_BYTES, contact_key, "ledger and topic differ")
        if self._effects[i] == 0:
            self._without_effect(contact_key, i)
        elif self._effects[i] > 1:
            self._found.found(Defect.DOUBLED, contact_key, f"{self._effects[i]} events in the log")
        elif self._effect_case[i] != self._cases.get(case_key, _NEVER):
            self._found.found(Defect.WRONG_CASE, contact_key, f"decided for {case_key}")

    def claim(self, case_key: str) -> None:
        """A claim that a waybill is of this case, after the last row."""
        self._parcels.discard(self._cases.get(case_key, _NEVER))

    def findings(self) -> Findings:
        """Say what is wrong, after the last claim."""
        if self._parcels:
            for case_key, number in self._cases.items():
                if number in self._parcels:
                    self._found.found(Defect.UNCLAIMED, case_key)
        for contact_key, i in self._number.items():
            if not self._decided[i]:
                self._without_row(contact_key, i)
        return self._found

    def _at(self, contact_key: str) -> int:
        i = self._number.setdefault(contact_key, len(self._number))
        if i == len(self._decided):
            self._decided.append(0)
            self._bytes.append(0)
            self._first_place.append(_NEVER)
            self._furthest.append(_NEVER)
            self._effects.append(0)
            self._effect_case.append(_NEVER)
        return i

    def _without_trace(self, contact_key: str, source: str) -> None:
        place = self._places.place_of(source)
        if place is not None and self._places.is_waiting(place):
            self._found.waiting += 1
        elif place is None or all(map(self._places.begins_at_zero, self._topics)):
            self._found.found(Defect.NOT_PRODUCED, contact_key, f"decided from {source}")
        else:
            self._found.found(Defect.LOST, contact_key, "neither on the topic nor in a case")

    def _without_effect(self, contact_key: str, i: int) -> None:
        furthest = self._furthest[i]
        alive = self._alive(i) if furthest == _NEVER else [furthest]
        alive = [place for place in alive if place not in self._dead]
        read = [place for place in alive if not self._places.is_waiting(place)]
        if read:
            self._found.found(Defect.LOST, contact_key, self._places.name(read[0]))
        elif alive:
            self._found.waiting += 1

    def _without_row(self, contact_key: str, i: int) -> None:
        if self._effects[i]:
            self._found.found(Defect.UNDECIDED, contact_key, "in a case, but has no row")
        elif self._alive(i):
            self._found.found(Defect.UNDECIDED, contact_key, "on the topic, but has no row")

    def _alive(self, i: int) -> list[int]:
        places = (self._first_place[i], *self._more_places.get(i, ()))
        return [place for place in places if place not in self._dead and place != _NEVER]
