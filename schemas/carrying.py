"""Records that carry another record whole: read as far as is needed, written around its bytes.

A worker in the middle of the pipeline adds its decision to what came in. It looks at a few fields
of that (an *extract*) and passes all of it on as it stands: neither to build a hundred objects
nor to write them out again would change a byte (ADR 0039).
"""

from functools import cache
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import SchemaSerializer

from schemas.codec import decode, encode, is_ordinary
from schemas.reading import short_reader
from schemas.record import Record

MAX_CARRIED_BYTES: Final = 128 * 1024
"""Longer values are written anew: with escapes and spaces of others around every character,
they might be too long for the next reader only because they were carried."""


class Extract(BaseModel):
    """What somebody looks at of a record; fields have the names and rules that they have there."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        from_attributes=True,
    )

    of: ClassVar[type[Record]]
    """The record; set where the extract is of a whole one."""


X = TypeVar("X", bound=Extract)


class Carried(NamedTuple, Generic[X]):
    """A record as it came in."""

    seen: X
    whole: bytes
    """All of it, as the next reader is to read it."""


def read_extract(kind: type[X], value: bytes | None) -> Carried[X]:
    """Read of ``value`` what ``kind`` looks at.

    The rest is not judged here but by whoever uses it: dedup judged it whole before, and cases do
    again. What is out of the ordinary (nulls, words of a newer version) is read and written whole.

    Raises:
        MalformedRecordError: as :func:`schemas.codec.decode` does.
    """
    if value is not None and len(value) <= MAX_CARRIED_BYTES and is_ordinary(value):
        try:
            return Carried(short_reader(kind).validate_json(value), value)
        except ValidationError:
            pass  # the long way tells what is wrong
    record = decode(kind.of, value)
    return Carried(kind.model_validate(record), encode(record))


class Envelope:
    """Writes records of one ``kind`` around the bytes of what they carry in the field ``carried``:
    the same bytes as encoding the record made of both."""

    def __init__(self, kind: type[Record], carried: str) -> None:
        self._carried = carried
        self._fields = [
            (name, f',"{name}":'.encode(), None if name == carried else _serializer(kind, name))
            for name in kind.model_fields
        ]
        self._defaults = {
            name: field.default
            for name, field in kind.model_fields.items()
            if not field.is_required()
        }

    def around(self, carried: bytes, values: dict[str, Any]) -> bytes:
        """Return the record with ``carried`` and the ``values`` of its other fields, which are as
        the record would hold them; those left out have their defaults."""
        values = self._defaults | values
        pieces: list[bytes] = []
        for name, label, serializer in self._fields:
            if serializer is None:
                pieces += (label, carried)
            elif (value := values[name]) is not None:
                pieces += (label, serializer.to_json(value, exclude_none=True))
        return b"{" + b"".join(pieces)[1:] + b"}"


@cache
def _serializer(kind: type[Record], name: str) -> SchemaSerializer:
    field = kind.model_fields[name]
    return TypeAdapter(field.rebuild_annotation()).serializer
