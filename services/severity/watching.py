"""The severity policy in force, with its model: taken up while the worker runs (ADR 0051)."""

from pathlib import Path
from typing import Final

from services.domain.clocks.book import PolicyArchive
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import Named, Watched, watched
from services.severity.loading import load_judge
from services.severity.logic import Judge
from services.severity.policy import SHIPPED

KIND: Final = "severity"


def watched_judge(
    path: Path | None, archive: PolicyArchive, metrics: PolicyMetrics
) -> Watched[Judge]:
    """Watch a policy file, the shipped one without ``path``. A new model is taken up with the
    policy that names it, and one that cannot be used is an error of that. See :func:`watched`."""
    return watched(load_judge, archive, metrics, Named(KIND, path, SHIPPED))
