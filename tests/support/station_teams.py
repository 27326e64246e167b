"""Teams of which some are stations' own, for tests of conflicts of interest."""

from typing import Final

from services.domain.teams import Team, Teams, load_teams

HANGZHOU, LEEDS, GUANGZHOU = "杭州三站", "Leeds North Depot", "广州转运中心"
OWN: Final = {HANGZHOU: "front-desk", LEEDS: "claims", GUANGZHOU: "senior-desk"}
"""Each station and the shipped team whose own it is made: of the front line, beside it, above."""
STAFF_MATTERS: Final = frozenset({"attitude", "delivery", "pickup"})


def station_teams(**more: dict[str, object]) -> Teams:
    """Return the shipped teams with those stations, and fields of some changed (``_`` for
    ``-``)."""
    shipped = load_teams()
    teams = dict(shipped.teams)
    changes: dict[str, dict[str, object]] = {
        team: {"stations": frozenset({station})} for station, team in OWN.items()
    }
    for name, fields in more.items():
        changes.setdefault(name.replace("_", "-"), {}).update(fields)
    for name, fields in changes.items():
        teams[name] = Team.model_validate(teams[name].model_dump() | fields)
    return shipped.model_copy(update={"teams": teams})
