"""Validators without their steps for the extraordinary: for nearly every record all it needs.

A record's own validation has Python steps in every part of it (unknown fields, open
vocabularies, dates in any writing) that only matter for records which are out of the ordinary.
Without them the whole of it runs in pydantic's compiled core, two to three times as fast. A short
way refuses what it is not made for; the long way judges that again and has the last word.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_core import CoreSchema, SchemaValidator

Step = Callable[..., Any]
Tree = dict[str, Any]
"""Names of fields, and below each those of its part that are wanted; none: all of it."""

_SKIPPED: Final[set[Step]] = set()
_REPLACED: Final[dict[Step, Step]] = {}
_OPAQUE: Final = frozenset({"metadata", "serialization", "cls", "config", "default", "function"})
"""Entries of a core schema that hold no core schema."""
_IN_UTC: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII).fullmatch


def skip(step: Step) -> Step:
    """Say that ``step`` changes nothing of a record in which every field and word is known and
    nothing is null."""
    _SKIPPED.add(step)
    return step


def replace(step: Step, shorter: Step) -> None:
    """Say that ``shorter`` does what ``step`` and all that is inside of it does, or refuses."""
    _REPLACED[step] = shorter


def ordinary_instant(value: Any) -> datetime:
    """Return an instant that is in UTC, or written as this system writes it.

    >>> ordinary_instant("2026-03-01T09:00:00.5Z") == datetime(2026, 3, 1, 9, 0, 0, 500000, UTC)
    True

    Raises:
        ValueError: it is anything else, which may be an instant as well.
    """
    if isinstance(value, str):
        if _IN_UTC(value):
            return datetime.fromisoformat(value)
    elif type(value) is datetime and value.tzinfo is UTC:
        return value
    raise ValueError("not as usual")


def short_reader_of(schema: CoreSchema, fields: Sequence[str] = ()) -> SchemaValidator:
    """Return the validator that is short all the way through; of these ``fields`` only (dotted
    paths), where some are named: the others are passed over.

    It must not take the ready validators of nested parts: those have all steps.
    """
    shortened = _shortened(schema, inside=True, only=_as_tree(fields))
    return SchemaValidator(shortened, _use_prebuilt=False)


def short_maker_of(schema: CoreSchema) -> SchemaValidator:
    """Return the validator that is short for the fields of the record itself; a part that is not
    made yet is judged in full."""
    return SchemaValidator(_shortened(schema, inside=False, only={}), _use_prebuilt=False)


def _as_tree(paths: Sequence[str]) -> Tree:
    """Return dotted paths as a tree; what ends in nothing is wanted whole.

    >>> _as_tree(["a", "b.c", "b.d"])
    {'a': {}, 'b': {'c': {}, 'd': {}}}
    """
    tree: Tree = {}
    for path in paths:
        branch = tree
        for name in path.split("."):
            branch = branch.setdefault(name, {})
    return tree


def _shortened(schema: Any, *, inside: bool, only: Tree, depth: int = 0) -> Any:
    if isinstance(schema, list):
        return [_shortened(one, inside=inside, only=only, depth=depth) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind == "definitions":
        # What several fields share stands apart: a part like any other, and read whole.
        shared = _shortened(schema["definitions"], inside=inside, only={}, depth=depth + 1)
        record = _shortened(schema["schema"], inside=inside, only=only, depth=depth)
        return schema | {"schema": record, "definitions": shared}
    if kind == "model":
        if depth and not inside:
            return schema
        depth += 1
    if kind in ("function-before", "function-after"):
        step = _named(schema)
        if step in _SKIPPED:
            return _shortened(schema["schema"], inside=inside, only=only, depth=depth)
        if step in _REPLACED:
            function = {"type": "no-info", "function": _REPLACED[step]}
            return {"type": "function-plain", "function": function}
    if kind == "model-fields" and only:
        fields = {
            name: _shortened(schema["fields"][name], inside=inside, only=below, depth=depth)
            for name, below in only.items()
        }
        return schema | {"fields": fields, "extra_behavior": "ignore"}
    return {
        name: value if name in _OPAQUE else _shortened(value, inside=inside, only=only, depth=depth)
        for name, value in schema.items()
    }


def _named(schema: Any) -> Step:
    """Return the function of a step; of a class method, the function that all classes share."""
    step: Step = schema["function"]["function"]
    shared: Step = getattr(step, "__func__", step)
    return shared
