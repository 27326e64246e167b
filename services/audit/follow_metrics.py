"""What the continuous audit exports (``docs/metrics.md`` is checked against it)."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

_GAUGES: Final = {
    "unaccounted_contacts": "Contacts read by their worker and found nowhere.",
    "oldest_unprocessed_seconds": "Age of the oldest contact not proved processed.",
    "overdue_cases": "Open cases whose time ran out and nothing was done.",
    "timer_lag_seconds": "How long ago the oldest unanswered timer was due.",
    "overdue_unescalated_cases": "Open cases with a limit that passed, by the log, in silence.",
    "unarmed_cases": "Open cases that no timer watches over.",
    "open_dead_letters": "Dead letters neither replayed nor discarded.",
    "oldest_dead_letter_seconds": "Age of the oldest of them.",
    "open_incidents": "Incidents that last.",
    "incident_members": "Cases that are part of them.",
    "oldest_incident_seconds": "For how long the oldest of them lasts.",
    "incident_mismatches": "Incidents that do not agree with their cases who is of them.",
    "last_round_timestamp_seconds": "When the last look was complete.",
}
_COUNTERS: Final = {
    "contacts_checked": "Contacts proved, or found missing.",
    "possible_doubles": "Notices that may have arrived twice.",
    "incidents_opened": "Incidents that were opened, by rule or by a person.",
    "incidents_ended": "Incidents that ended.",
}


class FollowMetrics:
    """The metrics of one continuous audit, named ``complaints_audit_…``, and what it looks after
    beside that."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges = {
            name: Gauge(f"complaints_audit_{name}", text, registry=self.registry)
            for name, text in _GAUGES.items()
        }
        self._counters = {
            name: Counter(f"complaints_audit_{name}_total", text, registry=self.registry)
            for name, text in _COUNTERS.items()
        }
        self._calendars = Gauge(
            "complaints_calendar_days_left",
            "For how many days more the holidays of a calendar are known.",
            ("calendar",),
            registry=self.registry,
        )

    def calendars(self, days_left: Mapping[str, int]) -> None:
        """Show how soon each calendar ends."""
        for name, left in days_left.items():
            self._calendars.labels(name).set(left)

    def show(self, name: str, value: float) -> None:
        """Set a gauge."""
        self._gauges[name].set(value)

    def count(self, name: str, by: int) -> None:
        """Add to a counter."""
        self._counters[name].inc(by)
