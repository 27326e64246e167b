"""What a collection and an index of :mod:`services.adapters.mongo_layout` are described by."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Index:
    """An index beside ``_id``; ``why`` names the read or the rule it serves."""

    name: str
    keys: tuple[tuple[str, int], ...]
    why: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """A collection; ``key`` says in words what its ``_id`` is and what that makes unique."""

    name: str
    key: str
    indexes: tuple[Index, ...] = ()
