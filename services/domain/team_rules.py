"""What teams must fit to be taken up: one check for everybody who loads them (ADR 0051).

Several processes watch the same file. Were one to take up what another refuses, cases would be
sent to a team that the other does not know, and the version would be in the archive already: the
mended file would be refused as changed without a new version. So all of them ask here, before
anything is archived.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from services.domain.approval import Approval, load_approval
from services.domain.calendars.policy import Calendars, load_calendars
from services.domain.clocks.policy import ALWAYS, SlaPolicy
from services.domain.clocks.policy import load_policy as load_sla
from services.domain.correcting import Correcting, load_correcting
from services.domain.errors import SettingsError
from services.domain.independence import unguarded
from services.domain.lifecycle import Lifecycle, load_lifecycle
from services.domain.policies import Wrong, refuse_wrong
from services.domain.teams import SHIPPED, Teams, load_teams


class TeamRules(NamedTuple):
    """The policies that speak of teams and that a process keeps while it runs."""

    sla: SlaPolicy
    calendars: Calendars
    lifecycle: Lifecycle
    approval: Approval
    correcting: Correcting

    def faults(self, teams: Teams) -> Iterator[Wrong]:
        """Yield what is wrong with the teams: place, rule and what to do."""
        for name, rules in (
            ("life cycle", self.lifecycle),
            ("rules of approval", self.approval),
            ("rules of correction", self.correcting),
        ):
            for stranger in sorted(rules.named - teams.teams.keys()):
                named = f"which the {name} ({rules.version}) name"
                yield Wrong(("teams",), f"there is no team {stranger!r}, {named}")
        for name, team in teams.teams.items():
            if team.calendar is not None and team.calendar not in self.calendars.calendars:
                problem = f"teams.{name}.calendar: there is no calendar {team.calendar!r}"
                yield Wrong(("teams", name, "calendar"), problem)
        yield from hours_apart(teams, self.sla)
        yield from unguarded(teams)

    def load(self, path: Path | None = None) -> Teams:
        """Read the teams, the shipped ones without ``path``, and check them.

        Raises:
            SettingsError: naming the file, the lines, the teams and the rules.
        """
        teams = load_teams(path)
        refuse_wrong(f"teams {teams.version}", path or SHIPPED, self.faults(teams))
        return teams

    def check(self, teams: Teams) -> None:
        """Make sure that everybody can work with these teams.

        Raises:
            SettingsError: naming the team and the rule.
        """
        faults = [one.problem for one in self.faults(teams)]
        if faults:
            raise SettingsError(f"teams {teams.version}: {'; '.join(faults)}")


def load_team_rules(
    sla_path: Path | None = None,
    calendars_path: Path | None = None,
    correcting_path: Path | None = None,
) -> TeamRules:
    """Load them, the shipped ones where no file is named.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return TeamRules(
        load_sla(sla_path),
        load_calendars(calendars_path),
        load_lifecycle(),
        load_approval(),
        load_correcting(correcting_path),
    )


def hours_apart(teams: Teams, sla: SlaPolicy) -> Iterator[Wrong]:
    """Yield each team whose hours are said twice and differently: by its own calendar it is given
    cases, by that of the time limits its clock runs and it is on duty. Time limits without
    ``team_calendars`` say nothing about hours."""
    if "team_calendars" not in sla.model_fields_set:
        return
    for name, team in teams.teams.items():
        own, clocks = team.calendar or ALWAYS, sla.calendar_of_team(name)
        if own != clocks:
            left_out = "" if team.calendar else " (left out)"
            by_default = "" if name in sla.team_calendars else " (the default)"
            problem = (
                f"teams.{name}.calendar: {own!r}{left_out} in {teams.version}, but team_calendars "
                f"of {sla.version} has {clocks!r}{by_default}: write the same in both"
            )
            yield Wrong(("teams", name, "calendar"), problem)
