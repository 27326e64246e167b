"""The short way from bytes to a record, for what is as it should be: nearly everything.

What it refuses is judged again the long way, which has the last word and the good errors.
"""

from functools import cache

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from schemas.shortening import short_reader_of


@cache
def short_reader(kind: type[BaseModel], fields: tuple[str, ...] = ()) -> SchemaValidator:
    """Return the validator of ``kind`` without its steps for the extraordinary; with ``fields``
    (dotted paths) one that reads these alone."""
    return short_reader_of(kind.__pydantic_core_schema__, fields)
