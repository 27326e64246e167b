"""The tree and the teams in force: taken up while the worker runs (ADR 0030, 0051)."""

from functools import partial
from pathlib import Path
from typing import Final

from services.domain import teams
from services.domain.clocks.book import PolicyArchive
from services.domain.team_rules import TeamRules, load_team_rules
from services.routing.logic import Router
from services.routing.policy import SHIPPED, load_policy
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import Named, Watched, watched

KIND: Final = "routing"


def load_router(
    path: Path | None = None, teams_path: Path | None = None, rules: TeamRules | None = None
) -> Router:
    """Load a policy file (the shipped one without ``path``) and what belongs to it; the teams
    must fit ``rules``, those of the shipped policies without them.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    fitting = rules or load_team_rules()
    known = fitting.load(teams_path)
    return Router(load_policy(path, known), known, fitting.calendars)


def watched_router(
    path: Path | None,
    teams_path: Path | None,
    rules: TeamRules,
    archive: PolicyArchive,
    metrics: PolicyMetrics,
) -> Watched[Router]:
    """Watch both files, the shipped ones where none is named; see :func:`watched` for errors."""
    return watched(
        partial(load_router, rules=rules),
        archive,
        metrics,
        Named(KIND, path, SHIPPED),
        Named(teams.KIND, teams_path, teams.SHIPPED),
    )
