"""A batch of changes: decide whom to tell, store the decisions, produce what is stored."""

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.codec import decode
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.notice_words import NoticeState
from schemas.notices import NoticeSettled
from schemas.vocabulary import ChangeKind
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.domain.notice_store import ContactDirectory, NoticeRow, NoticeStore
from services.domain.preferences import PreferenceStore
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.teams import Teams
from services.domain.unreached import kind_of
from services.notification.knowing import Arrival, Knowing, contact_key_of
from services.notification.logic import DECIDED_BY, decide, withheld_by
from services.notification.policy import NoticePolicy
from services.notification.releases import Releases
from services.notification.writing import digest_row, row_of
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import (
    DeadLetter,
    DeadReason,
    Handled,
    Inbound,
    Outbound,
    Positions,
    Spot,
)

UNKNOWN_CHANGE: Final = "unknown_change"
TOLD_BEFORE: Final = "told_before"
REPLAYED: Final = "replayed"
HELD: Final = "held"
_DECIDED_ANEW: Final = 3


class NoticeTopics(NamedTuple):
    """Real names of the topics that notification knows."""

    requested: str
    settled: str
    receipts: str = ""
    changed: str = ""


class Rules(NamedTuple):
    """What is decided by."""

    policy: NoticePolicy
    teams: Teams


class Stores(NamedTuple):
    """What notification reads and writes."""

    notices: NoticeStore
    directory: ContactDirectory
    preferences: PreferenceStore


