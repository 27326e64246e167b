"""What teams must say so that nobody ever decides alone about himself: checked at load. Pure."""

from collections.abc import Iterator
from typing import Final

from schemas.stations import NamedStation
from services.domain.conflicts import Matter, barred_from
from services.domain.policies import Wrong
from services.domain.teams import Team, Teams

RULE: Final = "conflict"


def unguarded(teams: Teams) -> Iterator[Wrong]:
    """Yield each team that is a station's own without a rule for complaints about it, or without
    anybody above it who is not; and what is wrong with whoever watches."""
    own = {name: team for name, team in teams.teams.items() if team.stations}
    if not own:
        return
    if teams.conflict is None:
        for name, team in own.items():
            problem = (
                f"teams.{name}.stations: it is the own team of {_listed(team)}, but nothing says "
                "what is a complaint about a station and who watches: add `conflict` to the file"
            )
            yield Wrong(("teams", name, "stations"), problem, RULE)
        return
    for name, team in own.items():
        if not _has_somebody_above(name, team, teams):
            problem = (
                f"teams.{name}.up: nobody above {name} is independent of {_listed(team)}: a "
                "complaint about it would have nowhere to go; put another team above it"
            )
            yield Wrong(("teams", name, "up"), problem, RULE)
    yield from _watched(teams.conflict.watch, own, teams)


def _has_somebody_above(name: str, team: Team, teams: Teams) -> bool:
    stations = tuple(
        NamedStation(station=station, is_about=True) for station in sorted(team.stations)
    )
    barred = barred_from(Matter(stations), teams)
    return any(not barred.bars(one, teams) for one in teams.ladder_above(name))


def _watched(watch: str, own: dict[str, Team], teams: Teams) -> Iterator[Wrong]:
    people = {member for team in own.values() for member in team.members}
    if watch in own:
        problem = f"conflict.watch: {watch!r} is a station's own team; name another one"
        yield Wrong(("conflict", "watch"), problem, RULE)
    elif people.issuperset(teams.teams[watch].members):
        problem = f"conflict.watch: everybody in {watch!r} is of a station's own team as well"
        yield Wrong(("conflict", "watch"), problem, RULE)


def _listed(team: Team) -> str:
    return ", ".join(sorted(team.stations)[:3]) + (" and others" if len(team.stations) > 3 else "")
