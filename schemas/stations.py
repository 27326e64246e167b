"""Stations and hubs of ours that a case names: their own teams never have it alone (ADR 0063)."""

from typing import Annotated, Final

from pydantic import Field

from schemas.record import Part

MAX_STATIONS: Final = 8
"""Stations that a record lists; beyond them the last entry is :data:`OTHERS`."""
OTHERS: Final = "*"
"""Stands for every station that has a team of its own: more were named than are listed."""

StationName = Annotated[str, Field(min_length=1, max_length=80)]
_Team = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")]


class NamedStation(Part):
    """A station, and whose own it is."""

    station: StationName
    teams: Annotated[tuple[_Team, ...], Field(max_length=8)] = ()
    """Teams whose own station it was when it was named."""
    is_about: bool = False
    """What was complained of is the station's or its staff's doing; nothing takes that back."""


Stations = Annotated[tuple[NamedStation, ...], Field(max_length=MAX_STATIONS)]
