"""Settings as environment variables: the way a child process gets them."""

import os
from pathlib import Path

from pydantic import SecretStr

from services.runtime.settings import Settings


def environment_of(settings: Settings, **changes: object) -> dict[str, str]:
    """Return a child's whole environment: ours, with every COMPLAINTS_* as in ``settings``.

    ``changes`` win over ``settings``; what is None stays unset. A variable of ours that
    ``settings`` does not know is left out, so that no child depends on a leftover.
    """
    values = {name: getattr(settings, name) for name in Settings.model_fields} | changes
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("COMPLAINTS_")
    }
    ours = {
        f"COMPLAINTS_{name.upper()}": _written(value)
        for name, value in values.items()
        if value is not None
    }
    return inherited | ours


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    return str(value)
