"""Contacts from JSON lines, as the command line reads them: labels beside the contact or not."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.contacts import MAX_TEXT
from schemas.vocabulary import Category, Cause, Channel
from services.severity.logic import Contact


class Line(BaseModel):
    """One line; fields that severity does not use (waybill, customer …) are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str = Field(min_length=1, max_length=80)
    text: str = Field(min_length=1, max_length=MAX_TEXT)
    channel: Channel | None = None
    lang: str | None = Field(default=None, max_length=10)
    declared_value_cny: float | None = Field(default=None, ge=0, le=1e9, allow_inf_nan=False)
    prior_contacts: int | None = Field(default=None, ge=0, le=10_000)
    goods: str | None = Field(default=None, max_length=200)

    def contact(self) -> Contact:
        """Return what is to be judged."""
        return Contact(
            self.text,
            self.channel,
            self.declared_value_cny,
            self.prior_contacts or 0,
            self.goods,
        )


class LabelledLine(Line):
    """A line with the labels that people gave it."""

    category: Category
    cause: Cause
    level: int = Field(ge=1, le=4)


L = TypeVar("L", bound=Line)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read: which one, which field, which rule."""

    number: int
    field: str
    rule: str
    problem: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.field or 'line'}: {self.rule}: {self.problem}"


@overload
def read_lines(source: Iterable[bytes]) -> Iterator[Line | BadLine]: ...
@overload
def read_lines(source: Iterable[bytes], kind: type[L]) -> Iterator[L | BadLine]: ...
def read_lines(source: Iterable[bytes], kind: type[Line] = Line) -> Iterator[Line | BadLine]:
    """Yield each line that is not empty as ``kind``, or what is wrong with it."""
    for number, raw in enumerate(source, 1):
        if raw.strip():
            yield _read(number, raw, kind)


def _read(number: int, raw: bytes, kind: type[Line]) -> Line | BadLine:
    try:
        content: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return BadLine(number, "", "json_invalid", "not a JSON value")
    if not isinstance(content, dict):
        return BadLine(number, "", "not_an_object", "a JSON object is expected")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))
        return BadLine(number, field, first["type"], first["msg"])
