"""The life cycle as data: loaded once, checked whole."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.vocabulary import CaseStatus, ChangeKind, CommandKind
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("lifecycle.yaml")


class Move(PolicyPart):
    """What one command does.

    ``to`` is the status it leads to from anywhere, ``to_from`` from certain statuses only;
    without either the status stays. ``needs`` are fields the command must carry.
    """

    allowed_from: Annotated[frozenset[CaseStatus], Field(alias="from", min_length=1)]
    to: CaseStatus | None = None
    to_from: dict[CaseStatus, CaseStatus] = Field(default_factory=dict)
    event: ChangeKind
    needs: tuple[Literal["assignee", "note"], ...] = ()

    def leads_to(self, status: CaseStatus) -> CaseStatus:
        """Return the status after the command, from ``status``."""
        return self.to_from.get(status, self.to or status)


class Lifecycle(PolicyPart):
    """See ``lifecycle.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    commands: dict[CommandKind, Move]
    contact_reopens: frozenset[CaseStatus]


def load_lifecycle(path: Path | None = None) -> Lifecycle:
    """Read and check the life cycle; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Lifecycle, "life cycle", path or SHIPPED)
