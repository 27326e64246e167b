"""Walk the tree, then see who of those it names can lead. Pure; semantics of the walk as
Alertmanager's routing: depth first, first match wins unless it continues, no matching child
means the node itself, children inherit. There is always somebody."""

from typing import Final, NamedTuple

from schemas.routes import Destination, Partner, PassedOver
from schemas.tasks import TaskWanted
from schemas.vocabulary import Category, Cause, WayPart
from services.domain.calendars.policy import Calendars
from services.domain.conflicts import (
    CONFLICT,
    NOBODY,
    Barred,
    Matter,
    barred_from,
    independent,
    named_stations,
    watching,
)
from services.domain.places import place_key
from services.domain.teams import Team, Teams
from services.routing.index import Branches
from services.routing.match import Subject
from services.routing.policy import Route, RoutingPolicy
from services.routing.subject import Question

OFF_DUTY: Final = "off_duty"
MOST_NAMED: Final = 20


class _Leaf(NamedTuple):
    """What a node says, with what it inherits. ``choices`` are the teams that may lead, the
    node's first, then those further up the tree, then the ladder above."""

    team: str
    operator: str | None
    responsible: str | None
    inform: tuple[str, ...]
    path: tuple[str, ...]
    choices: tuple[str, ...]
    asks_regions: bool = False


class _Node:
    """A node of the tree, compiled."""

    def __init__(self, route: Route, above: _Leaf, teams: Teams) -> None:
        team = route.team or above.team
        nearer = dict.fromkeys((team, *above.choices))
        self.leaf = _Leaf(
            team,
            route.operator or above.operator,
            route.responsible or above.responsible,
            above.inform + route.inform,
            (*above.path, route.id),
            tuple(dict.fromkeys([*nearer, *teams.ladder_above(team)])),
            above.asks_regions if route.asks_regions is None else route.asks_regions,
        )
        self.match, self.goes_on = route.match, route.goes_on
        self.has_text_tests = route.match.has_text_tests
        self.children = [_Node(child, self.leaf, teams) for child in route.routes]
        self.branches = Branches([child.match for child in route.routes])

    def walk(self, subject: Subject, found: list[tuple[_Leaf, bool]], goes_on: bool) -> None:
        """Add each node that answers, and whether the walk went on after it."""
        mask = self.branches.fitting(subject)
        while mask:
            lowest = mask & -mask
            child = self.children[lowest.bit_length() - 1]
            mask ^= lowest
            if child.has_text_tests and not child.match.fits_text(subject):
                continue
            child.walk(subject, found, goes_on or child.goes_on)
            if not child.goes_on:
                return
        found.append((self.leaf, goes_on))


class _Asked(NamedTuple):
    """A question, and what the rule about conflicts of interest makes of it."""

    question: Question
    matter: Matter
    barred: Barred = NOBODY


