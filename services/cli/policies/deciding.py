"""What the pipeline makes of the contacts of an example: dedup, severity, routing, the case, its
incident. Pure but for the clock that dates decisions, which none of them goes by."""

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.cases import CaseCommand
from schemas.incident_links import IncidentLink
from schemas.routes import Destination
from schemas.scores import Score
from schemas.vocabulary import Category, ChangeKind
from services.adapters.clock import SystemClock
from services.cases.story import Story
from services.cli.offline import TENANT, Decided, deduplicate
from services.cli.policies.casework import Casework, Contact, Given, Heard, Taken
from services.cli.policies.gathering import Gathering
from services.cli.policies.kinds import Kind, read_content
from services.cli.policies.matters import Matters, standing
from services.cli.policies.sides import Side
from services.cli.policies.sources import Replayed, Served
from services.cli.sending.lines import BadLine
from services.domain.errors import SettingsError
from services.domain.incidents.memory import sighting_of
from services.domain.teams import SHIPPED as SHIPPED_TEAMS
from services.domain.teams import Teams

GRAVE: Final = 3
"""From this level on a contact goes to the senior desk."""
USUAL_TIME: Final = "2026-03-02T10:00:00+08:00"
"""When a contact without ``at`` comes: a Monday at ten, so that no example goes by the hour at
which it is tried."""
_BESIDE: Final = ("score", "incident_level", "acknowledged_at", "answered_at")
"""What an example says of a contact beside what `send` takes."""
_PLACED: Final = "example"
_CLERK: Final = "clerk:clerk-801"
"""Who acts where an example does not say: somebody of the senior desk."""
Answer = dict[str, Any]


class Unfit(Exception):
    """An example says what cannot be: where, and what is wrong with it."""


class Setting(NamedTuple):
    """What holds around the contacts: open cases by person, and teams that are otherwise."""

    loads: Mapping[str, int]
    teams: Mapping[str, Mapping[str, Any]]


class _Scored(NamedTuple):
    one: Decided
    said: Mapping[str, Any]
    score: Score
    route: Destination


class Deciding:
    """Puts contacts through the pipeline, one policy of which is the one tried."""

    def __init__(self, kind: Kind, policy: Path) -> None:
        """Load the policies.

        Raises:
            SettingsError: one breaks its rules.
        """
        self._side = Side({kind.name: policy})
        self._teams_file = policy if kind.name == "teams" else SHIPPED_TEAMS

    def answers(self, contacts: Sequence[Mapping[str, Any]], setting: Setting) -> list[Answer]:
        """Return what is decided about each contact.

        Raises:
            Unfit: a contact cannot be read, or the setting breaks a rule.
        """
        side = self._side_with(setting.teams)
        scored = _through(side, contacts)
        names: dict[str, int] = {}
        for each in scored:
            names.setdefault(each.one.deduplicated.case_id, len(names) + 1)
        answers = [_of_contact(each, names) for each in scored]
        _add_cases(answers, scored, side, setting)
        _add_incidents(answers, scored, side)
        return answers

    def acted(
        self,
        contacts: Sequence[Mapping[str, Any]],
        acts: Sequence[Mapping[str, Any]],
        until: datetime | None,
    ) -> Answer:
        """Return what commands to the cases of contacts come to, one after the other, and how the
        cases stand in the end; cases are known by the number in which they are opened.

        Raises:
            Unfit: a contact or command cannot be read.
        """
        matters = Matters(self._side.policies)
        scored = _through(self._side, contacts)
        scored.sort(key=lambda each: each.one.line.contact.received_at)
        numbers: dict[str, int] = {}
        for each in scored:
            numbers.setdefault(each.one.deduplicated.case_id, len(numbers) + 1)
        ids = {number: case_id for case_id, number in numbers.items()}
        settled, waiting = [], deque(map(_contact, scored))
        for number, act in enumerate(acts, 1):
            command = _command(number, act, ids)
            while waiting and waiting[0][0].received_at <= command.issued_at:
                matters.open(waiting.popleft())
            settled.append(matters.act(command))
        for contact in waiting:
            matters.open(contact)
        if until is not None:
            matters.until(until)
        return {
            "outcome": [str(one.settlement) for one in settled],
            "refusal": [one.refusal and str(one.refusal) for one in settled],
            **standing(matters.states, numbers),
        }

    def _side_with(self, changes: Mapping[str, Mapping[str, Any]]) -> Side:
        """Return the policies with teams that are otherwise for this example."""
        if not changes:
            return self._side
        content = read_content(self._teams_file)
        for name, fields in changes.items():
            if name not in content["teams"]:
                raise Unfit(f"given.teams.{name}: there is no such team")
            content["teams"][name] = {**content["teams"][name], **fields}
        try:
            return self._side.with_teams(Teams.model_validate(content))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "teams"
            raise Unfit(f"given.{where}: {first['msg']}") from None
        except SettingsError as error:
            raise Unfit(f"given.{error}") from None


