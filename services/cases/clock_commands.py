"""Commands about the clocks of a case: more time, and other policies. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.cases import CaseCommand, CaseState
from schemas.ledger import PolicyMove
from schemas.vocabulary import ChangeKind, Refusal
from services.cases.guards import Refused
from services.cases.policies import Policies
from services.cases.story import Story
from services.domain.clocks.compact import MAX_WAITS
from services.domain.clocks.stages import Clocks, Running, clocks_of


def too_many_waits(state: CaseState) -> Refused | None:
    """Return why the case may not wait once more; None while it may."""
    if len(clocks_of(state).waits) < MAX_WAITS:
        return None
    return Refused(
        Refusal.NOT_ALLOWED_NOW,
        f"the case has waited {MAX_WAITS} times; bring it to an end without another wait",
    )


def extend(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Give a clock more time, as far as its limit allows and before it is overdue."""
    clocks = Clocks(state, policies.book.terms(clocks_of(state).policies))
    one = clocks.of(command.clock) if command.clock is not None else None
    if one is None or one.run.stopped_at is not None:
        return Refused(Refusal.NOT_ALLOWED_NOW, f"the clock {command.clock} does not run")
    due = clocks.due(one)
    if due is not None and due < min(command.issued_at, now):
        problem = f"{command.clock} was due before it was extended; that would hide a breach"
        return Refused(Refusal.NOT_ALLOWED_NOW, problem)
    refused = _beyond(one, command.amount or 0)
    if refused is not None:
        return refused
    more = replace(one.strand, extended=one.run.extended + (command.amount or 0))
    due = clocks.due(one._replace(strand=more))
    fields: dict[str, Any] = {"clock": command.clock, "extended_by": command.amount, "due_at": due}
    fields |= {"reason": command.reason, "note": command.note}
    _tell(story, state, command, ChangeKind.EXTENDED, fields)
    return None


def rebase(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies, now: datetime
) -> Refused | None:
    """Let the case go by other versions of the policies, from its beginning; or take the newest
    such move back."""
    clocks, wanted = clocks_of(state), command.policies
    pinned = clocks.policies
    if command.undoes is not None:
        return _undo(story, state, command, policies)
    if wanted is not None and pinned is not None:
        # What a command does not name stays as it is.
        wanted = pinned.model_copy(update=wanted.model_dump(exclude_none=True))
    if wanted is None or wanted == pinned:
        return Refused(Refusal.NOT_ALLOWED_NOW, "the case is under these policies already")
    if not policies.book.has(wanted):
        problem = "policies: a version is not in the archive, or they do not fit together"
        return Refused(Refusal.INVALID_FIELD, problem)
    move = PolicyMove(run=command.run or command.command_id, before=pinned or policies.book.current)
    fields = {"policies": wanted, "reason": command.reason, "move": move}
    _tell(story, state, command, ChangeKind.REBASED, fields)
    return None


def _undo(
    story: Story, state: CaseState, command: CaseCommand, policies: Policies
) -> Refused | None:
    """Restore what held before a run, unless the case was moved again since."""
    moves = clocks_of(state).moves
    runs = [move.run for move in moves]
    if command.undoes not in runs:
        return Refused(
            Refusal.ALREADY_DECIDED,
            f"undoes: {command.undoes} did not move this case, or is undone",
        )
    if runs[-1] != command.undoes:
        problem = f"undoes: the case was moved again since, by {runs[-1]}: undo that one first"
        return Refused(Refusal.NOT_ALLOWED_NOW, problem)
    last = moves[-1]
    if not policies.book.has(last.before):
        return Refused(Refusal.INVALID_FIELD, "undoes: a version from before is not in the archive")
    move = last.model_copy(update={"undone": True})
    fields = {"policies": last.before, "reason": command.reason, "move": move}
    _tell(story, state, command, ChangeKind.REBASED, fields)
    return None


def _tell(
    story: Story, state: CaseState, command: CaseCommand, kind: ChangeKind, fields: dict[str, Any]
) -> None:
    story.tell(kind, command.actor, state.status, command_id=command.command_id, **fields)


def _beyond(one: Running, amount: int) -> Refused | None:
    left = one.term.limit.extension - one.run.extended
    if amount <= left:
        return None
    basis = one.term.source or one.term.limit.id
    if not one.term.limit.extension:
        return Refused(Refusal.NOT_PERMITTED, f"{one.run.clock} cannot be extended: {basis}")
    unit = one.term.limit.unit
    problem = f"amount: {one.run.clock} may be extended by {left} more {unit}: {basis}"
    return Refused(Refusal.INVALID_FIELD, problem)
