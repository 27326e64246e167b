"""What is wrong with a policy file: each fault with its line, field and rule."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from services.cli.policies.kinds import Kind, read_content
from services.domain.approval import Approval
from services.domain.clocks.policy import SlaPolicy
from services.domain.correcting import Correcting
from services.domain.errors import SettingsError
from services.domain.lifecycle import Lifecycle
from services.domain.policies import Wrong, line_of, ways_to
from services.domain.team_rules import hours_apart, load_team_rules
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


NO_FILES: Final[Mapping[str, Path]] = {}


def faults_of(path: Path, kind: Kind, beside: Mapping[str, Path] = NO_FILES) -> list[Fault]:
    """Return all that is wrong with the file; none when it could count together with the files
    ``beside`` it, by kind, and the shipped ones of all other kinds.

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
    try:
        wrong = list(_wrong(policy, path, beside))
    except SettingsError as error:  # of a file beside it, which has its own faults
        wrong = [Wrong((), str(error))]
    return [
        Fault(path, line_of(text, one.way), ".".join(map(str, one.way)), one.rule, one.problem)
        for one in wrong
    ]


def _wrong(policy: object, path: Path, beside: Mapping[str, Path]) -> Iterator[Wrong]:
    """Yield what a policy names that is in no other policy, or in no file beside it.

    Raises:
        SettingsError: a thing of this kind, or a file beside it breaks its rules.
    """
    if isinstance(policy, Texts):
        shipped(path)
    if isinstance(policy, RoutingPolicy):
        yield from policy.strangers(load_teams(beside.get("teams")))
    if isinstance(policy, Lifecycle | Approval | Correcting):
        for stranger in sorted(policy.named - load_teams(beside.get("teams")).teams.keys()):
            for way in ways_to(read_content(path), stranger):
                yield Wrong(way, f"there is no team {stranger!r}")
    if isinstance(policy, Teams):
        fitting = map(beside.get, ("sla", "calendars", "correcting"))
        yield from load_team_rules(*fitting).faults(policy)
    if isinstance(policy, SlaPolicy):
        yield from hours_apart(load_teams(beside.get("teams")), policy)