def _through(side: Side, contacts: Sequence[Mapping[str, Any]]) -> list[_Scored]:
    lines = [
        json.dumps(
            {"id": f"c{number}", "at": USUAL_TIME}
            | {name: value for name, value in one.items() if name not in _BESIDE},
            ensure_ascii=False,
            default=lambda value: str(value.isoformat()),
        ).encode()
        for number, one in enumerate(contacts, 1)
    ]
    found = []
    for one, said in zip(deduplicate(lines, side.dedup, SystemClock()), contacts, strict=True):
        if isinstance(one, BadLine):
            where = f"contacts.{one.number}." if len(contacts) > 1 else ""
            raise Unfit(f"given.{where}{one.field}: {one.message} ({one.rule})")
        replayed = Replayed(one.line.id, one.deduplicated)
        score = _score(side, replayed, said.get("score", {}))
        found.append(_Scored(one, said, score, side.route(replayed, score)))
    return found


def _score(side: Side, one: Replayed, said: Mapping[str, Any]) -> Score:
    made = side.scores([one])[0]
    if not said:
        return made
    try:
        return Score.model_validate(made.model_dump() | dict(said))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Unfit(f"given.score.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _of_contact(each: _Scored, names: Mapping[str, int]) -> Answer:
    route, score = each.route, each.score
    return {
        "case": names[each.one.deduplicated.case_id],
        "relation": str(each.one.deduplicated.relation),
        "level": score.level,
        "grave": score.level >= GRAVE,
        "category": str(score.category),
        "nature": str(score.nature),
        "cause": str(score.cause),
        "team": route.team,
        "operator": route.operator,
        "inform": list(route.inform),
        "partners": [f"{partner.operator} {partner.part}" for partner in route.partners],
        "tasks": [f"{task.holder} {task.part}" for task in route.tasks or ()],
        "passed_over": {passed.team: passed.reason for passed in route.passed_over},
        "node": route.path[-1],
    }


def _command(number: int, act: Mapping[str, Any], ids: Mapping[int, str]) -> CaseCommand:
    """Return the command of an example, which names cases by their numbers."""
    where = f"given.acts.{number}"
    fields = {"actor": _CLERK, "at": USUAL_TIME, **act}
    for name in ("case", "other"):
        if fields.get(name) is not None:
            if fields[name] not in ids:
                raise Unfit(f"{where}.{name}: there is no case {fields[name]}")
            fields[name] = ids[fields[name]]
    try:
        return CaseCommand.model_validate(
            {
                "tenant": TENANT,
                "command_id": f"act-{number}",
                "case_id": fields.pop("case", None),
                "issued_at": fields.pop("at"),
                **fields,
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        name = {"case_id": "case", "issued_at": "at"}.get(name, name)
        raise Unfit(f"{where}.{name}: {first['msg']}") from None


# ------------------------------------------------------------------ the case of each contact


def _add_cases(
    answers: list[Answer], scored: Sequence[_Scored], side: Side, setting: Setting
) -> None:
    """Say of each contact how its case stands until the next contact of that case comes."""
    work = Casework(side.policies)
    work.load(setting.loads)
    by_case: defaultdict[str, list[tuple[int, Contact]]] = defaultdict(list)
    for number, each in enumerate(scored):
        contact = _contact(each)
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


def _contact(each: _Scored) -> Contact:
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


def _heard(some: Iterator[_Scored]) -> Iterator[Heard]:
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


def _add_incidents(answers: list[Answer], scored: Sequence[_Scored], side: Side) -> None:
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
