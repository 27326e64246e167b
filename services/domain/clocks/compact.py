"""From a change of a case to its clocks in short form: the only place that moves them. Pure.

It needs nothing but the change and a few facts of the case before it, no policy: so the clocks
can be rebuilt from the case's events whatever the policies of the day were (ADR 0018).
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.cases import CaseChanged, CaseState
from schemas.ledger import CaseClocks, ClockRun, PolicyMove, Wait
from schemas.vocabulary import ANSWERED, CaseStatus, ChangeKind, ClockName, ClockStage
from services.domain.clocks.handover import follow_team, follow_transfer
from services.domain.clocks.marks import mark_of
from services.domain.clocks.runs import forwarded, start, start_partner, stop
from services.domain.clocks.tasks import tasks_after

_PARTNER: Final = "partner:"
MAX_MOVES: Final = 8
"""Moves to other policies of which a state keeps what held before."""
MAX_WAITS: Final = 64
"""Waits that a case may have in its life: more are refused, so that a state stays small."""
NOT_TAKEN_UP: Final = frozenset(
    {
        CaseStatus.RECEIVED,
        CaseStatus.ASSIGNED,
        CaseStatus.TRANSFERRED,
        CaseStatus.REOPENED,
        CaseStatus.UNKNOWN,
    }
)
"""Statuses in which nobody has told the customer that the matter is taken up."""
FIRST_RUNS: Final[tuple[ClockRun, ...]] = (
    ClockRun(clock=ClockName.STATUTORY),
    ClockRun(clock=ClockName.ACKNOWLEDGEMENT),
    ClockRun(clock=ClockName.NEXT_UPDATE),
    ClockRun(clock=ClockName.RESOLUTION),
)
"""What runs from the first contact of every case."""
_RUNS_ANEW: Final = (
    ClockName.STATUTORY,
    ClockName.NEXT_UPDATE,
    ClockName.RESOLUTION,
    ClockName.TEAM,
)
"""After a reopening. Whoever got an answer was noticed: that is not asked for again."""
_TELLS_THE_CUSTOMER: Final = frozenset(
    {
        ChangeKind.ACKNOWLEDGED,
        ChangeKind.PROPOSED,
        ChangeKind.TRANSFERRED,
        ChangeKind.EXTENDED,
        ChangeKind.CUSTOMER_UPDATED,
    }
)
"""Changes about which a person of ours tells the customer something. What the customer tells us
is none of them: whoever asks again does not give us more time."""


class Facts(NamedTuple):
    """What must be known of a case to move its clocks."""

    status: CaseStatus
    level: int
    team: str | None
    opened_at: datetime
    last_contact_at: datetime
    updated_at: datetime
    is_appeal: bool = False


def facts_of(state: CaseState) -> Facts:
    """Return the facts of a state."""
    return Facts(
        state.status,
        state.level,
        state.team,
        state.opened_at,
        state.last_contact_at,
        state.updated_at,
        state.appeal_of is not None,
    )


def opening(event: CaseChanged) -> tuple[Facts, CaseClocks]:
    """Return the facts and clocks of a case that ``event`` opens.

    Raises:
        ValueError: it opens nothing.
    """
    if event.contact is None and event.appeal is None:
        raise ValueError("the first event of a case must be its opening by a contact or appeal")
    at = event.contact.received_at if event.contact else event.accepted_at or event.at
    level = event.level or 1
    facts = Facts(event.status, level, event.team, at, at, event.at, event.appeal is not None)
    runs = FIRST_RUNS
    if event.team is not None:
        runs += (ClockRun(clock=ClockName.TEAM, holder=event.team, since=event.at),)
    if event.clock is ClockName.REGULATOR:
        runs += (ClockRun(clock=ClockName.REGULATOR, since=at),)
    return facts, CaseClocks(policies=event.policies, place=event.place, runs=runs)


def facts_after(facts: Facts, event: CaseChanged) -> Facts:
    """Return the facts after ``event``."""
    contact = event.contact
    received_at = contact.received_at if contact else facts.opened_at
    return Facts(
        event.status,
        facts.level if event.level is None else event.level,
        facts.team if event.team is None else event.team,
        min(facts.opened_at, received_at),
        max(facts.last_contact_at, received_at),
        max(facts.updated_at, event.at),
        facts.is_appeal,
    )


def effective(facts: Facts, event: CaseChanged) -> tuple[datetime, datetime]:
    """Return when a change was written, never going back, and when what it says was done: a
    command counts from its acceptance."""
    at = max(facts.updated_at, event.at)
    return at, min(event.accepted_at or at, at)


def clocks_after(clocks: CaseClocks, facts: Facts, event: CaseChanged) -> CaseClocks:
    """Return the clocks after ``event``; ``facts`` are of the case before it."""
    at, done_at = effective(facts, event)
    runs = {one.clock: one for one in clocks.runs}
    waits = _waits(clocks.waits, facts, event, done_at)
    _follow_waits(runs, clocks.waits, waits)
    follow_transfer(runs, facts.status, event, done_at)
    was_settled, is_settled = facts.status in ANSWERED, event.status in ANSWERED
    if is_settled and not was_settled:
        for name in list(runs):
            stop(runs, name, done_at)
    elif was_settled and not is_settled:
        _restart(runs, facts, event, at)
    else:
        _move_on(runs, facts, event, at, done_at)
    if event.contact is not None and event.clock is ClockName.REGULATOR:
        forwarded(runs, event.contact.received_at)
    if event.kind is ChangeKind.EXTENDED and event.clock in runs:
        one = runs[event.clock]
        runs[event.clock] = one.model_copy(
            update={"extended": one.extended + (event.extended_by or 0)}
        )
    policies, moves = clocks.policies, clocks.moves
    if event.kind is ChangeKind.REBASED and event.policies is not None:
        policies, moves = event.policies, _moved(moves, event.move)
    after: dict[str, Any] = {
        "policies": policies,
        "moves": moves,
        "runs": tuple(runs.values()),
        "waits": waits,
    }
    after["tasks"] = tasks_after(clocks.tasks, event, at, done_at, is_settled=is_settled)
    is_same = after["runs"] == clocks.runs and all(
        after[name] is getattr(clocks, name) for name in ("policies", "moves", "waits", "tasks")
    )
    return clocks if is_same else clocks.model_copy(update=after)


def _moved(moves: tuple[PolicyMove, ...], move: PolicyMove | None) -> tuple[PolicyMove, ...]:
    """A move that an older version wrote has no run: nothing before it can be taken back."""
    if move is None:
        return ()
    return moves[:-1] if move.undone else (*moves, move)[-MAX_MOVES:]


def _came_at(facts: Facts, event: CaseChanged) -> datetime | None:
    """Return when the contact was received that a case goes on by: its own newest one, or that to
    a case merged into it; None where it goes on by what somebody asked for, as contacts of its
    own came before that."""
    origin = event.merge.origin if event.merge else None
    if event.command_id is not None:
        return None
    if origin is not None and origin.received_at is not None:
        return origin.received_at
    return facts.last_contact_at if event.accepted_at is None else None


def open_wait(waits: tuple[Wait, ...]) -> Wait | None:
    """Return whom the case waits for now."""
    return next((one for one in reversed(waits) if one.until is None), None)


# ------------------------------------------------------------------ waits


def _waits(
    waits: tuple[Wait, ...], facts: Facts, event: CaseChanged, done_at: datetime
) -> tuple[Wait, ...]:
    current = open_wait(waits)
    # The change that begins a wait says for whom; those that come while it lasts need not.
    wanted = (
        (event.waiting_for or (current and current.waiting_for))
        if event.status is CaseStatus.WAITING
        else None
    )
    if wanted == (current.waiting_for if current else None):
        return waits
    begin = done_at
    if current is not None:
        begin = max(current.since, done_at)
        came_at = _came_at(facts, event)
        if came_at is not None and current.since <= came_at <= done_at:
            begin = came_at  # the customer came back when his contact was received
        ended = current.model_copy(update={"until": begin})
        waits = tuple(ended if one is current else one for one in waits)
    elif waits and waits[-1].until is not None:
        begin = max(waits[-1].until, done_at)
    return (*waits, Wait(waiting_for=wanted, since=begin)) if wanted else waits


def _follow_waits(
    runs: dict[ClockName, ClockRun], before: tuple[Wait, ...], after: tuple[Wait, ...]
) -> None:
    """The partner's clock runs while the case waits for him."""
    if after is before:
        return
    old, new = open_wait(before), open_wait(after)
    if old is not None and old.waiting_for.startswith(_PARTNER):
        ended = after[len(before) - 1].until
        if ended is not None:
            stop(runs, ClockName.PARTNER, ended)
    if new is not None and new.waiting_for.startswith(_PARTNER):
        start_partner(runs, new.waiting_for, new.since)


