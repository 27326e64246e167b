"""Turns in memory: the twin of :mod:`services.adapters.mongo_turns`."""

from datetime import datetime

from services.domain.clock import Clock


class MemoryTurnStore:
    """The TurnStore port; ``clock`` is the time of the store."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns: dict[str, tuple[str, float]] = {}
        self._passes: dict[str, datetime] = {}

    def take(self, name: str, holder: str, seconds: float) -> bool:
        """See the port."""
        now = self._clock.monotonic()
        owner, until = self._turns.get(name, (holder, now))
        if owner != holder and now < until:
            return False
        self._turns[name] = (holder, now + seconds)
        return True

    def give_back(self, name: str, holder: str) -> None:
        """See the port."""
        if self._turns.get(name, ("", 0.0))[0] == holder:
            del self._turns[name]

    def note(self, name: str, at: datetime) -> None:
        """See the port."""
        self._passes[name] = max(at, self._passes.get(name, at))

    def noted(self, name: str) -> datetime | None:
        """See the port."""
        return self._passes.get(name)
