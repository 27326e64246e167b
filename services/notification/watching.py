"""The table of notices and the teams in force: taken up while the worker runs (ADR 0051)."""

from pathlib import Path
from typing import Final

from services.domain import teams
from services.domain.clocks.book import PolicyArchive
from services.domain.team_rules import TeamRules
from services.notification.handler import Rules
from services.notification.policy import SHIPPED, load_policy
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import Named, Watched, watched

KIND: Final = "notices"


def watched_rules(
    path: Path | None,
    teams_path: Path | None,
    rules: TeamRules,
    archive: PolicyArchive,
    metrics: PolicyMetrics,
) -> Watched[Rules]:
    """Watch both files, the shipped ones where none is named; see :func:`watched` for errors."""
    return watched(
        lambda own, known: Rules(load_policy(own), rules.load(known)),
        archive,
        metrics,
        Named(KIND, path, SHIPPED),
        Named(teams.KIND, teams_path, teams.SHIPPED),
    )
