"""A batch of changes: decide whom to tell, store the decisions, produce what is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.notices import NoticeRequested, NoticeSettled
from schemas.vocabulary import ChangeKind, NoticeChannel, NoticeState
from services.domain.clock import Clock
from services.domain.notice_store import ContactDirectory, NoticeRow, NoticeStore, Told
from services.domain.teams import Teams
from services.notification.logic import Decision, decide, who_of
from services.notification.policy import NoticePolicy, Whom
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions

UNKNOWN_CHANGE: Final = "unknown_change"
TOLD_BEFORE: Final = "told_before"
REPLAYED: Final = "replayed"


class Arrival(NamedTuple):
    """A readable change."""

    inbound: Inbound
    change: CaseChanged
    case_key: str


class NoticeTopics(NamedTuple):
    """Real names of the topics written to."""

    requested: str
    settled: str


class NotificationHandler:
    """See :class:`services.runtime.ports.Handler`."""

    def __init__(
        self,
        store: NoticeStore,
        directory: ContactDirectory,
        policy: NoticePolicy,
        teams: Teams,
        clock: Clock,
        topics: NoticeTopics,
        crash: CrashPoints = never,
    ) -> None:
        self._store = store
        self._directory = directory
        self._policy = policy
        self._teams = teams
        self._clock = clock
        self._topics = topics
        self._crash = crash

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; notification needs no positions."""
        handled = Handled()
        arrivals = self._read(batch, handled)
        rows = self._decide(arrivals, handled)
        if rows:
            self._crash("before_store")
            first: dict[str, NoticeRow] = {}
            for row in rows:
                first.setdefault(row.key, row)
            winners = self._store.insert(list(first.values()))
            self._crash("after_decision")
            self._emit(rows, winners, handled)
        return handled

    def _read(self, batch: Sequence[Inbound], handled: Handled) -> list[Arrival]:
        arrivals: list[Arrival] = []
        for inbound in batch:
            try:
                change = decode(CaseChanged, inbound.value)
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
                continue
            if change.kind is ChangeKind.UNKNOWN:
                handled.outcomes[UNKNOWN_CHANGE] += 1
                continue
            key = case_key(change.tenant, change.case_id).decode()
            arrivals.append(Arrival(inbound, change, key))
        return arrivals

    # ------------------------------------------------------------------ deciding

    def _decide(self, arrivals: Sequence[Arrival], handled: Handled) -> list[NoticeRow]:
        reaches = self._directory.reaches(
            f"{arrival.change.tenant}|{arrival.change.contact.contact_id}"
            for arrival in arrivals
            if arrival.change.contact is not None
        )
        known = self._known(arrivals)
        now = self._clock.now()
        rows: list[NoticeRow] = []
        for inbound, change, key in arrivals:
            contact = change.contact
            reach = reaches.get(f"{change.tenant}|{contact.contact_id}") if contact else None
            about = known.setdefault(key, [])
            decisions = decide(change, reach, about, self._policy, self._teams)
            if not decisions:
                handled.outcomes["nobody_to_tell"] += 1
            stored = {(told.seq, told.kind, told.who) for told in about if told.seq == change.seq}
            for decision in decisions:
                row = self._row(inbound, change, key, decision, now)
                rows.append(row)
                # A stored decision stands, whatever we would decide today.
                if row.told.who and (change.seq, row.told.kind, row.told.who) not in stored:
                    about.append(row.told)
        return rows

    def _known(self, arrivals: Sequence[Arrival]) -> dict[str, list[Told]]:
        """Read what was decided earlier: about everybody of a case where all are to be told,
        elsewhere only about those whose contacts came."""
        whole: set[str] = set()
        pairs: set[tuple[str, str]] = set()
        for arrival in arrivals:
            rules = self._policy.changes[arrival.change.kind]
            who = who_of(arrival.change)
            if any(rule.whom is Whom.COMPLAINANTS for rule in rules):
                whole.add(arrival.case_key)
            elif who is not None and arrival.change.kind is not ChangeKind.OPENED:
                pairs.add((arrival.case_key, who))
        known = self._store.of_cases(whole) if whole else {}
        pairs = {pair for pair in pairs if pair[0] not in whole}
        return known | (self._store.about(pairs) if pairs else {})

    def _row(
        self, inbound: Inbound, change: CaseChanged, key: str, decision: Decision, now: datetime
    ) -> NoticeRow:
        to = decision.to
        told = Told(
            who=to.who,
            seq=change.seq,
            kind=decision.kind,
            at=change.at,
            is_requested=decision.suppressed is None,
            contact_id=to.contact_id,
            channel=to.channel,
            language=to.language,
        )
        out = encode(_record(change, decision, now))
        return NoticeRow(decision.notice_id, key, str(inbound.source), told, out)

    # ------------------------------------------------------------------ emitting

    def _emit(
        self, rows: Sequence[NoticeRow], winners: dict[str, NoticeRow], handled: Handled
    ) -> None:
        emitted: set[str] = set()
        for row in rows:
            winner = winners[row.key]
            if winner.source != row.source or row.key in emitted:
                handled.outcomes[TOLD_BEFORE] += 1
                continue
            emitted.add(row.key)
            told = winner.told
            is_new = winner.out == row.out
            word = told.kind if told.is_requested else NoticeState.SUPPRESSED
            handled.outcomes[word if is_new else REPLAYED] += 1
            topic = self._topics.requested if told.is_requested else self._topics.settled
            handled.outbound.append(Outbound(topic, winner.case_key.encode(), winner.out))


def _record(
    change: CaseChanged, decision: Decision, now: datetime
) -> NoticeRequested | NoticeSettled:
    to = decision.to
    if decision.suppressed is not None:
        return NoticeSettled(
            tenant=change.tenant,
            case_id=change.case_id,
            notice_id=decision.notice_id,
            kind=decision.kind,
            recipient=to.name,
            channel=NoticeChannel(to.channel),
            state=NoticeState.SUPPRESSED,
            attempts=0,
            reason=decision.suppressed,
            at=now,
        )
    return NoticeRequested(
        tenant=change.tenant,
        case_id=change.case_id,
        notice_id=decision.notice_id,
        case_seq=change.seq,
        kind=decision.kind,
        recipient=to.name,
        channel=NoticeChannel(to.channel),
        language=to.language,
        mandatory=decision.mandatory,
        template=decision.kind,
        reason=decision.rule,
        requested_at=now,
    )
