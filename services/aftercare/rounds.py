"""One round: whoever has the turn does the passes that are due, and says when they were complete.

The turn spares double work; it is not what keeps effects single. Two copies that both believe
they have it ask the same cases about the same states, and each case agrees once (ADR 0037).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from services.aftercare.metrics import AftercareMetrics
from services.aftercare.sweep import Sweep, Tally
from services.domain.aftercare_store import AftercareStore
from services.domain.clock import Clock
from services.domain.errors import ComplaintsError
from services.domain.merging import next_look_at
from services.domain.turn_store import TurnStore
from services.runtime.catalogue.watchers import FOLLOW_UP, PASSES, RETENTION

TURN: Final = "aftercare"
TURN_SECONDS: Final = 20.0
"""Longer than the longest page takes; a copy that was killed is followed after so long."""
RETENTION_EVERY: Final = timedelta(hours=1)
FINISH_EVERY: Final = timedelta(hours=24)


class TurnLost(ComplaintsError):
    """Another copy has taken the turn: this one was too slow, and stops."""


class Turn:
    """This copy's hold on the turn."""

    def __init__(self, store: TurnStore, holder: str) -> None:
        self._store = store
        self._holder = holder

    def take(self) -> bool:
        """Take or keep it; return whether this copy has it."""
        return self._store.take(TURN, self._holder, TURN_SECONDS)

    def keep(self) -> None:
        """Keep it.

        Raises:
            TurnLost: another copy has it.
        """
        if not self.take():
            raise TurnLost("another copy does the passes now")

    def give_back(self) -> None:
        """Let another copy have it at once."""
        self._store.give_back(TURN, self._holder)


class Rounds:
    """The passes of one copy."""

    def __init__(
        self,
        turn: Turn,
        turns: TurnStore,
        store: AftercareStore,
        sweep: Sweep,
        clock: Clock,
        metrics: AftercareMetrics,
        tell: Callable[[str], None],
    ) -> None:
        self._turn = turn
        self._turns = turns
        self._store = store
        self._sweep = sweep
        self._clock = clock
        self._metrics = metrics
        self._tell = tell
        self._finished_at: datetime | None = None

    def round(self) -> bool:
        """Do what is due, if it is this copy's turn; return whether it is.

        Raises:
            OutageError: a service is away; what was not done is done by a later round.
        """
        has_turn = self._turn.take()
        try:
            if has_turn:
                self._follow_up(self._clock.now())
                self._retain(self._clock.now())
        except TurnLost:
            has_turn = False
        finally:
            self._metrics.has_turn(has_turn)
            self._show()
        return has_turn

    def _follow_up(self, now: datetime) -> None:
        first = next(iter(self._store.due(now)), None)
        due = next_look_at(first) if first is not None else None
        self._metrics.oldest_due((now - due).total_seconds() if due else 0.0)
        self._count(FOLLOW_UP, self._sweep.follow_up(now))
        self._turns.note(FOLLOW_UP, now)

    def _retain(self, now: datetime) -> None:
        """Where a removal was decided by a pass of which nothing more is known, it is done now."""
        before = self._turns.noted(RETENTION)
        if before is not None and now - before < RETENTION_EVERY:
            return
        tally = self._sweep.remove(now, self._tell)
        if self._finished_at is None or now - self._finished_at >= FINISH_EVERY:
            self._sweep.finish(now, tally)
            self._finished_at = now
        if tally.pending:
            self._finished_at = None
        self._count(RETENTION, tally)
        self._turns.note(RETENTION, now)

    def _count(self, run: str, tally: Tally) -> None:
        ends = {
            "done": tally.done,
            "held": tally.held,
            "moved_on": tally.moved_on,
            "pending": tally.pending,
            "failed": len(tally.failed) - tally.pending,
        }
        for end, cases in ends.items():
            self._metrics.count(run, end, cases)
        self._metrics.removed(tally.contacts)
        for failed in tally.failed:
            self._tell(failed)

    def _show(self) -> None:
        for run in PASSES:
            at = self._turns.noted(run)
            if at is not None:
                self._metrics.completed(run, at.timestamp())
