"""What ties a case to its incident: both name it (ADR 0027)."""

from typing import Annotated

from pydantic import Field

from schemas.record import Id, Part, open_word
from schemas.scores import Level
from schemas.vocabulary import Category

Hub = Annotated[str, Field(min_length=1, max_length=80)]


class IncidentLink(Part):
    """Where an incident is kept, so that a case's answer finds it, and what holds for its cases."""

    hub: Hub
    category: Annotated[Category, open_word(Category)]
    level: Level
    """Of the incident: its open cases have at least this."""
    policy: Annotated[str, Field(max_length=40)] | None = None
    """The version of the policy by which it has that level; none where a person set it."""
    who: Id | None = None
    """The complainant that the case was found by; of an anonymous one the contact."""
