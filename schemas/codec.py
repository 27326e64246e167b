"""Bytes to records and back; the only place where either happens.

JSON in UTF-8, absent rather than null, field order as declared, so that the same
record always gives the same bytes.
"""

from typing import Final, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import from_json

from schemas.errors import MalformedRecordError
from schemas.reading import short_reader
from schemas.record import READING, Record

R = TypeVar("R", bound=Record)

MAX_VALUE_BYTES: Final = 256 * 1024
"""Largest value any consumer accepts; the longest legal text (20,000 characters of
four UTF-8 bytes, escaped or not) and its facts fit well inside."""


def encode(record: Record) -> bytes:
    """Return the wire form of ``record``; fields carried from a newer producer included."""
    return record.__pydantic_serializer__.to_json(record, exclude_none=True)


def decode(kind: type[R], value: bytes | None, only: tuple[str, ...] = ()) -> R:
    """Read ``value`` as a ``kind``, carrying along fields this version does not know.

    Args:
        only: dotted paths of the fields that the caller needs, where that is not all of them: the
            others may be missing from the record and are not judged. For who neither passes the
            record on nor keeps it.

    Raises:
        MalformedRecordError: the bytes are absent, too long, not JSON or break a rule
            of the record; the error names the first offending field and rule.
    """
    if value is None:
        raise MalformedRecordError("", "missing_value", "the message has no value")
    if len(value) > MAX_VALUE_BYTES:
        raise MalformedRecordError(
            "", "value_too_long", f"{len(value)} bytes, at most {MAX_VALUE_BYTES} are allowed"
        )
    if is_ordinary(value):
        try:
            return cast("R", short_reader(kind, only).validate_json(value))
        except ValidationError:
            pass  # out of the ordinary, or wrong: the long way tells
    return _decode_the_long_way(kind, value)


def is_ordinary(value: bytes) -> bool:
    """Return whether the short way may be tried: there is no null outside of quotes, which the
    long way drops, and no number that is none."""
    has_no_number = b"NaN" in value or b"Infinity" in value
    return not has_no_number and value.count(b"null") == value.count(b'"null"')


def _decode_the_long_way(kind: type[R], value: bytes) -> R:
    try:
        content = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedRecordError("", "json_invalid", f"Invalid JSON: {error}") from None
    try:
        return kind.model_validate(content, context=READING)
    except ValidationError as error:
        raise malformed(error) from None


def malformed(error: ValidationError) -> MalformedRecordError:
    """Turn pydantic's report into ours: first field, its rule, a sentence without the value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return MalformedRecordError(field, first["type"], first["msg"])
