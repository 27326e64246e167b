"""What every wire record has in common: frozen, strict when made, tolerant when read.

Unknown fields are refused where a record is *made* (the API, a worker's own code) and
carried along where one is *read* (:func:`schemas.codec.decode`), so that an old worker
passes on what a newer one added. The same goes for the words of open vocabularies.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError, SchemaValidator

from schemas.shortening import ordinary_instant, replace, short_maker_of, skip

READING: Final = {"unknown": "carry"}
"""Validation context of a consumer; without it unknown fields and words are refused."""

E = TypeVar("E", bound=StrEnum)
P = TypeVar("P", bound="Part")


def _is_reading(info: ValidationInfo) -> bool:
    return info.context is not None and info.context.get("unknown") == "carry"


def opened(vocabulary: type[E]) -> Callable[[Any, ValidationInfo], Any]:
    """Return a validator that reads a word missing from ``vocabulary`` as ``unknown``."""
    known = frozenset(vocabulary)

    def read(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and value not in known and _is_reading(info):
            return vocabulary("unknown")
        return value

    return skip(read)


def open_word(vocabulary: type[E]) -> BeforeValidator:
    """Annotation of a field whose vocabulary may grow within this version."""
    return BeforeValidator(opened(vocabulary))


_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _refuse_numbers(value: Any) -> Any:
    """Refuse a number of seconds (or milliseconds: pydantic would guess which)."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise PydanticCustomError("datetime_parsing", "Input should be an RFC 3339 date and time")


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_range", "outside the years 1 to 9999 in UTC") from None


replace(_to_utc, ordinary_instant)
Instant = Annotated[AwareDatetime, BeforeValidator(_refuse_numbers), AfterValidator(_to_utc)]
"""An aware point in time, held in UTC whatever offset it was written with."""

Id = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._:-]+$")]
"""An identifier of ours: case, contact, command, person index."""

Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Word = Annotated[str, Field(min_length=1, max_length=80)]
"""Numbers as JSON numbers: pydantic would also take ``"12"`` and ``true``."""

Tenant = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""The courier network whose data this is; part of every record and key."""


class Part(BaseModel):
    """A piece of a record; see the module's rules for unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    if not TYPE_CHECKING:

        def __init__(self, /, **fields: Any) -> None:
            """Make a part: the short way where nothing about it is out of the ordinary."""
            maker, known = _maker(type(self))
            if known.issuperset(fields):
                try:
                    maker.validate_python(fields, self_instance=self)
                except ValidationError:
                    pass  # the long way tells
                else:
                    return
            super().__init__(**fields)

        # Pydantic's mark of an __init__ that only validates: readers need not call it.
        __init__.__pydantic_base_init__ = True

    @model_validator(mode="before")
    @classmethod
    def _refuse_or_carry_unknown_fields(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict):
            return data
        if _is_reading(info):
            # Absent and null are the same on the wire; only one of them can be passed on.
            return {name: value for name, value in data.items() if value is not None}
        unknown = data.keys() - cls.model_fields.keys()
        if unknown:
            raise PydanticCustomError(
                "unknown_field",
                "unknown field {names}; known are {known}",
                {
                    "names": ", ".join(sorted(map(str, unknown)))[:200],
                    "known": ", ".join(cls.model_fields),
                },
            )
        return data


skip(getattr(Part._refuse_or_carry_unknown_fields, "__func__"))  # noqa: B009


@cache
def _maker(kind: type[Part]) -> tuple[SchemaValidator, frozenset[str]]:
    """Return the short way to make a part, and the fields that it knows."""
    return short_maker_of(kind.__pydantic_core_schema__), frozenset(kind.model_fields)


def made(kind: type[P], fields: dict[str, Any]) -> P:
    """Return ``kind(**fields)``, for who makes several for each contact: where nothing is out of
    the ordinary no line of Python runs.

    Raises:
        ValidationError: as making it does.
    """
    maker, known = _maker(kind)
    if known.issuperset(fields):
        try:
            return cast("P", maker.validate_python(fields))
        except ValidationError:
            pass  # the long way tells
    return kind(**fields)


class Record(Part):
    """A whole message value; each subclass is one event and one version of it."""

    tenant: Tenant


class Reason(Part):
    """One ground of a decision: the rule that spoke and what it saw, without personal data."""

    rule: Annotated[str, Field(min_length=1, max_length=80)]
    detail: Annotated[str, Field(max_length=200)] | None = None
    weight: Number | None = None
