"""Policies are read once in a run of tests, as long as their files say the same.

Hundreds of tests put a system of their own together, each with a dozen policies: reading and
checking those took more processor time than what the tests look at. Whoever loads one gets a copy,
in all its parts as it was after loading: what they derive and remember later is their own, and a
change of a copy does not meet what was derived from the original.
"""

import pickle
import sys
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from services.domain import policies

Key = tuple[type[Any], str, Path, bytes]
_MODELS: Final[dict[Key, Any]] = {}
_CONTENTS: Final[dict[str, bytes]] = {}
_LOAD, _PARSE = policies.load_policy_file, policies.parse_yaml


def load_policy_file(kind: type[Any], name: str, path: Path) -> Any:
    """Do as :func:`services.domain.policies.load_policy_file`."""
    try:
        key = (kind, name, path, path.read_bytes())
    except OSError:
        return _LOAD(kind, name, path)
    if key not in _MODELS:
        _MODELS[key] = _LOAD(kind, name, path)
    return _copy_of(_MODELS[key])


def _copy_of(value: Any) -> Any:
    if isinstance(value, BaseModel):
        copy = value.model_copy()
        for name in type(value).model_fields:
            vars(copy)[name] = _copy_of(vars(value)[name])
        return copy
    if type(value) in (list, tuple):
        return type(value)(map(_copy_of, value))
    if type(value) is dict:
        return {key: _copy_of(part) for key, part in value.items()}
    return value


def parse_yaml(text: str) -> Any:
    """Do as :func:`services.domain.policies.parse_yaml`."""
    if text not in _CONTENTS:
        _CONTENTS[text] = pickle.dumps(_PARSE(text))
    return pickle.loads(_CONTENTS[text])


def read_policies_once() -> None:
    """From now on, in this process, also where they were imported by name before."""
    for name, good, ours in (
        ("load_policy_file", _LOAD, load_policy_file),
        ("parse_yaml", _PARSE, parse_yaml),
    ):
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is good and module.__name__ != __name__:
                setattr(module, name, ours)
