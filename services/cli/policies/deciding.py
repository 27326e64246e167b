"""What the pipeline makes of the contacts of an example: dedup, severity, routing, the case, its
incident. Pure but for the clock that dates decisions, which none of them goes by."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from schemas.cases import CaseCommand
from schemas.scores import Score
from services.adapters.clock import SystemClock
from services.cli.offline import TENANT, deduplicate
from services.cli.policies.answering import (
    Answer,
    Scored,
    Setting,
    Unfit,
    add_cases,
    add_incidents,
    contact_of,
)
from services.cli.policies.kinds import Kind, read_content
from services.cli.policies.matters import Matters, standing
from services.cli.policies.sides import Side
from services.cli.policies.sources import Replayed
from services.cli.sending.lines import BadLine
from services.domain.errors import SettingsError
from services.domain.teams import SHIPPED as SHIPPED_TEAMS
from services.domain.teams import Teams

GRAVE: Final = 3
"""From this level on a contact goes to the senior desk."""
USUAL_TIME: Final = "2026-03-02T10:00:00+08:00"
"""When a contact without ``at`` comes: a Monday at ten, so that no example goes by the hour at
which it is tried."""
_BESIDE: Final = ("score", "incident_level", "acknowledged_at", "answered_at")
"""What an example says of a contact beside what `send` takes."""
_CLERK: Final = "clerk:clerk-801"
"""Who acts where an example does not say: somebody of the senior desk."""


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
        add_cases(answers, scored, side, setting)
        add_incidents(answers, scored, side)
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
        settled, waiting = [], deque(map(contact_of, scored))
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


def _through(side: Side, contacts: Sequence[Mapping[str, Any]]) -> list[Scored]:
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
        found.append(Scored(one, said, score, side.route(replayed, score)))
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


def _of_contact(each: Scored, names: Mapping[str, int]) -> Answer:
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
