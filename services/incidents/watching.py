"""What incidents are decided by, as in force: taken up while the worker runs (ADR 0051)."""

from pathlib import Path
from typing import Final, NamedTuple

from services.domain import correcting, teams
from services.domain.clocks.book import PolicyArchive
from services.domain.incidents.policy import SHIPPED, load_incident_policy
from services.domain.incidents.saying import IncidentRules, load_ranks
from services.domain.team_rules import TeamRules
from services.runtime.ports import PolicyMetrics
from services.runtime.watching import Named, Watched, watched

KIND: Final = "incidents"


class Files(NamedTuple):
    """Files of one's own; None: the shipped one."""

    incidents: Path | None = None
    teams: Path | None = None
    correcting: Path | None = None


def watched_rules(
    files: Files, rules: TeamRules, archive: PolicyArchive, metrics: PolicyMetrics
) -> Watched[IncidentRules]:
    """Watch the three files; see :func:`watched` for errors."""
    return watched(
        lambda own, known, lowered: IncidentRules(
            load_incident_policy(own), load_ranks(known, rules, lowered)
        ),
        archive,
        metrics,
        Named(KIND, files.incidents, SHIPPED),
        Named(teams.KIND, files.teams, teams.SHIPPED),
        Named(correcting.KIND, files.correcting, correcting.SHIPPED),
    )
