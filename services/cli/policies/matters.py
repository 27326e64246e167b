"""Cases that people merge, take apart and work on, by the worker's own logic: what each command
comes to, and what stands in the end. No store and no post: what one case tells another arrives at
once. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from schemas.cases import CaseCommand, CaseState, CommandSettled
from schemas.clocks import ClockFired
from schemas.codec import decode
from services.cases.planning import Basis, Input, Item, plan
from services.cases.policies import Policies
from services.cli.policies.casework import Contact, routed_of
from services.domain.clocks.stages import Timer, clocks_of, next_stage
from services.domain.clocks.terms import Terms
from services.domain.merging import gravest

_MOST_WORDS: Final = 5000
"""Records that one command may set off: more than any number of cases tells each other."""
_BREACH: Final = "breach"


class Matters:
    """Some cases."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._cases: dict[str, Basis] = {}
        self._taken = 0

    @property
    def states(self) -> Mapping[str, CaseState]:
        """How they stand, by case id."""
        return {name: one.state for name, one in self._cases.items() if one.state is not None}

    def open(self, contact: Contact) -> None:
        """Let a contact open its case, or be added to it."""
        self.until(contact[0].received_at)
        self._take(routed_of(contact), contact[0].received_at)

    def act(self, command: CaseCommand) -> CommandSettled:
        """Return what a command comes to, with all that follows for other cases."""
        self.until(command.issued_at)
        return self._take(command, command.issued_at)[0]

    def until(self, at: datetime) -> None:
        """Let all clocks fire that are due by then, in the order in which they are due."""
        while (due := self._next(at)) is not None:
            state, timer = due
            fired = ClockFired(
                tenant=state.tenant,
                case_id=state.case_id,
                clock=timer.clock,
                stage=timer.stage,
                step=timer.step,
                run=timer.run,
                level=timer.level,
                due_at=timer.due,
                fired_at=timer.due,
                case_seq=state.seq,
                policy=self._policies.book.today.sla.version,
            )
            self._take(fired, timer.due)
            if self.states[state.case_id].seq == state.seq:
                raise ValueError(f"{timer.mark} of {state.case_id} is due and does not take effect")

    def _next(self, at: datetime) -> tuple[CaseState, Timer] | None:
        found = [
            (state, timer)
            for state in self.states.values()
            if (timer := next_stage(state, self._terms(state))) is not None
            and timer.stage is not None
            and timer.due <= at
        ]
        return min(found, key=lambda one: one[1].due, default=None)

    def _terms(self, state: CaseState) -> Terms:
        return self._policies.book.terms(clocks_of(state).policies)

    def _take(self, record: Input, now: datetime) -> list[CommandSettled]:
        """Have a case take a record in, and others what follows; return how commands ended."""
        settled: list[CommandSettled] = []
        post: list[Input] = [record]
        for _ in range(_MOST_WORDS):
            if not post:
                return settled
            settled += self._plan(post.pop(0), now, post)
        raise ValueError("the cases never stop talking")

    def _plan(self, record: Input, now: datetime, post: list[Input]) -> Sequence[CommandSettled]:
        key = f"{record.tenant}|{record.case_id}"
        basis = self._cases.setdefault(record.case_id, Basis())
        self._taken += 1
        made = plan(key, basis, [Item(f"example:0:{self._taken}", record)], self._policies, now)
        self._cases[record.case_id] = Basis(made.n, made.state)
        if made.entry is None:
            return []
        post += [decode(CaseCommand, one.value) for one in made.entry.sent]
        return [decode(CommandSettled, one.value) for one in made.entry.settlements]


def breached(state: CaseState) -> list[str]:
    """Return which clocks a matter has missed, those of the cases merged into it too."""
    marks = [*state.fired, *(mark for one in state.merged for mark in one.fired)]
    return sorted({mark.split(":")[0] for mark in marks if mark.split(":")[1] == _BREACH})


def standing(states: Mapping[str, CaseState], names: Mapping[str, int]) -> dict[str, object]:
    """Return how cases stand, by the numbers that people know them by."""
    return {
        "heads": {
            names[one.case_id]: names[one.merged_into]
            for one in states.values()
            if one.merged_into is not None
        },
        "matter_level": {names[one.case_id]: gravest(one) for one in states.values()},
        "case_team": {names[one.case_id]: one.team for one in states.values()},
        "breached": {names[one.case_id]: breached(one) for one in states.values()},
    }
