"""Whose rules a case is under: a place and a product, coarse enough to outlive personal data."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.record import Part, open_word

PlaceWord = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")]
"""A jurisdiction, as the limits name it: CN, EU, GB, US, AU."""


class Reach(StrEnum):
    """How far a parcel goes. Open."""

    SAME_CITY = "same-city"
    DOMESTIC = "domestic"
    INTERNATIONAL = "international"
    UNKNOWN = "unknown"


class CasePlace(Part):
    """Where a case belongs, worked out once from its first contact; it never changes, so what
    comes later gives no time (ADR 0047)."""

    jurisdiction: Country
    province: PlaceWord | None = None
    city: PlaceWord | None = None
    product: PlaceWord | None = None
    """The postal product, as the limits name it: ``express``, ``registered``, ``mail``."""
    reach: Annotated[Reach, open_word(Reach)] = Reach.UNKNOWN
    policy: Annotated[str, Field(min_length=1, max_length=40)]
    """Version of the places that it was worked out by."""
