"""The case path in memory, delivered at least once: each record may be handled again after a
crash before its commit, or once more by somebody who was given up for dead."""

from collections import defaultdict, deque
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from schemas import topics
from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.codec import decode, encode
from schemas.incidents import IncidentChanged, IncidentCommand
from schemas.keys import case_key, locality_key
from schemas.ledger import PolicyVersions
from schemas.vocabulary import CommandKind
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_incidents import MemoryIncidentStore
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.memory_timers import MemoryTimerStore
from services.cases.handler import CasesHandler
from services.cases.policies import load_policies
from services.dedup.handler import DedupHandler
from services.runtime.ports import Handler
from services.runtime.records import Handled, Inbound, Outbound, Spot
from services.runtime.silent_metrics import SilentMetrics
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from services.sla.handler import SlaHandler
from tests.scenarios.terms import Book, Written
from tests.scenarios.world import AT_ONCE
from tests.simulation.workers import JUDGE, POLICY, build_handler, build_incidents
from tests.support.builders import KEYS, NOON, TENANT, a_command, a_contact
from tests.support.case_topics import CASE_TOPICS
from tests.support.due_timers import next_due
from tests.support.manual_clock import ManualClock

SENTENCES: Final = (
    "the law gives 15 days, extendable by 15",
    "acknowledgement takes 2h elapsed",
    "resolution takes 8h elapsed, paused for customer",
)
SHORTER: Final = ("acknowledgement takes 1h elapsed", "resolution takes 4h elapsed")
"""What another version of the limits says instead."""
HOWS: Final = ("once", "after a crash", "and by a zombie")


def _book() -> Book:
    written = Written()
    for sentence in SENTENCES:
        assert written.read(sentence), sentence
    book = Book(written)
    shorter = written.but("B")
    for sentence in (SHORTER[0], f"{SHORTER[1]}, paused for customer"):
        assert shorter.read(sentence), sentence
    book.know(shorter)
    return book


