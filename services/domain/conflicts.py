"""Who must not decide about a case alone (ADR 0063): one rule, wherever a team or a person is
chosen. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from schemas.stations import MAX_STATIONS, OTHERS, NamedStation
from schemas.vocabulary import Category, Cause
from services.domain.places import place_key
from services.domain.teams import NO_LOADS, Teams

CONFLICT: Final = "conflict_of_interest"
FULL: Final = "full"
"""Nobody of the team has room for another case."""
_MOST_TEAMS: Final = 8


class Matter(NamedTuple):
    """What the rule looks at of a case or a contact."""

    stations: tuple[NamedStation, ...] = ()
    category: Category = Category.UNKNOWN
    cause: Cause = Cause.UNKNOWN


class Barred(NamedTuple):
    """Teams that may not lead: stations' own; and their members, of whatever team they are."""

    teams: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()

    def bars(self, team: str | None, teams: Teams) -> bool:
        """Return whether a team may not lead: it is the station's, or nobody in it is not."""
        if not self.teams or team is None:
            return False
        known = teams.teams.get(team)
        return team in self.teams or (known is not None and self.people.issuperset(known.members))


NOBODY: Final = Barred()


class Chosen(NamedTuple):
    """Who leads, and who was passed over on the way, each with the reason."""

    team: str
    passed: tuple[tuple[str, str], ...] = ()


def is_about_staff(category: Category, cause: Cause, teams: Teams) -> bool:
    """Return whether what is complained of is a station's or its staff's doing. Teams that say
    nothing of it are trusted with nothing about themselves."""
    rule = teams.conflict
    return rule is None or category in rule.categories or cause in rule.causes


def named_stations(
    names: Iterable[str], category: Category, cause: Cause, teams: Teams
) -> tuple[NamedStation, ...]:
    """Return the stations among ``names`` that have a team of their own."""
    found: dict[str, NamedStation] = {}
    for name in names:
        known = teams.stations.get(place_key(name))
        if known is not None and known.name not in found:
            is_about = is_about_staff(category, cause, teams)
            found[known.name] = NamedStation(
                station=known.name, teams=known.teams[:_MOST_TEAMS], is_about=is_about
            )
    return joined((), tuple(found.values()))


def joined(
    known: tuple[NamedStation, ...], named: Iterable[NamedStation]
) -> tuple[NamedStation, ...]:
    """Return all of both, each once, as many as a record lists; more than that become one entry
    that stands for all stations, so that no station is forgotten."""
    by_name = {one.station: one for one in known}
    for one in named:
        before = by_name.get(one.station)
        by_name[one.station] = one if before is None else _both(before, one)
    every = [one for one in by_name.values() if one.station != OTHERS]
    others = by_name.get(OTHERS)
    if others is None and len(every) <= MAX_STATIONS:
        return tuple(every)
    listed, more = every[: MAX_STATIONS - 1], every[MAX_STATIONS - 1 :]
    is_about = any(one.is_about for one in (*more, *([others] if others else ())))
    return (*listed, NamedStation(station=OTHERS, is_about=is_about))


def _both(one: NamedStation, other: NamedStation) -> NamedStation:
    return NamedStation(
        station=one.station,
        teams=tuple(dict.fromkeys((*one.teams, *other.teams)))[:_MOST_TEAMS],
        is_about=one.is_about or other.is_about,
    )


def settled(matter: Matter, teams: Teams) -> tuple[NamedStation, ...]:
    """Return the stations with what the matter's judgement says of them for good."""
    if not is_about_staff(matter.category, matter.cause, teams):
        return matter.stations
    return tuple(one.model_copy(update={"is_about": True}) for one in matter.stations)


def own_teams(stations: Iterable[NamedStation], teams: Teams) -> frozenset[str]:
    """Return the teams whose own stations these are, when they were named or today."""
    found: set[str] = set()
    for one in stations:
        found.update(one.teams)
        if one.station == OTHERS:
            found.update(*(known.teams for known in teams.stations.values()))
        elif (known := teams.stations.get(place_key(one.station))) is not None:
            found.update(known.teams)
    return frozenset(found)


def barred_from(matter: Matter, teams: Teams) -> Barred:
    """Return who must not decide about the matter alone."""
    if not matter.stations:
        return NOBODY
    own = own_teams((one for one in settled(matter, teams) if one.is_about), teams)
    members = (teams.teams[team].members for team in own if team in teams.teams)
    return Barred(own, frozenset(one for some in members for one in some))


def watching(team: str | None, matter: Matter, teams: Teams) -> tuple[str, ...]:
    """Return who is told because a team has a matter in which its own station is named."""
    if not matter.stations or teams.conflict is None:
        return ()
    return (teams.conflict.watch,) if team in own_teams(matter.stations, teams) else ()


def choose(
    wanted: str,
    above: Iterable[str],
    barred: Barred,
    teams: Teams,
    loads: Mapping[str, int] | None = None,
) -> Chosen:
    """Return the first of ``wanted`` and those ``above`` it that may lead, with ``loads`` the
    first that has room as well. Where all are full the first that may lead has it; where none may,
    whoever watches, or else anybody who may: never nobody, and never the station."""
    passed: list[tuple[str, str]] = []
    able: list[str] = []
    for team in (wanted, *above):
        if barred.bars(team, teams):
            passed.append((team, CONFLICT))
        elif loads is not None and is_full(team, barred, teams, loads):
            passed.append((team, FULL))
            able.append(team)
        else:
            return Chosen(team, tuple(passed))
    conflicts = tuple(one for one in passed if one[1] == CONFLICT)
    if able:
        first = able[0]
        at = next(n for n, one in enumerate(passed) if one[0] == first)
        return Chosen(first, tuple(one for one in passed[:at] if one in conflicts))
    return Chosen(independent(wanted, barred, teams), conflicts)


def independent(wanted: str, barred: Barred, teams: Teams) -> str:
    """Return who leads where none of the choices may: whoever watches, those above, or anybody."""
    watch = teams.conflict.watch if teams.conflict else wanted
    every = (watch, *teams.ladder_above(watch), *teams.teams)
    return next((team for team in every if not barred.bars(team, teams)), watch)


def is_full(team: str, barred: Barred, teams: Teams, loads: Mapping[str, int] = NO_LOADS) -> bool:
    """Return whether nobody of a team who may work on it has room for another case."""
    known = teams.teams.get(team)
    return known is not None and barred.people.issuperset(known.with_room(loads))
