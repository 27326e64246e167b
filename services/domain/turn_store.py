"""Whose turn it is: of several copies of a process one does the passes, and when it did them."""

from datetime import datetime
from typing import Protocol


class TurnStore(Protocol):
    """Durable, shared by all processes; every method raises OutageError when the database is
    away. Turns end by the time of the store, whatever the machines' clocks say."""

    def take(self, name: str, holder: str, seconds: float) -> bool:
        """Take the turn called ``name``, or keep it, for so long from now; return whether
        ``holder`` has it. Nobody has a turn twice at a time, and nobody waits for one that died
        longer than it was given."""
        ...

    def give_back(self, name: str, holder: str) -> None:
        """Let somebody else have the turn at once; nothing where it is not ``holder``'s."""
        ...

    def note(self, name: str, at: datetime) -> None:
        """Remember that a pass called ``name`` was complete then; an earlier time changes
        nothing."""
        ...

    def noted(self, name: str) -> datetime | None:
        """Return when the pass was last complete; None before the first."""
        ...
