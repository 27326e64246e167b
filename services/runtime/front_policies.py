"""Policies that API and console read again while they run (ADR 0051)."""

from pathlib import Path

from services.domain import correcting, teams
from services.domain import frequent as hints
from services.domain.incidents.saying import Ranks, load_ranks
from services.domain.team_rules import load_team_rules
from services.runtime.settings import Settings
from services.runtime.watching import Named, Watched, looked_up


def watched_ranks(settings: Settings) -> Watched[Ranks]:
    """Watch the teams and the rules of correction, which say who may do what with an incident.

    Raises:
        SettingsError: one breaks its rules.
    """
    rules = load_team_rules(*settings.team_policies)
    return looked_up(
        lambda known, lowered: load_ranks(known, rules, lowered),
        Named(teams.KIND, settings.teams_policy, teams.SHIPPED),
        Named(correcting.KIND, settings.correcting_policy, correcting.SHIPPED),
    )


def watched_frequent(path: Path | None) -> Watched[hints.Frequent]:
    """Watch who asks often, the shipped file without ``path``.

    Raises:
        SettingsError: it breaks its rules.
    """
    return looked_up(hints.load_frequent, Named(hints.KIND, path, hints.SHIPPED))
