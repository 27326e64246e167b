"""A desk at which cases are worked on in memory: records in, what was produced out."""

from collections.abc import Sequence
from itertools import count

from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.routes import ContactRouted
from schemas.vocabulary import CommandKind, Relation
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_labels import MemoryLabelStore
from services.cases.handler import CasesHandler
from services.cases.policies import Policies, load_policies
from services.cases.topics import CaseTopics
from services.domain.clocks.book import open_book
from services.runtime.records import Handled, Inbound
from services.runtime.watching import always
from tests.support.builders import (
    ELAPSED,
    NOON,
    a_command,
    a_contact,
    a_deduplicated,
    a_routed,
)

TOPICS = CaseTopics("contacts", "commands", "clocks", "changed", "state", "settled", "counts")
POLICIES = load_policies(open_book(sla_file=ELAPSED))
FIRST = a_routed()
Input = ContactRouted | CaseCommand | ClockFired
CASE = FIRST.case_id
KEY = f"default|{CASE}"


class AClock:
    """Time that stands still until it is set."""

    time = NOON

    def now(self):  # type: ignore[no-untyped-def]
        return self.time

    def monotonic(self) -> float:
        return 0.0


class Desk:
    """A cases handler over a memory store; positions move on when a batch is committed."""

    def __init__(self, store: MemoryCaseStore | None = None, policies: Policies = POLICIES) -> None:
        self.store = store or MemoryCaseStore()
        self.labels = MemoryLabelStore()
        self.clock = AClock()
        self.handler = CasesHandler(self.store, self.labels, always(policies), self.clock, TOPICS)
        self.positions = {("contacts", 0): 0, ("commands", 0): 0, ("clocks", 0): 0}
        self.last = Handled()
        self._names = count(1)
        self._offsets = {"contacts": count(), "commands": count(), "clocks": count()}

    def record(self, record: Input) -> Inbound:
        topics = {ContactRouted: "contacts", CaseCommand: "commands", ClockFired: "clocks"}
        topic = topics[type(record)]
        key = case_key(record.tenant, record.case_id)
        return Inbound(topic, 0, next(self._offsets[topic]), topic, key, encode(record))

    def handle(self, batch: Sequence[Inbound], commit: bool = True) -> Handled:
        handled = self.handler.handle(batch, dict(self.positions))
        if commit:
            for inbound in batch:
                self.positions[inbound.topic, 0] = inbound.offset + 1
        return handled

    def take(self, *records: Input) -> Handled:
        return self.handle([self.record(record) for record in records])

    def act(self, kind: CommandKind, **changed: object) -> CommandSettled:
        """Send one command with a new id, issued now, and return how it was settled."""
        changed = {"issued_at": self.clock.time} | changed
        handled = self.take(command(kind, f"cmd-{next(self._names)}", **changed))
        self.last = handled
        return settlements(handled)[0]

    def case(self, case_id: str | None = None) -> CaseState:
        """Return the newest state."""
        state = self.store.cases[f"default|{case_id or CASE}"].state
        assert state is not None
        return state

    def history(self, case_id: str | None = None) -> list[CaseChanged]:
        """Return everything that happened, from the log."""
        entries = self.store.entries_after(f"default|{case_id or CASE}", 0)
        return [decode(CaseChanged, event.value) for entry in entries for event in entry.events]

    def kinds(self) -> list[str]:
        """Return what the last command led to."""
        return [str(change.kind) for change in changes(self.last)]


def changes(handled: Handled) -> list[CaseChanged]:
    return [decode(CaseChanged, out.value) for out in handled.outbound if out.topic == "changed"]


def states(handled: Handled) -> list[CaseState]:
    return [decode(CaseState, out.value) for out in handled.outbound if out.topic == "state"]


def settlements(handled: Handled) -> list[CommandSettled]:
    return [decode(CommandSettled, out.value) for out in handled.outbound if out.topic == "settled"]


def another(
    name: str, level: int = 1, team: str = "front-desk", **changed: object
) -> ContactRouted:
    """Return one more contact of the case."""
    relation = changed.pop("relation", Relation.REPEAT)
    contact = a_contact(name, **changed)
    return a_routed(a_deduplicated(contact, case_id=CASE, relation=relation), level, team)


def command(kind: CommandKind, name: str = "cmd-1", **changed: object) -> CaseCommand:
    return a_command(kind, CASE, command_id=name, **changed)