class Site:
    """Handlers, stores and a clock; what came out, by case."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.cases, self.dedup, self.timers = (
            MemoryCaseStore(),
            MemoryDedupStore(),
            MemoryTimerStore(),
        )
        self.changes: dict[str, list[CaseChanged]] = defaultdict(list)
        self.settled: dict[str, list[bytes]] = defaultdict(list)
        self.told: dict[str, list[IncidentChanged]] = defaultdict(list)
        """What is known of each incident."""
        self.incidents = MemoryIncidentStore()
        self.dead: list[str] = []
        self._book = _book()
        self._offsets, self._how = count(), HOWS[0]
        self.restart()

    def restart(self) -> None:
        """Put new processes in the place of all: they remember what is stored."""
        policies = load_policies(self._book)
        labels = MemoryLabelStore()
        stores = (self.dedup, self.cases, labels)
        routing = build_handler("routing", *stores, self.clock, lambda point: None)
        worker = CasesHandler(self.cases, labels, always(policies), self.clock, CASE_TOPICS)
        self._sla = SlaHandler(
            self.timers,
            self._book,
            self.clock,
            topics.STATE.name,
            topics.FIRED.name,
            SilentMetrics(),
            pace=AT_ONCE,
        )
        self._sla.assigned(frozenset({Spot(topics.STATE.name, 0)}))
        self._handlers: dict[str, Handler] = {
            topics.RECEIVED.name: DedupHandler(
                self.dedup,
                KEYS,
                always(POLICY),
                self.clock,
                topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
            ),
            topics.DEDUPLICATED.name: SeverityHandler(
                always(JUDGE), self.clock, topics.onward(topics.DEDUPLICATED, topics.SCORED)
            ),
            topics.SCORED.name: routing,
            topics.ROUTED.name: worker,
            topics.COMMANDS.name: worker,
            topics.FIRED.name: worker,
            topics.STATE.name: self._sla,
            topics.CHANGED.name: (
                incidents := build_incidents(
                    self.incidents, self.dedup, self.clock, lambda point: None
                )
            ),
            topics.PLACES.name: incidents,
        }

    # ------------------------------------------------------------------ what comes in

    def contact(
        self, name: str, waybill: str, text: str, person: str | None = None, how: str = HOWS[0]
    ) -> str:
        """Send a contact of a person, or of nobody known; return its id."""
        now = self.clock.now()
        contact = a_contact(
            name, waybill=waybill, text=text, customer=person, received_at=now, accepted_at=now
        )
        key = locality_key(TENANT, contact.contact_id)
        self._take(Outbound(topics.RECEIVED.name, key, encode(contact)), how)
        return contact.contact_id

    def command(self, kind: CommandKind, case_id: str, name: str, how: str, **more: Any) -> bool:
        """Send a command; return whether it was accepted."""
        command = a_command(kind, case_id, name, issued_at=self.clock.now(), **more)
        key = case_key(TENANT, case_id)
        self._take(Outbound(topics.COMMANDS.name, key, encode(command)), how)
        answer = decode(CommandSettled, self.settled[name][-1])
        return str(answer.settlement) == "accepted"

    def versions(self, version: str) -> PolicyVersions:
        """Return how a command names a version of the limits."""
        return self._book.terms(PolicyVersions(sla=version, calendars=version, limits="-")).versions

    def word(self, word: IncidentCommand, how: str) -> None:
        """Say something to the writer of a place."""
        key = f"{word.tenant}|{word.hub}|{word.category}".encode()
        self._take(Outbound(topics.PLACES.name, key, encode(word)), how)

    def minutes_pass(self, minutes: int, how: str) -> None:
        """Let time pass; what comes due on the way takes effect when it does."""
        end = self.clock.now() + timedelta(minutes=minutes)
        while (due := next_due(self.timers)) is not None and due <= end:
            self._set(max(due, self.clock.now()))
            handled = self._sla.tick(self.clock.now(), {})
            if not handled.outbound and not handled.outcomes:
                break
            for record in handled.outbound:
                self._take(record, how)
        self._set(end)

    def state_of(self, case_id: str) -> CaseState:
        """Return a case as everybody sees it."""
        state = self.cases.cases[f"{TENANT}|{case_id}"].state
        assert state is not None
        return state

    def case_of(self, contact_id: str) -> str:
        """Return where dedup put a contact."""
        return self.dedup.contacts[f"{TENANT}|{contact_id}"].case_id

    # ------------------------------------------------------------------ delivery

    def _take(self, record: Outbound, how: str) -> None:
        self._how = how
        waiting = deque([record])
        while waiting:
            waiting += self._delivered(waiting.popleft())

    def _delivered(self, record: Outbound) -> list[Outbound]:
        """Let whoever reads a record take it; return what follows from it."""
        if record.topic == topics.CHANGED.name:
            change = decode(CaseChanged, record.value)
            known = self.changes[change.case_id]
            if change.seq <= len(known):  # as subscribers do
                assert known[change.seq - 1] == change
                return []
            assert change.seq == len(known) + 1
            known.append(change)
        if record.topic == topics.INCIDENTS.name:
            said = decode(IncidentChanged, record.value)
            heard = self.told[said.incident_id]
            if said.seq > len(heard):
                assert said.seq == len(heard) + 1
                heard.append(said)
        if record.topic == topics.SETTLED.name:
            answer = decode(CommandSettled, record.value)
            self.settled[answer.command_id].append(record.value or b"")
        handler = self._handlers.get(record.topic)
        if handler is None:
            return []
        offset = next(self._offsets)
        inbound = Inbound(record.topic, 0, offset, record.topic, record.key, record.value)
        return self._handled(handler, inbound).outbound

    def _handled(self, handler: Handler, inbound: Inbound) -> Handled:
        position = {(inbound.topic_id, 0): inbound.offset}
        handled = handler.handle([inbound], position)
        if self._how == "after a crash":  # nothing of it was committed
            handled = handler.handle([inbound], position)
        elif self._how == "and by a zombie":  # nothing of his is
            handler.handle([inbound], {(inbound.topic_id, 0): inbound.offset + 1})
        self.dead += [letter.rule for letter in handled.dead]
        return handled

    # ------------------------------------------------------------------ time

    def _set(self, moment: datetime) -> None:
        self.clock.seconds = (moment - self.clock.start) / timedelta(seconds=1)
