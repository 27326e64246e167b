"""What a node of the tree asks of a contact."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final

from pydantic import AfterValidator, Field, field_validator, model_validator

from services.domain.places import place_key
from services.domain.policies import PolicyPart

Subject = Mapping[str, str | int | float | bool | frozenset[str] | None]
"""What matchers look at: field name to value, places and languages in their one form;
``waybill`` is the normalised number, what is read for words is in lower case, ``partner`` has
every part of the way that another operator serves. None or absent is not known, and no test
holds for it."""

Words = frozenset[str]
RANGES: Final = (
    "declared_value_cny",
    "insured_cny",
    "postage_cny",
    "prior_contacts",
    "days_since_posted",
    "confidence",
)
READ: Final = ("goods", "remedy_sought", "earlier_result")
"""Fields of words: a test holds where one of its words stands in them."""
SEVERAL: Final = "partner"
"""The field that has several values at once."""


def language_key(language: str) -> str:
    """Return the language of a tag with a region or a script: ``zh-CN`` is ``zh``."""
    return language.replace("_", "-").split("-")[0].lower()


def _places(words: Words | None) -> Words | None:
    return None if words is None else frozenset(map(place_key, words))


Places = Annotated[Words | None, AfterValidator(_places)]


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
    origin: Places = None
    destination: Places = None
    hub: Annotated[Places, Field(description="Hubs and stations.")] = None
    operator: Words | None = None
    jurisdiction: Annotated[
        Words | None, Field(description="Whose law holds: a country's code, as CN.")
    ] = None
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
    insured_cny: Range | None = None
    postage_cny: Range | None = None
    prior_contacts: Range | None = None
    days_since_posted: Annotated[
        Range | None, Field(description="Days from the posting to our taking the contact in.")
    ] = None
    confidence: Annotated[
        Range | None, Field(description="Of the score, from 0 to 1; see also `unsure`.")
    ] = None
    goods: Annotated[Words | None, Field(description="Any of them inside the goods named.")] = None
    remedy_sought: Annotated[Words | None, Field(description="Any of them inside it.")] = None
    earlier_result: Annotated[Words | None, Field(description="Any of them inside it.")] = None
    waybill_pattern: str | None = None

    @field_validator("language")
    @classmethod
    def _without_regions(cls, words: Words | None) -> Words | None:
        return None if words is None else frozenset(map(language_key, words))

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
            elif isinstance(given, frozenset) and name not in READ:
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
    def read(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The words to be found in a field, in lower case, as (field, words)."""
        given = ((name, getattr(self, name)) for name in READ)
        return tuple((name, tuple(sorted(map(str.casefold, one)))) for name, one in given if one)

    @property
    def has_text_tests(self) -> bool:
        """Whether something can only be told by looking at the contact's words."""
        return bool(self.read) or self.waybill is not None

    def fits_text(self, subject: Subject) -> bool:
        """Return whether the waybill and the fields of words are as asked."""
        if self.waybill is not None:
            waybill = subject.get("waybill")
            if not isinstance(waybill, str) or self.waybill.search(waybill) is None:
                return False
        for name, words in self.read:
            text = subject.get(name)
            if not isinstance(text, str) or not any(word in text for word in words):
                return False
        return True

    def fits(self, subject: Subject) -> bool:
        """Return whether everything that is asked holds."""
        return (
            all(_accepts(words, subject.get(field)) for field, words in self.tests)
            and all(one.holds(subject.get(field)) for field, one in self.ranges)
            and self.fits_text(subject)
        )


def _accepts(words: frozenset[str] | frozenset[int], value: object) -> bool:
    return bool(words & value) if isinstance(value, frozenset) else value in words
