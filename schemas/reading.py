"""The short way from bytes to a record, for what is as it should be: nearly everything.

A record's own validation has Python steps in every part of it (unknown fields, open
vocabularies) that only matter for records which are out of the ordinary. Without them the whole
of it runs in pydantic's compiled core, three times as fast. What the short way refuses is
judged again the long way, which has the last word and the good errors.
"""

from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from schemas.record import is_for_making

_OPAQUE: Final = frozenset({"metadata", "serialization", "cls", "config", "default", "function"})
"""Entries of a core schema that hold no core schema."""


@cache
def short_reader(kind: type[BaseModel]) -> SchemaValidator:
    """Return the validator of ``kind`` without its steps for the extraordinary.

    It must not take the ready validators of nested parts: those have these steps.
    """
    return SchemaValidator(_shortened(kind.__pydantic_core_schema__), _use_prebuilt=False)


def _shortened(schema: Any) -> Any:
    if isinstance(schema, dict):
        if schema.get("type") == "function-before" and is_for_making(
            schema["function"]["function"]
        ):
            return _shortened(schema["schema"])
        return {
            name: value if name in _OPAQUE else _shortened(value) for name, value in schema.items()
        }
    if isinstance(schema, list):
        return [_shortened(one) for one in schema]
    return schema
