"""What the continuous audit exports."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry

from services.runtime.catalogue.metric import Instruments
from services.runtime.catalogue.watchers import FOLLOW


class FollowMetrics:
    """The metrics of one continuous audit, named ``complaints_audit_…``, and what it looks after
    beside that."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made = Instruments(FOLLOW, self.registry)
        self._gauges, self._counters = made.gauges, made.counters

    def calendars(self, days_left: Mapping[str, int]) -> None:
        """Show how soon each calendar ends."""
        for name, left in days_left.items():
            self._gauges["complaints_calendar_days_left"].labels(name).set(left)

    def show(self, name: str, value: float) -> None:
        """Set a gauge."""
        self._gauges[f"complaints_audit_{name}"].set(value)

    def count(self, name: str, by: int) -> None:
        """Add to a counter."""
        self._counters[f"complaints_audit_{name}_total"].inc(by)
