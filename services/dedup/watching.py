"""The dedup policy in force: taken up while the worker runs (ADR 0051)."""

from pathlib import Path
from typing import Final

from services.dedup.policy import SHIPPED, DedupPolicy, load_policy
from services.domain.clocks.book import PolicyArchive
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import Named, Watched, watched

KIND: Final = "dedup"


def watched_policy(
    path: Path | None, archive: PolicyArchive, metrics: PolicyMetrics
) -> Watched[DedupPolicy]:
    """Watch a policy file, the shipped one without ``path``; see :func:`watched` for its errors."""
    return watched(load_policy, archive, metrics, Named(KIND, path, SHIPPED))
