"""From the inputs of one case in one batch to one log entry. Pure.

A plan never leaves an input without an answer: it becomes events, a settlement, or it is
known already (by its source: a replay; by its token: sent again).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.routes import ContactRouted
from schemas.since import ChangeSince
from schemas.vocabulary import Category, Refusal, Settlement
from services.cases.appeals import pass_on_payments
from services.cases.burying import is_seal
from services.cases.calibration import Counts, counts_of
from services.cases.choosing import leave_to_others
from services.cases.clocks import clock_events, square_clocks
from services.cases.commands import SINCE, command_digest, command_events, settled
from services.cases.evolution import evolve
from services.cases.incidents import reach_level
from services.cases.logic import contact_events
from services.cases.merged import pass_on
from services.cases.merged_clocks import square_merged
from services.cases.policies import Policies
from services.cases.story import Story, time_of
from services.domain.case_store import LogEntry, LoggedCommand, LoggedEvent, LoggedSettlement

MAX_INPUTS: Final = 500
"""Inputs of one log entry: with notes of the longest kind it stays under MongoDB's 16 MB."""


Input = ContactRouted | CaseCommand | ClockFired


class Counted(NamedTuple):
    """A contact as trends counts it."""

    tenant: str
    hub: str
    category: Category


@dataclass(frozen=True, slots=True)
class Item:
    """One input of a case and where it stands."""

    source: str
    record: Input

    @property
    def token(self) -> str | None:
        """What makes the input unique wherever it stands; None for a fired clock, which the
        state itself recognises."""
        if isinstance(self.record, CaseCommand):
            return f"cmd:{self.record.command_id}"
        if isinstance(self.record, ContactRouted):
            return f"con:{self.record.scored.deduplicated.contact.contact_id}"
        return None

    @property
    def marks(self) -> tuple[str, ...]:
        """The source and, where there is one, the token."""
        return (self.source,) if self.token is None else (self.source, self.token)


@dataclass(slots=True)
class Basis:
    """What is known of a case before deciding.

    ``unproduced`` are the log entries that perhaps nobody produced yet, in order of n;
    ``known`` maps sources and tokens that the log already has to the entry that has them.
    ``recent`` are the newest changes, in order, where a command may have to be told of them.
    """

    n: int = 0
    state: CaseState | None = None
    unproduced: list[LogEntry] = field(default_factory=list)
    known: dict[str, LogEntry] = field(default_factory=dict)
    recent: list[ChangeSince] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What to write and produce for a case.

    ``entry`` is None when the log already has everything. ``again`` are stored settlements
    of commands that were sent again. ``sealed`` are sources that must end as dead letters.
    ``refused`` are the commands of this entry that were rejected, for the log; ``left`` are
    inputs beyond one entry's size.
    """

    n: int
    state: CaseState | None
    entry: LogEntry | None
    again: list[bytes]
    outcomes: list[str]
    counted: list[Counted]
    calibration: list[Counts]
    sealed: list[str]
    refused: list[CommandSettled]
    left: Sequence[Item]


def as_since(event: CaseChanged) -> ChangeSince:
    """Return what a stale command is told of a change."""
    return ChangeSince(seq=event.seq, kind=event.kind, actor=event.actor, at=event.at)


def is_behind(record: Input, state: CaseState | None) -> bool:
    """Return whether a command knows the case only as it was some changes ago."""
    return (
        isinstance(record, CaseCommand)
        and state is not None
        and record.expected_seq is not None
        and record.expected_seq < state.seq
    )


def replay(basis: Basis, entries: Sequence[LogEntry]) -> None:
    """Move ``basis`` forward over ``entries`` by evolving its state with their events."""
    for entry in entries:
        if entry.n != basis.n + 1:
            raise ValueError(f"{entry.case_key}: entry {entry.n} cannot follow {basis.n}")
        for event in entry.events:
            basis.state = evolve(basis.state, decode(CaseChanged, event.value))
        basis.n = entry.n


def plan(key: str, basis: Basis, items: Sequence[Item], policies: Policies, now: datetime) -> Plan:
    """Decide about ``items`` in order, on top of ``basis``; each at the case's own time."""
    drafting = _Draft(basis.state, basis.recent)
    for item in items[:MAX_INPUTS]:
        token, at = item.token, time_of(drafting.state, now)
        holder = basis.known.get(item.source)
        if holder is not None and is_seal(holder, item.source):
            drafting.outcomes.append("sealed")
            drafting.sealed.append(item.source)
        elif holder is not None or item.source in drafting.sources:
            drafting.outcomes.append("replayed")
        elif token is not None and (token in basis.known or token in drafting.tokens):
            drafting.take_again(item, basis.known.get(token), at)
        else:
            drafting.take(item, token, policies, at)
    entry = None
    if drafting.sources:
        entry = LogEntry(
            case_key=key,
            n=basis.n + 1,
            at=time_of(drafting.state, now),
            sources=tuple(drafting.sources),
            tokens=tuple(drafting.tokens),
            events=tuple(drafting.events),
            settlements=tuple(drafting.settlements.values()),
            sent=tuple(drafting.sent),
        )
    return Plan(
        n=basis.n + (entry is not None),
        state=drafting.state,
        entry=entry,
        again=drafting.again,
        outcomes=drafting.outcomes,
        counted=drafting.counted,
        calibration=drafting.calibration,
        sealed=drafting.sealed,
        refused=drafting.refused,
        left=items[MAX_INPUTS:],
    )


