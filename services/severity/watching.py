"""The severity policy in force, with its model: taken up while the worker runs (ADR 0051)."""

from functools import partial
from pathlib import Path
from typing import Final

from services.domain.clocks.book import PolicyArchive
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import PolicyFile, Watched
from services.severity.loading import load_judge
from services.severity.logic import Judge
from services.severity.policy import SHIPPED

KIND: Final = "severity"


def watched_judge(
    path: Path | None, archive: PolicyArchive, metrics: PolicyMetrics
) -> Watched[Judge]:
    """Watch a policy file, the shipped one without ``path``. A new model is taken up with the
    policy that names it.

    Raises:
        SettingsError: policy or model cannot be used, or the version said something else before.
        OutageError: the archive is away.
    """
    files = [PolicyFile(KIND, path or SHIPPED)]
    return Watched(files, partial(load_judge, path), archive, metrics)
