"""Metrics for those whom nobody scrapes: tests, simulations, what runs once."""

from collections.abc import Sequence
from datetime import datetime

from services.runtime.records import Handled, Inbound


class SilentMetrics:
    """Counts nothing."""

    def batch(
        self,
        batch: Sequence[Inbound],
        handled: Handled,
        decide_seconds: float,
        commit_seconds: float,
        now: datetime,
    ) -> None:
        """Ignore."""

    def idle(self) -> None:
        """Ignore."""

    def held(self, cause: str) -> None:
        """Ignore."""

    def lost(self) -> None:
        """Ignore."""

    def breaker(self, is_open: bool) -> None:
        """Ignore."""

    def paused(self, is_paused: bool) -> None:
        """Ignore."""

    def ticked(self, handled: Handled, decide_seconds: float, commit_seconds: float) -> None:
        """Ignore."""

    def timer_fired(self, lateness_seconds: float, is_late: bool) -> None:
        """Ignore."""

    def timers(self, armed: int, overdue_seconds: float) -> None:
        """Ignore."""

    def lane(self, channel: str, waiting: int, oldest_seconds: float) -> None:
        """Ignore."""

    def providers_away(self, channel: str, providers: int) -> None:
        """Ignore."""

    def policy_watched(self, policy: str) -> None:
        """Ignore."""

    def policy_taken_up(self, policy: str) -> None:
        """Ignore."""

    def policy_refused(self, policy: str) -> None:
        """Ignore."""
