"""The policy of incidents in force: taken up while the worker runs (ADR 0051)."""

from pathlib import Path
from typing import Final

from services.domain.clocks.book import PolicyArchive
from services.domain.incidents.policy import SHIPPED, IncidentPolicy, load_incident_policy
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import Named, Watched, watched

KIND: Final = "incidents"


def watched_policy(
    path: Path | None, archive: PolicyArchive, metrics: PolicyMetrics
) -> Watched[IncidentPolicy]:
    """Watch a policy file, the shipped one without ``path``; see :func:`watched` for its errors."""
    return watched(load_incident_policy, archive, metrics, Named(KIND, path, SHIPPED))
