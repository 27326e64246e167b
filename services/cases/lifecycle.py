"""The life cycle as data: loaded once, checked whole."""

from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.vocabulary import CaseStatus, ChangeKind, CommandKind
from services.domain.errors import SettingsError

SHIPPED: Final = Path(__file__).with_name("lifecycle.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Move(_Part):
    """What one command does.

    ``to`` is the status it leads to from anywhere, ``to_from`` from certain statuses only;
    without either the status stays. ``needs`` are fields the command must carry.
    """

    allowed_from: Annotated[frozenset[CaseStatus], Field(alias="from", min_length=1)]
    to: CaseStatus | None = None
    to_from: dict[CaseStatus, CaseStatus] = {}
    event: ChangeKind
    needs: tuple[Literal["assignee", "note"], ...] = ()

    def leads_to(self, status: CaseStatus) -> CaseStatus:
        """Return the status after the command, from ``status``."""
        return self.to_from.get(status, self.to or status)


class Lifecycle(_Part):
    """See ``lifecycle.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    commands: dict[CommandKind, Move]
    contact_reopens: frozenset[CaseStatus]


def load_lifecycle(path: Path | None = None) -> Lifecycle:
    """Read and check the life cycle; the shipped one without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    path = path or SHIPPED
    try:
        lifecycle = Lifecycle.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"life cycle {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"life cycle {path} is not YAML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise SettingsError(f"life cycle {path}: {field}: {first['msg']}") from None
    missing = set(CommandKind) - lifecycle.commands.keys()
    if missing:
        raise SettingsError(f"life cycle {path}: commands: no move for {sorted(missing)}")
    return lifecycle
