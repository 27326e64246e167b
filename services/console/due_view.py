"""Which limit of a case comes next, for people. Pure."""

from collections.abc import Callable, Mapping, Sequence

from schemas.cases import CaseState
from schemas.ledger import PolicyVersions
from schemas.vocabulary import ClockName, ClockStage
from services.adapters.case_search import SETTLED
from services.adapters.deadlines import Deadline
from services.domain.clocks.stages import Clocks, clocks_of
from services.domain.clocks.tasks import runs_of
from services.domain.clocks.terms import Terms

TermsOf = Callable[[PolicyVersions | None], Terms]


def limits_of(
    states: Sequence[CaseState], due: Mapping[str, Deadline], terms_of: TermsOf
) -> dict[str, Deadline]:
    """Return what is due next by case, a limit in place of its warning: a warning is for the
    machine, and who reads how much time is left means until the limit.

    Raises:
        OutageError: the policies of a case are not to be had.
    """
    found = dict(due)
    for state in states:
        one = due.get(state.case_id)
        # Of a merged case only its timers are known here, not its clocks.
        if one is None or one.stage != ClockStage.WARN or state.merged:
            continue
        clocks = Clocks(state, terms_of(clocks_of(state).policies))
        limits = [
            Deadline(running.run.clock, ClockStage.BREACH, at)
            for running in clocks.running()
            if (at := clocks.due(running)) is not None
        ]
        found[state.case_id] = min(limits, key=lambda limit: limit.due, default=one)
    return found


def is_overdue(state: CaseState) -> bool:
    """Return whether a limit of an open case was missed that still asks for something: its clock
    runs. What was missed and then done, by whoever it was for, keeps no case overdue; a limit of
    a case merged into it counts as its own."""
    if state.status in SETTLED:
        return False
    running = {
        (str(run.clock), str(run.run))
        for run in runs_of(clocks_of(state))
        if run.stopped_at is None and run.clock is not ClockName.UNKNOWN
    }
    fired = (*state.fired, *(mark for one in state.merged for mark in one.fired))
    marks = (mark.split(":") for mark in fired)
    return any(
        len(mark) == 3 and mark[1] == ClockStage.BREACH and (mark[0], mark[2]) in running
        for mark in marks
    )
