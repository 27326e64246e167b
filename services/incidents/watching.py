"""The policy of incidents in force: taken up while the worker runs (ADR 0051)."""

from functools import partial
from pathlib import Path
from typing import Final

from services.domain.clocks.book import PolicyArchive
from services.domain.incidents.policy import SHIPPED, IncidentPolicy, load_incident_policy
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import PolicyFile, Watched

KIND: Final = "incidents"


def watched_policy(
    path: Path | None, archive: PolicyArchive, metrics: PolicyMetrics
) -> Watched[IncidentPolicy]:
    """Watch a policy file, the shipped one without ``path``.

    Raises:
        SettingsError: it breaks its rules, or its version said something else before.
        OutageError: the archive is away.
    """
    files = [PolicyFile(KIND, path or SHIPPED)]
    return Watched(files, partial(load_incident_policy, path), archive, metrics)
