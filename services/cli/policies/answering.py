"""What comes of the contacts of an example: the case of each, and its incident. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.incident_links import IncidentLink
from schemas.routes import Destination
from schemas.scores import Score
from schemas.vocabulary import Category, ChangeKind
from services.cases.story import Story
from services.cli.offline import TENANT, Decided
from services.cli.policies.casework import Casework, Contact, Given, Heard, Taken
from services.cli.policies.gathering import Gathering
from services.cli.policies.sides import Side
from services.cli.policies.sources import Served
from services.domain.incidents.memory import sighting_of

Answer = dict[str, Any]
_PLACED: Final = "example"


class Unfit(Exception):
    """An example says what cannot be: where, and what is wrong with it."""


class Setting(NamedTuple):
    """What holds around the contacts: open cases by person, and teams that are otherwise."""

    loads: Mapping[str, int]
    teams: Mapping[str, Mapping[str, Any]]


class Scored(NamedTuple):
    """A contact of an example, what the example says of it, and what was decided."""

    one: Decided
    said: Mapping[str, Any]
    score: Score
    route: Destination


# ------------------------------------------------------------------ the case of each contact


def add_cases(
    answers: list[Answer], scored: Sequence[Scored], side: Side, setting: Setting
) -> None:
    """Say of each contact how its case stands until the next contact of that case comes."""
    work = Casework(side.policies)
    work.load(setting.loads)
    by_case: defaultdict[str, list[tuple[int, Contact]]] = defaultdict(list)
    for number, each in enumerate(scored):
        contact = contact_of(each)
        by_case[contact[1].case_id].append((number, contact))
    for many in by_case.values():
        many.sort(key=lambda one: (one[1][0].received_at, one[0]))
        heard = list(_heard(scored[number] for number, _ in many))
        numbers = iter([number for number, _ in many])
        answer: Answer = {}
        for act, story in work.stories([contact for _, contact in many], heard):
            if isinstance(act, tuple) and not isinstance(act, Heard):
                answer = answers[next(numbers)]
                answer |= {"raised": [], "skipped": {}}
            _add_story(answer, story)


def _add_story(answer: Answer, story: Story) -> None:
    state = story.state
    assert state is not None
    for event in story.events:
        if event.kind is ChangeKind.LEVEL_RAISED:
            answer["raised"].append((event.reason or "").partition(":")[0])
        elif event.kind is ChangeKind.TEAM_PASSED_OVER:
            answer["skipped"][event.skipped] = event.reason
    answer |= {
        "case_level": state.level,
        "case_team": state.team,
        "person": state.assignee,
        "askings": state.askings,
    }


def contact_of(each: Scored) -> Contact:
    decided = each.one.deduplicated
    contact = decided.contact
    try:
        served = Served.model_validate(each.said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Unfit(f"given.{first['loc'][0]}: {first['msg']}") from None
    taken = Taken(
        each.one.line.id,
        decided.tenant,
        contact.contact_id,
        contact.person,
        contact.channel,
        contact.received_at,
        contact.facts,
        served.acknowledged_at,
        served.answered_at,
    )
    given = Given(decided.case_id, decided.relation, decided.waybill_index, each.score, each.route)
    return taken, given


def _heard(some: Iterator[Scored]) -> Iterator[Heard]:
    """Yield what a case hears of its incident, where an example says so beside a contact."""
    for each in some:
        level = each.said.get("incident_level")
        if level is None:
            continue
        try:
            link = IncidentLink(hub=_PLACED, category=Category.OTHER, level=level)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"]
            raise Unfit(f"given.incident_level: {problem}") from None
        yield Heard(each.one.deduplicated.contact.received_at, _PLACED, link)


# ------------------------------------------------------------------ the incident of each case


def add_incidents(answers: list[Answer], scored: Sequence[Scored], side: Side) -> None:
    """Say of each contact of which incident its case is in the end."""
    gathering = Gathering(TENANT, side.incidents)
    found_with: dict[str, int] = {}
    order = sorted(
        enumerate(scored, 1), key=lambda item: (item[1].one.line.contact.received_at, item[0])
    )
    for number, each in order:
        contact = each.one.deduplicated.contact
        gathering.see(
            [
                sighting_of(
                    contact.contact_id,
                    each.one.deduplicated.case_id,
                    contact.person or contact.contact_id,
                    contact.received_at,
                    contact.text,
                    side.incidents,
                    hub=contact.facts.hub,
                    category=str(each.score.category),
                )
            ]
        )
        for case in gathering.homes:
            found_with.setdefault(case, number)
    numbers = {name: number for number, name in enumerate(gathering.incidents, 1)}
    last = order[-1][1].one.line.contact.received_at
    for answer, each in zip(answers, scored, strict=True):
        key = f"{TENANT}|{each.one.deduplicated.case_id}"
        home = gathering.homes.get(key)
        known = None if home is None else gathering.incidents[home]
        answer |= {
            "incident": numbers.get(home or ""),
            "incident_level": known.level if known else None,
            "incident_cause": known.cause if known else None,
            "place": known.place if known else None,
            "found_with": found_with.get(key),
            "over": known.is_over(last) if known else None,
        }