class Router:
    """A policy and the teams it names, compiled once; deciding changes nothing in it."""

    def __init__(self, policy: RoutingPolicy, teams: Teams, calendars: Calendars) -> None:
        self.policy = policy
        self._known = teams
        self._teams = teams.teams
        self._calendars = calendars
        nobody = _Leaf("", None, None, (), (), ())
        self._root = _Node(policy.tree, nobody._replace(choices=()), teams)
        self._free = {name for name, team in teams.teams.items() if not _restrictions(team)}
        """Teams that anything may be given to, but perhaps not at any hour."""

    def route(self, question: Question) -> Destination:
        """Return who leads, who is informed, which other operators have a part in it, which
        node said so, which stations are named, and which teams were passed over on the way."""
        answers: list[tuple[_Leaf, bool]] = []
        self._root.walk(question.subject, answers, False)
        leaf = next((leaf for leaf, goes_on in answers if not goes_on), answers[0][0])
        named = self._named(question)
        asked = self._asked(question, named)
        told = [*leaf.inform, *(other.team for other, _ in answers if other is not leaf)]
        team, passed, watched = self._lead(leaf, asked)
        told += watched
        operator, partners = _operators(leaf, question)
        return Destination.model_construct(
            team=team,
            operator=operator,
            inform=tuple(one for one in dict.fromkeys(told) if one != team) if told else (),
            path=leaf.path,
            policy=self.policy.version,
            partners=partners,
            tasks=self._tasks(leaf, asked, team, partners) or None,
            passed_over=passed,
            stations=named or None,
        )

    def _named(self, question: Question) -> tuple[str, ...]:
        """Return the stations with a team of their own that the contact names."""
        if not self._known.stations:
            return ()
        names = [question.hub] if question.hub else []
        names += self._known.station_names.in_text(question.text)
        keys = map(place_key, names)
        found = (self._known.stations[key].name for key in keys if key in self._known.stations)
        return tuple(dict.fromkeys(found))[:MOST_NAMED]

    def _asked(self, question: Question, named: tuple[str, ...]) -> _Asked:
        if not named:
            return _Asked(question, Matter())
        category = Category(str(question.subject.get("category") or Category.UNKNOWN))
        cause = Cause(str(question.subject.get("cause") or Cause.UNKNOWN))
        stations = named_stations(named, category, cause, self._known)
        matter = Matter(stations, category, cause)
        return _Asked(question, matter, barred_from(matter, self._known))

    def _tasks(
        self, leaf: _Leaf, asked: _Asked, lead: str, partners: tuple[Partner, ...]
    ) -> tuple[TaskWanted, ...]:
        """Return who has a task beside the team that leads: each other operator on the way, and
        the desks of its two regions where the node asks them. No station's own team answers for
        itself."""
        tasks = {f"partner:{one.operator}": WayPart(one.part) for one in partners}
        subject = asked.question.subject
        if leaf.asks_regions and subject.get("cross_region"):
            for part in (WayPart.ORIGIN, WayPart.DESTINATION):
                desk = self.policy.network.desks.get(str(subject.get(f"{part}_region")))
                if desk not in (None, lead) and not asked.barred.bars(desk, self._known):
                    tasks.setdefault(f"team:{desk}", part)
        return tuple(TaskWanted(holder=holder, part=part) for holder, part in tasks.items())

    def _lead(self, leaf: _Leaf, asked: _Asked) -> tuple[str, tuple[PassedOver, ...], list[str]]:
        """Return the first of the choices that can lead, those before it, and whom to tell."""
        on_duty = asked.question.subject.get("level") in self.policy.on_duty_levels
        if leaf.team in self._free and not on_duty and asked.barred is NOBODY:
            return leaf.team, (), []
        passed: list[PassedOver] = []
        for name in leaf.choices:
            reason = self._hindrance(name, asked, on_duty)
            if reason is None:
                return name, tuple(passed), self._watching(name, passed, asked)
            passed.append(PassedOver(team=name, reason=reason))
        return self._last_resort(leaf, passed, asked)

    def _last_resort(
        self, leaf: _Leaf, passed: list[PassedOver], asked: _Asked
    ) -> tuple[str, tuple[PassedOver, ...], list[str]]:
        """Nobody fits: the first choice that is not in conflict leads all the same."""
        conflicts = {one.team for one in passed if one.reason == CONFLICT}
        able = next((name for name in leaf.choices if name not in conflicts), None)
        team = able or independent(leaf.team, asked.barred, self._known)
        others = tuple(one for one in passed if one.team != team)
        return team, others, sorted(conflicts)

    def _watching(self, lead: str, passed: list[PassedOver], asked: _Asked) -> list[str]:
        """Return whom a possible conflict of interest makes part of it: the station's own team
        that may not lead, or somebody independent beside the one that does."""
        told = [one.team for one in passed if one.reason == CONFLICT]
        return [*told, *watching(lead, asked.matter, self._known)]

    def _hindrance(self, name: str, asked: _Asked, on_duty: bool) -> str | None:
        """Return why this team cannot lead, or None."""
        team, subject = self._teams[name], asked.question.subject
        if asked.barred.bars(name, self._known):
            return CONFLICT
        for reason, served, value in (
            ("level", team.levels, subject.get("level")),
            ("skill", team.skills, subject.get("category")),
            ("region", team.regions, subject.get("region")),
            ("language", team.languages, subject.get("language")),
        ):
            if served and value is not None and value not in served:
                return reason
        if on_duty and team.calendar is not None:
            is_open = self._calendars.named(team.calendar).is_open(asked.question.at)
            return None if is_open else OFF_DUTY
        return None


def reasons(subject: Subject, policy: RoutingPolicy, destination: Destination) -> list[str]:
    """Return why the walk took its path: each node with what it asked for and found, and each
    team that was passed over."""
    found = []
    for node in policy.tree.walk():
        if node.id in destination.path and node is not policy.tree:
            asked = [f"{field} {_shown(subject.get(field))}" for field, _ in node.match.tests]
            asked += [f"{field} {subject.get(field)}" for field, _ in node.match.ranges]
            if node.match.waybill is not None:
                asked.append(f"waybill like {node.match.waybill_pattern}")
            asked += [f"{field} {subject.get(field)}" for field, _ in node.match.read]
            found.append(f"{node.id}: {', '.join(asked) or 'takes everything'}")
    found = found or [f"{policy.tree.id}: no branch fits"]
    return found + [f"not {one.team}: {one.reason}" for one in destination.passed_over]


def _shown(value: object) -> str:
    if isinstance(value, frozenset):
        return " and ".join(sorted(map(str, value)))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _restrictions(team: Team) -> bool:
    return bool(team.levels or team.skills or team.regions or team.languages or team.stations)


def _operators(leaf: _Leaf, question: Question) -> tuple[str | None, tuple[Partner, ...]]:
    """Return the responsible operator, and the others on the way."""
    way = question.way
    if not way:
        return leaf.operator, ()
    part_wanted = WayPart(leaf.responsible) if leaf.responsible else None
    named = next((name for name, part in way if part is part_wanted), None)
    partners = tuple(Partner(operator=name, part=part) for name, part in way)
    return leaf.operator or named, partners