class NotificationHandler:
    """See :class:`services.runtime.ports.TimedHandler`: what is held is let go in time."""

    def __init__(
        self,
        stores: Stores,
        rules: Callable[[], Rules],
        clock: Clock,
        topics: NoticeTopics,
        crash: CrashPoints = never,
        staff: StaffBook = NOBODY_LISTED,
    ) -> None:
        """``rules`` are asked for once for each batch: a batch is decided by one policy."""
        self.topic = topics.changed
        self._stores = stores
        self._store = stores.notices
        self._in_force = rules
        self._clock = clock
        self._topics = topics
        self._crash = crash
        self._staff = staff
        self._take_up(rules())
        self._releases = Releases(stores.notices, clock, topics.receipts)
        self._partitions: frozenset[int] = frozenset()

    def _take_up(self, rules: Rules) -> None:
        self._rules = rules
        self._policy, self._teams = rules
        self._knowing = Knowing(*self._stores, *rules, self._staff)

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; notification needs no positions."""
        handled = Handled()
        if (rules := self._in_force()) is not self._rules:
            self._take_up(rules)
        arrivals = self._read(batch, handled)
        rows, withheld = self._decide_in_time(arrivals, handled)
        if rows:
            winners = self._insert(rows)
            self._crash("after_decision")
            replays = {str(one.inbound.source) for one in arrivals if one.inbound.is_replay}
            fresh = self._emit(rows, winners, replays, handled)
            handled.withheld.update(withheld[key] for key in fresh if key in withheld)
            self._bundle(rows, winners, replays, handled)
        return handled

    def assigned(self, spots: AbstractSet[Spot]) -> None:
        """See the port."""
        self._partitions = frozenset(spot.partition for spot in spots if spot.topic == self.topic)
        if not self._partitions:
            self._releases.forget()

    def tick(self, now: datetime, positions: Positions) -> Handled:
        """Say of held notices whose time has come that it has."""
        return self._releases.due(now, self._partitions)

    def _read(self, batch: Sequence[Inbound], handled: Handled) -> list[Arrival]:
        arrivals: list[Arrival] = []
        for inbound in batch:
            try:
                change = decode(CaseChanged, inbound.value, DECIDED_BY)
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
                continue
            if change.kind is ChangeKind.UNKNOWN:
                handled.outcomes[UNKNOWN_CHANGE] += 1
                continue
            if change.contact is not None and change.contact.accepted_at is not None:
                handled.accepted.append(change.contact.accepted_at)
            key = case_key(change.tenant, change.case_id).decode()
            arrivals.append(Arrival(inbound, change, key, contact_key_of(change)))
        return arrivals

    def _decide_in_time(
        self, arrivals: Sequence[Arrival], handled: Handled
    ) -> tuple[list[NoticeRow], dict[str, tuple[str, str]]]:
        """Decide, and anew where that took long: a digest goes out a while after its time ends, and
        what is put into one that is gone would be told by nobody."""
        longest = timedelta(seconds=self._policy.storm.settle_seconds / 2)
        for _ in range(_DECIDED_ANEW):
            outcomes: Counter[str] = Counter()
            now = self._clock.now()
            rows, withheld = self._decide(arrivals, now, outcomes)
            if rows:
                self._crash("before_store")
            is_bundled = any(row.digest is not None for row in rows)
            if not is_bundled or self._clock.now() - now <= longest:
                handled.outcomes.update(outcomes)
                return rows, withheld
        raise OutageError("notification", "deciding takes too long for what is bundled")

    def _decide(
        self, arrivals: Sequence[Arrival], now: datetime, outcomes: Counter[str]
    ) -> tuple[list[NoticeRow], dict[str, tuple[str, str]]]:
        """Return what is decided; and of what is not told, or not now, the channel and why."""
        known = self._knowing.of(arrivals, now)
        rows: list[NoticeRow] = []
        withheld: dict[str, tuple[str, str]] = {}
        for arrival in arrivals:
            change, about = arrival.change, known.told(arrival)
            around = known.around(arrival)
            decisions = decide(change, around, self._policy, self._teams, known.moment)
            if not decisions:
                outcomes["nobody_to_tell"] += 1
            today = [row_of(arrival, one, now, self._policy.version) for one in decisions]
            # A stored decision stands, whatever we would decide today.
            new = [row.told for row in today if row.told.who and not about.has(row.told)]
            rows += today
            for decision, row in zip(decisions, today, strict=True):
                if (why := withheld_by(decision)) is not None:
                    withheld.setdefault(row.key, (str(decision.to.channel), why))
            for told in new:
                about.add(told)
        return rows, withheld

    def _insert(self, rows: Sequence[NoticeRow]) -> dict[str, NoticeRow]:
        first: dict[str, NoticeRow] = {}
        for row in rows:
            first.setdefault(row.key, row)
        return self._store.insert(list(first.values()))

    # ------------------------------------------------------------------ emitting

    def _emit(
        self,
        rows: Sequence[NoticeRow],
        winners: dict[str, NoticeRow],
        replays: AbstractSet[str],
        handled: Handled,
    ) -> list[str]:
        """Produce what is stored; return which of it was decided just now."""
        emitted: set[str] = set()
        fresh: list[str] = []
        for row in rows:
            winner = winners[row.key]
            if not _is_to_produce(winner, row, replays) or row.key in emitted:
                handled.outcomes[TOLD_BEFORE] += 1
                continue
            emitted.add(row.key)
            told = winner.told
            is_new = winner.out == row.out
            if is_new:
                fresh.append(row.key)
            word = told.kind if told.is_requested else NoticeState.SUPPRESSED
            handled.outcomes[word if is_new else REPLAYED] += 1
            if is_new and winner.due is not None:
                handled.outcomes[HELD] += 1
            if winner.unreached_at is not None:
                handled.unreached[_unreached(winner)] += 1
            topic = self._topics.requested if told.is_requested else self._topics.settled
            handled.outbound.append(Outbound(topic, winner.case_key.encode(), winner.out))
        return fresh

    def _bundle(
        self,
        rows: Sequence[NoticeRow],
        winners: dict[str, NoticeRow],
        replays: AbstractSet[str],
        handled: Handled,
    ) -> None:
        """Ask for the digests of what was bundled, after that is stored: whoever came first
        asks, be it not the first of a replay's batch. From the stored decisions, so that a replay
        asks for the same ones."""
        wanted: dict[str, dict[str, NoticeRow]] = {}
        for row in rows:
            winner = winners[row.key]
            if not _is_to_produce(winner, row, replays):
                continue
            if winner.digest and winner.digest_due:
                digest = digest_row(winner, row.partition, self._policy.version)
                wanted.setdefault(digest.key, {}).setdefault(digest.source, digest)
        if not wanted:
            return
        stored = self._store.insert([next(iter(askers.values())) for askers in wanted.values()])
        for key, askers in wanted.items():
            if (winner := stored[key]).source in askers:
                handled.outcomes["digest"] += 1
                topic = self._topics.requested
                handled.outbound.append(Outbound(topic, winner.case_key.encode(), winner.out))


def _unreached(row: NoticeRow) -> tuple[str, str, str]:
    said = decode(NoticeSettled, row.out)
    return kind_of(said.recipient), said.kind, said.reason or ""


def _is_to_produce(winner: NoticeRow, row: NoticeRow, replays: AbstractSet[str]) -> bool:
    """Return whether what is stored was decided from this record; of a replay perhaps from the
    one that died, by a worker that never produced it. Who sends knows a notice by its id."""
    return winner.source == row.source or row.source in replays