class _Draft:
    """A log entry while it is being written."""

    def __init__(self, state: CaseState | None, recent: Sequence[ChangeSince]) -> None:
        self.state = state
        self.recent = recent
        self.told: list[CaseChanged] = []
        """The events so far: commands are told of the newest of them, and of ``recent``."""
        self.sent: list[LoggedCommand] = []
        self.sources: dict[str, None] = {}
        self.tokens: dict[str, None] = {}
        self.events: list[LoggedEvent] = []
        self.settlements: dict[str, LoggedSettlement] = {}
        self.again: list[bytes] = []
        self.outcomes: list[str] = []
        self.counted: list[Counted] = []
        self.calibration: list[Counts] = []
        self.sealed: list[str] = []
        self.refused: list[CommandSettled] = []

    def take(self, item: Item, token: str | None, policies: Policies, now: datetime) -> None:
        self.sources[item.source] = None
        if token is not None:
            self.tokens[token] = None
        story = self._story(item, policies, now)
        reach_level(story, policies)
        leave_to_others(story, policies)
        pass_on(story, policies)
        pass_on_payments(story, policies)
        square_merged(story, policies)
        counts = counts_of(story)
        if any(counts):
            self.calibration.append(counts)
        self.state = story.state
        self.events.extend(
            LoggedEvent(event.seq, item.source, encode(event)) for event in story.events
        )
        self.sent.extend(
            LoggedCommand(case_key(one.tenant, one.case_id).decode(), encode(one))
            for one in story.sent
        )
        self.told.extend(story.events)

    def _story(self, item: Item, policies: Policies, now: datetime) -> Story:
        record = item.record
        if isinstance(record, CaseCommand):
            recent = [*self.recent, *map(as_since, self.told[-SINCE:])][-SINCE:]
            story, settlement = command_events(self.state, record, policies, now, recent)
            square_clocks(story, policies)
            self._settle(item, record, settlement)
            self.outcomes.append(f"command_{settlement.settlement}")
            return story
        if isinstance(record, ClockFired):
            story, outcome = clock_events(self.state, record, policies, now)
            self.outcomes.append(outcome)
            return story
        story = contact_events(self.state, record, policies, now)
        self.outcomes.extend(event.kind for event in story.events)
        hub = record.scored.deduplicated.contact.facts.hub or "unknown"
        self.counted.append(Counted(record.tenant, hub, record.scored.score.category))
        return story

    def take_again(self, item: Item, holder: LogEntry | None, now: datetime) -> None:
        """Answer an input that took effect before, standing elsewhere."""
        record = item.record
        if not isinstance(record, CaseCommand):
            self.outcomes.append("contact_again")
            return
        first = self._first_settlement(record, holder)
        if first is not None and first.digest == command_digest(record):
            self.again.append(first.value)
            self.outcomes.append("command_again")
            return
        self.sources[item.source] = None
        explanation = "this command id was used for another command; choose a new one"
        self._settle(
            item, record, settled(record, self.state, now, Refusal.COMMAND_ID_REUSED, explanation)
        )
        self.outcomes.append("command_id_reused")

    def _first_settlement(
        self, command: CaseCommand, holder: LogEntry | None
    ) -> LoggedSettlement | None:
        stored = holder.settlements if holder else self.settlements.values()
        return next((one for one in stored if one.command_id == command.command_id), None)

    def _settle(self, item: Item, command: CaseCommand, settlement: CommandSettled) -> None:
        if settlement.settlement is Settlement.REJECTED:
            self.refused.append(settlement)
        self.settlements[item.source] = LoggedSettlement(
            command.command_id, item.source, command_digest(command), encode(settlement)
        )
