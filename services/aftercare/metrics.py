"""What the worker ``aftercare`` exports (``docs/metrics.md`` is checked against it)."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

FOLLOW_UP: Final = "follow_up"
RETENTION: Final = "retention"
PASSES: Final = (FOLLOW_UP, RETENTION)
_ENDS: Final = ("done", "held", "moved_on", "pending", "failed")


class AftercareMetrics:
    """The metrics of one copy, all named ``complaints_aftercare_…``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._last = Gauge(
            "complaints_aftercare_last_pass_timestamp_seconds",
            "When a pass was last complete, by whichever copy.",
            ["run"],
            registry=self.registry,
        )
        self._cases = Counter(
            "complaints_aftercare_cases_total",
            "Cases that were asked, by how that ended.",
            ["run", "end"],
            registry=self.registry,
        )
        self._contacts = Counter(
            "complaints_aftercare_contacts_removed_total",
            "Contacts whose personal data were removed.",
            registry=self.registry,
        )
        self._oldest = Gauge(
            "complaints_aftercare_oldest_due_seconds",
            "How long ago the oldest look that nobody took was due.",
            registry=self.registry,
        )
        self._turn = Gauge(
            "complaints_aftercare_turn",
            "1 where this copy does the passes, 0 where it stands by.",
            registry=self.registry,
        )
        for run in PASSES:
            for end in _ENDS:
                self._cases.labels(run, end)

    def completed(self, run: str, at_seconds: float) -> None:
        """Show when a pass was last complete."""
        self._last.labels(run).set(at_seconds)

    def count(self, run: str, end: str, cases: int) -> None:
        """Count cases by how asking them ended."""
        self._cases.labels(run, end).inc(cases)

    def removed(self, contacts: int) -> None:
        """Count contacts whose personal data were removed."""
        self._contacts.inc(contacts)

    def oldest_due(self, seconds: float) -> None:
        """Show the age of the oldest look that is due."""
        self._oldest.set(seconds)

    def has_turn(self, has_it: bool) -> None:
        """Show whether this copy does the passes."""
        self._turn.set(has_it)
