"""The contact that a change of a case brings."""

from typing import Annotated, Final

from pydantic import Field

from schemas.record import Id, Instant, Part, Whole, open_word
from schemas.vocabulary import Channel, Relation

MAX_ASKED: Final = 24
"""More than any number of askings that a policy makes a difference of."""
PriorContacts = Annotated[Whole, Field(ge=0, le=10_000)]


class Asked(Part):
    """That a matter was brought up."""

    at: Instant
    prior_contacts: PriorContacts | None = None
    """How often it had been before, elsewhere, by what the contact said."""
    asks: bool | None = None
    """False: of no kind that asks, and kept because it came while the customer was waited for."""


class ContactAdded(Part):
    """The contact that changed a case, without its text."""

    contact_id: Id
    relation: Annotated[Relation, open_word(Relation)]
    channel: Channel
    received_at: Instant
    person: Id | None = None
    waybill_index: Id | None = None
    accepted_at: Instant | None = None
    """When we took it; ``received_at`` is when the customer turned to us."""
    prior_contacts: PriorContacts | None = None
    """Contacts about the matter before this one, as who handed it in knows them."""
    asks: bool | None = None
    """False: it came while the customer was waited for, and is of no kind that asks."""
