"""One pass over cases that something is due of: each gets a command, and how it ended is told.

The worker of a case checks each command against the case: what is read here may be old.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from schemas.cases import CaseState
from services.domain.aftercare_store import AftercareStore

SYSTEM: Final = "system"
AGAIN_DAYS: Final = 30
"""So long removals are done once more, where a pass died between deciding and doing."""
_SETTLED: Final = ("nothing_due", "stale", "already_decided", "not_allowed_now", "on_hold")
"""Refusals that mean: the case has moved on, or is held. Nothing is wrong."""


class Answer(NamedTuple):
    """What became of a command."""

    is_accepted: bool
    word: str


Commands = Callable[[CaseState, str, str], Answer]
"""The way commands take: a case, the kind of command, its idempotency key."""


@dataclass
class Tally:
    """What a pass did; ``failed`` are cases that could not be asked."""

    found: int = 0
    done: int = 0
    held: int = 0
    moved_on: int = 0
    contacts: int = 0
    failed: list[str] = field(default_factory=list)

    def take(self, state: CaseState, answer: Answer) -> bool:
        """Count an answer; return whether the command was accepted."""
        if answer.is_accepted:
            self.done += 1
        elif answer.word == "on_hold":
            self.held += 1
        elif answer.word in _SETTLED:
            self.moved_on += 1
        else:
            self.failed.append(f"{state.case_id}: {answer.word}")
        return answer.is_accepted


def follow_up(states: Iterable[CaseState], send: Commands) -> Tally:
    """Have each case looked at."""
    tally = Tally()
    for state in states:
        tally.found += 1
        tally.take(state, send(state, "follow_up", f"follow-up-{state.case_id}-{state.seq}"))
    return tally


def remove(
    states: Iterable[CaseState],
    store: AftercareStore,
    send: Commands,
    now: datetime,
    tell: Callable[[str], None],
) -> Tally:
    """Have the removal decided by each case, then remove; a case on hold keeps everything.

    Decided first: only the case knows whether it is held. What was decided and not done,
    because a pass died between, is done by the next one.
    """
    tally = Tally()
    for state in states:
        tally.found += 1
        if state.legal_hold:
            tally.held += 1
            tell(f"{state.case_id}  on legal hold, kept")
        elif tally.take(state, send(state, "anonymise", f"anonymise-{state.case_id}-{state.seq}")):
            tally.contacts += _forget(store, state, now)
            tell(f"{state.case_id}  personal data removed")
    for state in store.anonymised(now - timedelta(days=AGAIN_DAYS)):
        tally.contacts += _forget(store, state, now)
    return tally


def _forget(store: AftercareStore, state: CaseState, now: datetime) -> int:
    """Remove the personal data of a matter: of the case and of those merged into it."""
    cases = (state.case_id, *(one.case_id for one in state.merged))
    return sum(store.forget(state.tenant, case_id, now) for case_id in cases)


def as_command(kind: str, key: str, seq: int) -> dict[str, Any]:
    """Return the body of a command of the system."""
    return {"kind": kind, "id": key, "actor": SYSTEM, "expected_seq": seq}
