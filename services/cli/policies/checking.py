"""What is wrong with a policy file: each fault with its line, field and rule."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import ValidationError

from services.cases.correcting_policy import Correcting
from services.cli.policies.kinds import Kind, read_content
from services.domain.calendars.policy import load_calendars
from services.domain.errors import SettingsError
from services.domain.teams import Teams, load_teams
from services.domain.wording.policy import Texts
from services.domain.wording.wording import shipped
from services.routing.policy import RoutingPolicy


class Fault(NamedTuple):
    """One thing that is wrong."""

    file: Path
    line: int
    field: str
    rule: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field or 'file'}: {self.problem} ({self.rule})"


def faults_of(path: Path, kind: Kind) -> list[Fault]:
    """Return all that is wrong with the file; none when it could count.

    Raises:
        SettingsError: it cannot be read or is not YAML.
    """
    content = read_content(path)
    text = path.read_text(encoding="utf-8")
    try:
        policy = kind.model.model_validate(content)
    except ValidationError as error:
        return [
            Fault(
                path,
                line_of(text, one["loc"]),
                ".".join(map(str, one["loc"])),
                one["type"],
                one["msg"].removeprefix("Value error, "),
            )
            for one in error.errors(include_url=False)
        ]
    return [Fault(path, 1, "", "reference", problem) for problem in _strangers(policy, path)]


def _strangers(policy: object, path: Path) -> Iterator[str]:
    """Yield what a policy names that is in no other policy, or in no file beside it."""
    if isinstance(policy, Texts):
        try:
            shipped(path)
        except SettingsError as error:
            yield str(error)
    if isinstance(policy, RoutingPolicy):
        try:
            policy.check_teams(load_teams())
        except SettingsError as error:
            yield str(error)
    if isinstance(policy, Correcting):
        for stranger in sorted(policy.named - load_teams().teams.keys()):
            yield f"there is no team {stranger!r}"
    if isinstance(policy, Teams):
        known = load_calendars().calendars
        for name, team in policy.teams.items():
            if team.calendar is not None and team.calendar not in known:
                yield f"teams.{name}.calendar: there is no calendar {team.calendar!r}"


def line_of(text: str, way: Sequence[int | str]) -> int:
    """Return the line of a field, or of the nearest thing around it that the file has.

    >>> line_of("a: 1\\nb:\\n  - c: 2\\n  - d: 3\\n", ("b", 1, "d"))
    4
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for step in way:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                continue  # a word of the model, not of the file
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
