"""Everything that people decide about cases, bundled: life cycle, levels, teams."""

from dataclasses import dataclass

from services.cases.levels import Levels, load_levels
from services.cases.lifecycle import Lifecycle, load_lifecycle
from services.domain.teams import Teams, load_teams


@dataclass(frozen=True, slots=True)
class Policies:
    """The versions in force."""

    lifecycle: Lifecycle
    levels: Levels
    teams: Teams


def load_policies() -> Policies:
    """Load what comes with the service.

    Raises:
        SettingsError: a file is missing or breaks its rules.
    """
    return Policies(load_lifecycle(), load_levels(), load_teams())
