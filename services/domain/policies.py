"""Policy files: YAML checked whole against a model at load, or refused with the reason."""

from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from services.domain.errors import SettingsError

P = TypeVar("P", bound=BaseModel)
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same reader in C is six to nine times as fast; a build without it only starts later."""


class PolicyPart(BaseModel):
    """A piece of a policy: frozen, and a misspelt field is an error, not a rule without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def parse_yaml(text: str) -> Any:
    """Return what a YAML text says; plain data only.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    return yaml.load(text, Loader=_LOADER)


def load_policy_file(kind: type[P], name: str, path: Path) -> P:
    """Read the policy called ``name`` (for messages) from ``path``.

    Raises:
        SettingsError: the file cannot be read, is not YAML or breaks the model; the message
            names the file, the field and the rule.
    """
    try:
        return kind.model_validate(parse_yaml(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"{name} {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name} {path} is not YAML in UTF-8: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "whole"
        raise SettingsError(f"{name} {path}: {field}: {first['msg']}") from None
