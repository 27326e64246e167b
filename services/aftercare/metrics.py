"""What the worker ``aftercare`` exports."""

from prometheus_client import CollectorRegistry

from services.runtime.catalogue.metric import Instruments
from services.runtime.catalogue.watchers import AFTERCARE, PASS_ENDS, PASSES


class AftercareMetrics:
    """The metrics of one copy, all named ``complaints_aftercare_…``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made = Instruments(AFTERCARE, self.registry)
        self._gauges, self._counters = made.gauges, made.counters
        self._cases = self._counters["complaints_aftercare_cases_total"]
        for run in PASSES:
            for end in PASS_ENDS:
                self._cases.labels(run, end)

    def completed(self, run: str, at_seconds: float) -> None:
        """Show when a pass was last complete."""
        self._gauges["complaints_aftercare_last_pass_timestamp_seconds"].labels(run).set(at_seconds)

    def count(self, run: str, end: str, cases: int) -> None:
        """Count cases by how asking them ended."""
        self._cases.labels(run, end).inc(cases)

    def removed(self, contacts: int) -> None:
        """Count contacts whose personal data were removed."""
        self._counters["complaints_aftercare_contacts_removed_total"].inc(contacts)

    def oldest_due(self, seconds: float) -> None:
        """Show the age of the oldest look that is due."""
        self._gauges["complaints_aftercare_oldest_due_seconds"].set(seconds)

    def has_turn(self, has_it: bool) -> None:
        """Show whether this copy does the passes."""
        self._gauges["complaints_aftercare_turn"].set(has_it)