# ------------------------------------------------------------------ runs


def _move_on(
    runs: dict[ClockName, ClockRun],
    facts: Facts,
    event: CaseChanged,
    at: datetime,
    done_at: datetime,
) -> None:
    if event.status in ANSWERED:
        return
    if event.status not in NOT_TAKEN_UP:
        stop(runs, ClockName.ACKNOWLEDGEMENT, done_at)
    if event.kind in _TELLS_THE_CUSTOMER:
        stop(runs, ClockName.NEXT_UPDATE, done_at)
        start(runs, ClockName.NEXT_UPDATE, None, at)
    elif event.clock is ClockName.NEXT_UPDATE:
        _move_next_update(runs, event, at)
    follow_team(runs, facts.team, event, at, done_at)


def _move_next_update(runs: dict[ClockName, ClockRun], event: CaseChanged, at: datetime) -> None:
    """Whoever was not told in time is told by the breach: the next update counts from there.

    Of a clock that a command stopped meanwhile nothing begins anew, and a breach that is
    retracted leaves the run that it began: the customer was told all the same."""
    one = runs.get(ClockName.NEXT_UPDATE)
    if one is None or one.stopped_at is not None or event.stage is None:
        return
    if event.kind is ChangeKind.CLOCK_BREACHED and event.stage == mark_of(
        one.clock, ClockStage.BREACH, None, one.run
    ):
        stop(runs, one.clock, at)
        start(runs, one.clock, None, at, event.due_at)
    elif event.kind is ChangeKind.BREACH_RETRACTED and event.stage == mark_of(
        one.clock, ClockStage.BREACH, None, one.run - 1
    ):
        runs[one.clock] = one.model_copy(update={"missed_due": None})


def _restart(
    runs: dict[ClockName, ClockRun], facts: Facts, event: CaseChanged, at: datetime
) -> None:
    """A contact that reopens a case starts the clocks when it was received."""
    ended, came_at = runs.get(ClockName.RESOLUTION), _came_at(facts, event)
    begin = at
    if (
        came_at is not None
        and ended is not None
        and ended.stopped_at is not None
        and ended.stopped_at <= came_at <= at
    ):
        begin = came_at
    for name in _RUNS_ANEW:
        if name is ClockName.TEAM:
            team = event.team or facts.team
            if team is not None:
                start(runs, name, team, at)
        else:
            start(runs, name, None, begin)
