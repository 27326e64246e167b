"""The life cycle as data: loaded once, checked whole."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from schemas.scores import Level
from schemas.vocabulary import CaseStatus, ChangeKind, Channel, CommandKind
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("lifecycle.yaml")

Needed = Literal[
    "assignee",
    "note",
    "reason",
    "waiting_for",
    "unit",
    "entry",
    "compensation",
    "decision",
    "payment",
    "rating",
    "contact",
    "appeal",
    "clock",
    "amount",
    "policies",
    "other",
    "merge",
    "correction",
    "incident",
    "task",
]
ActorKind = Literal["clerk", "customer", "authority", "partner", "system"]


class Move(PolicyPart):
    """What one command does, and its guards; see ``lifecycle.yaml``."""

    allowed_from: Annotated[frozenset[CaseStatus], Field(alias="from", min_length=1)]
    to: CaseStatus | None = None
    to_from: dict[CaseStatus, CaseStatus] = Field(default_factory=dict)
    event: ChangeKind
    needs: tuple[Needed, ...] = ()
    by: tuple[ActorKind, ...] = ()
    reasons: tuple[str, ...] = ()
    ranks: dict[Level, str] = Field(default_factory=dict)
    within: Literal["reopen", "appeal"] | None = None
    late_by: str | None = None

    def leads_to(self, status: CaseStatus) -> CaseStatus:
        """Return the status after the command, from ``status``."""
        return self.to_from.get(status, self.to or status)

    def rank_for(self, level: int) -> str | None:
        """Return the team that decides about a case of ``level``; None when anybody may."""
        return next((self.ranks[one] for one in sorted(self.ranks)[::-1] if level >= one), None)


class Lifecycle(PolicyPart):
    """See ``lifecycle.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    statuses: dict[str, frozenset[CaseStatus]] = Field(default_factory=dict)
    commands: dict[CommandKind, Move]
    contact_reopens: frozenset[CaseStatus]
    forwarding_reopens: frozenset[CaseStatus] = frozenset()

    @property
    def named(self) -> set[str]:
        """All teams that the commands name."""
        moves = self.commands.values()
        late = {move.late_by for move in moves if move.late_by}
        return late | {team for move in moves for team in move.ranks.values()}

    def reopens(self, channel: Channel) -> frozenset[CaseStatus]:
        """Return the statuses in which a contact of this channel reopens a case."""
        if channel is Channel.REGULATOR:
            return self.contact_reopens | self.forwarding_reopens
        return self.contact_reopens

    @model_validator(mode="before")
    @classmethod
    def _spell_out_groups(cls, data: object) -> object:
        """Put the statuses of a group where its name stands."""
        if not isinstance(data, dict) or not isinstance(data.get("commands"), dict):
            return data
        groups = data.get("statuses") or {}
        return data | {
            "commands": {
                kind: _spelt_out(move, groups) if isinstance(move, dict) else move
                for kind, move in data["commands"].items()
            }
        }

    @model_validator(mode="after")
    def _knows_every_command(self) -> "Lifecycle":
        missing = sorted(set(CommandKind) - self.commands.keys())
        if missing:
            raise ValueError(f"commands: no move for {', '.join(missing)}")
        return self


def _spelt_out(move: dict[str, object], groups: dict[str, list[str]]) -> dict[str, object]:
    def statuses(name: str) -> set[str]:
        written = move.get(name) or []
        assert isinstance(written, list)
        return {status for one in written for status in groups.get(one, [one])}

    rest = {name: value for name, value in move.items() if name not in ("from", "not_from")}
    return rest | {"from": sorted(statuses("from") - statuses("not_from"))}


def load_lifecycle(path: Path | None = None) -> Lifecycle:
    """Read and check the life cycle; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Lifecycle, "life cycle", path or SHIPPED)
