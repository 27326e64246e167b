"""The case path in memory under a clock that leaps from one due time to the next.

Real handlers, twins of Kafka and MongoDB. Each step checks what must hold in every scenario.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from pydantic_core import from_json

from schemas import topics
from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.codec import decode, encode
from schemas.keys import case_key, locality_key
from schemas.ledger import PolicyVersions
from schemas.vocabulary import ANSWERED, Channel, CommandKind
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.memory_notices import MemoryContactDirectory, MemoryNoticeStore
from services.adapters.memory_timers import MemoryTimerStore
from services.adapters.preferences import MemoryPreferences
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.overdue import OverdueCheck
from services.cases.evolution import evolve
from services.cases.handler import CasesHandler
from services.cases.policies import load_policies
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy as load_dedup_policy
from services.domain.clocks.account import CaseAccount, account_of
from services.domain.clocks.deadlines import due_of
from services.domain.clocks.events import ClockId
from services.domain.clocks.history import CaseHistory
from services.domain.clocks.limits import WORKING_TIME
from services.domain.clocks.stages import Clocks
from services.domain.notice_store import NoticeRow
from services.domain.teams import load_teams
from services.notification.handler import NoticeTopics, NotificationHandler, Rules, Stores
from services.notification.policy import load_policy as load_notice_policy
from services.routing.handler import RoutingHandler
from services.routing.watching import load_router
from services.runtime.ports import Handler
from services.runtime.records import Inbound, Outbound, Spot
from services.runtime.silent_metrics import SilentMetrics
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from services.sla.handler import Pace, SlaHandler
from tests.scenarios.terms import Book, Written
from tests.simulation.workers import JUDGE
from tests.support.builders import KEYS, TENANT, a_command, a_contact
from tests.support.case_topics import CASE_TOPICS
from tests.support.due_timers import next_due
from tests.support.manual_clock import ManualClock

DEDUP, ROUTES = load_dedup_policy(), load_router()
NOTICES, TEAMS, POLICIES = load_notice_policy(), load_teams(), load_policies()
WAYBILL = "SF1300000000001"
AT_ONCE = Pace(settle_seconds=0.0)


class World:
    """One case, from its first contact on."""

    def __init__(self, book: Book, start: datetime) -> None:
        self.clock = ManualClock(start)
        self.book = book
        self.changes: list[CaseChanged] = []
        self.settled: list[CommandSettled] = []
        self.cases, self.timers = MemoryCaseStore(), MemoryTimerStore()
        self.notices = MemoryNoticeStore()
        self.timers_are_away = False
        self._held: list[Outbound] = []
        self._offsets, self._numbers = count(), count(1)
        dedup = MemoryDedupStore()
        people = MemoryContactDirectory(dedup, self.cases)
        policies = POLICIES.__class__(
            **{name: getattr(POLICIES, name) for name in POLICIES.__slots__} | {"book": book}
        )
        self._handlers: dict[str, Handler] = {
            topics.RECEIVED.name: DedupHandler(
                dedup,
                KEYS,
                always(DEDUP),
                self.clock,
                topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
            ),
            topics.DEDUPLICATED.name: SeverityHandler(
                always(JUDGE), self.clock, topics.onward(topics.DEDUPLICATED, topics.SCORED)
            ),
            topics.SCORED.name: RoutingHandler(
                lambda: ROUTES, self.clock, topics.onward(topics.SCORED, topics.ROUTED)
            ),
            topics.CHANGED.name: NotificationHandler(
                Stores(self.notices, people, MemoryPreferences()),
                always(Rules(NOTICES, TEAMS)),
                self.clock,
                NoticeTopics(topics.NOTICES.name, topics.NOTICES_SETTLED.name),
            ),
        }
        worker = CasesHandler(
            self.cases, MemoryLabelStore(), always(policies), self.clock, CASE_TOPICS
        )
        for name in (topics.ROUTED.name, topics.COMMANDS.name, topics.FIRED.name):
            self._handlers[name] = worker
        self.start_timers()

    # ------------------------------------------------------------------ time

    def start_timers(self) -> None:
        """Start the sla worker anew: it remembers nothing but what is stored."""
        self.sla = SlaHandler(
            self.timers,
            self.book,
            self.clock,
            topics.STATE.name,
            topics.FIRED.name,
            SilentMetrics(),
            pace=AT_ONCE,
        )
        self.sla.assigned(frozenset({Spot(topics.STATE.name, 0)}))
        self._handlers[topics.STATE.name] = self.sla
        self.timers_are_away = False
        missed, self._held = self._held, []
        for record in missed:
            self._decide(record)

    def move_to(self, moment: datetime) -> None:
        """Let time pass; whatever comes due on the way takes effect when it does."""
        assert moment >= self.clock.now(), f"{moment} lies before {self.clock.now()}"
        while not self.timers_are_away:
            due = next_due(self.timers)
            if due is None or due > moment:
                break
            self.clock.seconds = max(
                self.clock.seconds, (due - self.clock.start) / timedelta(seconds=1)
            )
            handled = self.sla.tick(self.clock.now(), {})
            if not handled.outbound and not handled.outcomes:
                break
            for record in handled.outbound:
                self._decide(record)
            self.check()
        self.clock.seconds = (moment - self.clock.start) / timedelta(seconds=1)

    # ------------------------------------------------------------------ what people do

    def contact(
        self,
        text: str,
        received_at: datetime | None = None,
        customer: str = "ann",
        channel: Channel = Channel.PHONE,
    ) -> None:
        """A contact about the parcel comes in."""
        now = self.clock.now()
        contact = a_contact(
            f"contact-{next(self._numbers)}",
            text=text,
            waybill=WAYBILL,
            customer=customer,
            channel=channel,
            received_at=received_at or now,
            accepted_at=now,
        )
        key = locality_key(TENANT, contact.contact_id)
        self._decide(Outbound(topics.RECEIVED.name, key, encode(contact)))
        self.check()

    def act(
        self, kind: CommandKind, accepted_at: datetime | None = None, **fields: Any
    ) -> CommandSettled:
        """A clerk acts; accepted now unless told."""
        command = a_command(
            kind,
            self.state.case_id,
            f"cmd-{next(self._numbers)}",
            issued_at=accepted_at or self.clock.now(),
            **fields,
        )
        key = case_key(TENANT, command.case_id)
        self._decide(Outbound(topics.COMMANDS.name, key, encode(command)))
        self.check()
        return self.settled[-1]

    def _decide(self, record: Outbound) -> None:
        if record.topic == topics.CHANGED.name:
            self.changes.append(decode(CaseChanged, record.value))
        if record.topic == topics.SETTLED.name:
            self.settled.append(decode(CommandSettled, record.value))
        if record.topic == topics.STATE.name and self.timers_are_away:
            self._held.append(record)
            return
        handler = self._handlers.get(record.topic)
        if handler is None:
            return
        offset = next(self._offsets)
        inbound = Inbound(record.topic, 0, offset, record.topic, record.key, record.value)
        handled = handler.handle([inbound], {(record.topic, 0): offset})
        assert not handled.dead, handled.dead
        for made in handled.outbound:
            self._decide(made)

    # ------------------------------------------------------------------ what is

    @property
    def state(self) -> CaseState:
        (projection,) = self.cases.cases.values()
        assert projection.state is not None
        return projection.state

    @property
    def account(self) -> CaseAccount:
        return account_of(self.changes, self.book, self.clock.now())

    def told(self, is_wanted: Callable[[NoticeRow], bool], kind: str) -> set[str]:
        """Return what those who are wanted were told of; whether ``kind`` is among it is asked."""
        return {row.told.kind for row in self.notices.notices.values() if is_wanted(row)}

    def come_into_force(self, written: Written) -> None:
        """Another policy stands in the files when the workers that read them start again."""
        self.book.come_into_force(written)
        self.start_timers()

    def policies(self, version: str) -> PolicyVersions:
        """Return how a version of a scenario is called by a case."""
        return self.book.terms(
            self.book.current.model_copy(update={"sla": version, "calendars": version})
        ).versions

    def catch_up(self) -> None:
        """Let everything that is overdue take effect."""
        for _ in range(50):
            handled = self.sla.tick(self.clock.now(), {})
            if not handled.outbound:
                break
            for record in handled.outbound:
                self._decide(record)
        self.check()

    # ------------------------------------------------------------------ what always holds

    def check(self) -> None:
        """One armed timer; the case is the sum of its events; state and history give the same
        due times; nothing fired early; the minutes of a breach sum up; the state is small."""
        if not self.cases.cases:
            return
        state = self.state
        rebuilt: CaseState | None = None
        for change in self.changes:
            rebuilt = evolve(rebuilt, change)
            if change.stage is not None and change.due_at is not None:
                assert change.at >= change.due_at, f"early: {change}"
        assert rebuilt == state
        assert len(encode(state)) < 16_384
        if not self.timers_are_away:
            self._check_timer(state)
        self._check_clocks(state)

    def check_independently(self) -> None:
        """Ask the auditor, whose arithmetic is its own, whether anything passed in silence."""
        if self.timers_are_away or not self.changes:
            return
        now = self.clock.now()
        auditor = OverdueCheck(now)
        for kind, version, content in self.book.archived():
            auditor.read(kind, version, content)
        events = [
            Event(n, one.seq, "", encode(one), from_json(encode(one)))
            for n, one in enumerate(self.changes, 1)
        ]
        entries = [Entry(event.n, (), (event,), ()) for event in events]
        auditor.case(History("case", entries, None))
        found = auditor.findings()
        assert found.examined == (self.state.status not in ANSWERED)
        assert not found.violations, found.listed

    def _check_timer(self, state: CaseState) -> None:
        newest = max(self.timers.rows.values(), key=lambda row: row.seq)
        assert newest.seq == state.seq
        assert (newest.due is not None) == (state.status not in ANSWERED)

    def _check_clocks(self, state: CaseState) -> None:
        history = CaseHistory.of(self.changes, self.book)
        assert history.clocks == state.clocks
        terms = self.book.terms(state.clocks.policies)
        clocks = Clocks(state, terms)
        for one in clocks.running():
            clock = ClockId(one.strand.clock.kind, one.strand.clock.holder)
            due = due_of(history.ledger, clock, terms.calendar)
            assert due is not None
            assert due.at == clocks.due(one), clock
        for told in self.account.clocks:
            assert sum(told.overdue.values()) == told.overdue_minutes
            if told.due_at is not None and told.limit.unit in WORKING_TIME:
                worked = (one.length for one in told.intervals if one.kind == "worked")
                seconds = (told.limit.amount + told.extended) * WORKING_TIME[told.limit.unit]
                assert sum(filter(None, worked), timedelta()) == timedelta(seconds=seconds)
