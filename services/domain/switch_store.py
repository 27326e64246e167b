"""Which workers somebody has paused, and why: kept outside the worker, so that it survives it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pause:
    """A worker that is to stand still. ``by`` names who asked for it, ``note`` why."""

    worker: str
    by: str
    at: datetime
    note: str

    @property
    def words(self) -> str:
        """What health pages say.

        >>> from datetime import UTC
        >>> Pause("cases", "li", datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "index").words
        'paused by li since 2026-03-01 09:05 UTC: index'
        """
        note = f": {self.note}" if self.note else ""
        return f"paused by {self.by} since {self.at:%Y-%m-%d %H:%M} UTC{note}"


class SwitchStore(Protocol):
    """Durable, shared by all processes; every method raises OutageError when the database is
    away."""

    def pause(self, pause: Pause) -> Pause:
        """Pause a worker; return what stands, which is the earlier one if it was paused."""
        ...

    def resume(self, worker: str) -> Pause | None:
        """Let a worker go on; return the pause that ended, None where there was none."""
        ...

    def paused(self) -> dict[str, Pause]:
        """Return every pause, by worker."""
        ...
