"""What a node of the tree asks of a contact."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final

from pydantic import Field, field_validator, model_validator

from services.domain.policies import PolicyPart

Subject = Mapping[str, str | int | float | bool | None]
"""What matchers look at: field name to value; ``waybill`` is the normalised number, ``goods``
in lower case; None or absent is not known, and no test holds for it."""

Words = frozenset[str]
RANGES: Final = ("declared_value_cny", "prior_contacts")


class Range(PolicyPart):
    """From ``at_least`` up to but without ``below``."""

    at_least: Annotated[float, Field(ge=0)] = 0.0
    below: Annotated[float, Field(gt=0)] = float("inf")

    @model_validator(mode="after")
    def _holds_something(self) -> "Range":
        if self.below <= self.at_least:
            raise ValueError("a range needs `at_least` smaller than `below`")
        return self

    def holds(self, value: object) -> bool:
        """Return whether ``value`` is known and inside."""
        return isinstance(value, int | float) and self.at_least <= value < self.below


class Match(PolicyPart):
    """All that are given must hold; within one, any word does."""

    level: frozenset[int] | None = None
    category: Words | None = None
    nature: Words | None = None
    cause: Words | None = None
    channel: Words | None = None
    role: Words | None = None
    relation: Words | None = None
    language: Words | None = None
    product: Words | None = None
    origin: Words | None = None
    destination: Words | None = None
    hub: Annotated[Words | None, Field(description="Hubs and stations.")] = None
    operator: Words | None = None
    region: Annotated[
        Words | None, Field(description="Of the destination, or of the origin if that is unknown.")
    ] = None
    origin_region: Words | None = None
    destination_region: Words | None = None
    partner: Annotated[
        Words | None, Field(description="Parts of the way that another operator serves.")
    ] = None
    cross_region: bool | None = None
    regulator: bool | None = None
    unsure: bool | None = None
    declared_value_cny: Range | None = None
    prior_contacts: Range | None = None
    goods: Annotated[Words | None, Field(description="Any of them inside the goods named.")] = None
    waybill_pattern: str | None = None

    @field_validator("waybill_pattern")
    @classmethod
    def _is_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    @cached_property
    def tests(self) -> tuple[tuple[str, frozenset[str] | frozenset[int]], ...]:
        """The tests for one of several values, as (field, values)."""
        found: list[tuple[str, frozenset[str] | frozenset[int]]] = []
        for name in type(self).model_fields:
            given = getattr(self, name)
            if isinstance(given, bool):
                found.append((name, frozenset({given})))
            elif isinstance(given, frozenset) and name != "goods":
                found.append((name, given))
        return tuple(found)

    @cached_property
    def ranges(self) -> tuple[tuple[str, Range], ...]:
        """The tests for a range, as (field, range)."""
        given = ((name, getattr(self, name)) for name in RANGES)
        return tuple((name, one) for name, one in given if one is not None)

    @cached_property
    def waybill(self) -> re.Pattern[str] | None:
        """``waybill_pattern``, compiled."""
        return re.compile(self.waybill_pattern) if self.waybill_pattern else None

    @cached_property
    def goods_folded(self) -> tuple[str, ...]:
        """``goods`` in lower case."""
        return tuple(sorted(word.casefold() for word in self.goods or ()))

    @property
    def has_text_tests(self) -> bool:
        """Whether something can only be told by looking at the contact's words."""
        return self.goods is not None or self.waybill is not None

    def fits_text(self, subject: Subject) -> bool:
        """Return whether waybill and goods are as asked."""
        if self.waybill is not None:
            waybill = subject.get("waybill")
            if not isinstance(waybill, str) or self.waybill.search(waybill) is None:
                return False
        if self.goods is not None:
            goods = subject.get("goods")
            return isinstance(goods, str) and any(word in goods for word in self.goods_folded)
        return True

    def fits(self, subject: Subject) -> bool:
        """Return whether everything that is asked holds."""
        return (
            all(subject.get(field) in words for field, words in self.tests)
            and all(one.holds(subject.get(field)) for field, one in self.ranges)
            and self.fits_text(subject)
        )
