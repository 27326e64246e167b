"""Where a case belongs, from what its first contact states: data in ``places.yaml``. Pure.

Most specific first: the contact's own word, the network's, the address, the default. What is not
recognised stays unknown, and a limit that asks for it does not hold.
"""

import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from schemas.contacts import Facts, Role
from schemas.places import CasePlace, Country, PlaceWord, Reach
from services.domain.policies import PolicyPart, load_policy_file

SHIPPED: Final = Path(__file__).with_name("places.yaml")
Spellings = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class CountryRow(PolicyPart):
    """How a country is written, and whose limits are its own."""

    jurisdiction: Country | None = None
    crossing: Literal[Reach.INTERNATIONAL, Reach.UNKNOWN] = Reach.INTERNATIONAL
    """What a parcel is that goes there from another country; unknown: the rules were not read."""
    spellings: Spellings


class ProvinceRow(PolicyPart):
    """How a province and its cities are written."""

    spellings: Spellings
    cities: dict[PlaceWord, Spellings] = Field(default_factory=dict)


class Address(NamedTuple):
    """What is known of an address; ``country`` is that of ``places.yaml``."""

    country: str
    province: str | None = None
    city: str | None = None


class Places(PolicyPart):
    """See ``places.yaml``."""

    version: Annotated[str, Field(min_length=1, max_length=40)]
    default: Country
    default_product: PlaceWord
    networks: dict[str, Country] = Field(default_factory=dict)
    products: dict[PlaceWord, Spellings]
    countries: dict[Country, CountryRow]
    provinces: dict[Country, dict[PlaceWord, ProvinceRow]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        unknown = sorted(self.provinces.keys() - self.countries.keys())
        if unknown:
            raise ValueError(f"provinces: there is no country {unknown[0]!r}")
        if self.default_product not in self.products:
            raise ValueError(f"default_product: there is no product {self.default_product!r}")
        return self

    def place_of(self, tenant: str, facts: Facts) -> CasePlace:
        """Return where the case of a first contact belongs."""
        origin, destination = self.address(facts.origin), self.address(facts.destination)
        own = origin if facts.role is Role.SENDER else destination
        own = own or destination or origin
        jurisdiction = facts.jurisdiction or self.networks.get(tenant)
        if jurisdiction is None:
            jurisdiction = self.default if own is None else self.under(own)
        is_here = own is not None and self.under(own) == jurisdiction
        return CasePlace(
            jurisdiction=jurisdiction,
            province=own.province if own and is_here else None,
            city=own.city if own and is_here else None,
            product=self.product(facts.product),
            reach=_reach(origin, destination, jurisdiction, self),
            policy=self.version,
        )

    def product(self, stated: str | None) -> str | None:
        """Return the product as limits name it; None for a word that is not known here."""
        if stated is None or not stated.strip():
            return self.default_product
        return self.names.get(stated.strip().casefold())

    def address(self, text: str | None) -> Address | None:
        """Return what is known of an address; None when nothing in it is recognised."""
        return self.known(text.casefold()) if text else None

    def under(self, address: Address) -> str:
        """Return whose limits count at an address: a country without any is its own."""
        return self.countries[address.country].jurisdiction or address.country

    @cached_property
    def names(self) -> dict[str, str]:
        """Products by their spellings."""
        return {way.casefold(): name for name, ways in self.products.items() for way in ways}

    @cached_property
    def known(self) -> Callable[[str], Address | None]:
        """Looks an address up in lower case; the same ones come again and again."""
        spellings = self._spellings()

        @lru_cache(maxsize=8192)
        def look_up(text: str) -> Address | None:
            found = [
                # Of equally long ones the city's, then the last: 中国香港 is not in the mainland.
                (len(way), at.city is not None, text.rfind(way), at)
                for way, at in spellings
                if way in text and _stands_in(way, text)
            ]
            return max(found, key=lambda one: one[:3])[3] if found else None

        return look_up

    def _spellings(self) -> tuple[tuple[str, Address], ...]:
        known = [
            (way, Address(code)) for code, row in self.countries.items() for way in row.spellings
        ]
        for code, provinces in self.provinces.items():
            for name, row in provinces.items():
                known += [(way, Address(code, name)) for way in row.spellings]
                for city, ways in row.cities.items():
                    known += [(way, Address(code, name, city)) for way in ways]
        return tuple((way.casefold(), address) for way, address in known)


def _stands_in(spelling: str, text: str) -> bool:
    """A Chinese name may stand anywhere, another one as a whole word."""
    return not spelling.isascii() or re.search(rf"\b{re.escape(spelling)}\b", text) is not None


def _reach(
    origin: Address | None, destination: Address | None, jurisdiction: str, places: Places
) -> Reach:
    """Of a parcel of which one address is known: whether that one lies abroad."""
    ends = [one for one in (origin, destination) if one is not None]
    crossing = [places.countries[one.country].crossing for one in ends]
    crosses = Reach.UNKNOWN if Reach.UNKNOWN in crossing else Reach.INTERNATIONAL
    if not ends:
        return Reach.UNKNOWN
    if len(ends) == 1:
        return crosses if places.under(ends[0]) != jurisdiction else Reach.UNKNOWN
    if ends[0].country != ends[1].country:
        return crosses
    if ends[0].city is not None and ends[0] == ends[1]:
        return Reach.SAME_CITY
    return Reach.DOMESTIC


def load_places(path: Path | None = None) -> Places:
    """Read and check the places; the shipped ones without ``path``.

    Raises:
        SettingsError: naming the file, the field and the rule.
    """
    return load_policy_file(Places, "places", path or SHIPPED)
