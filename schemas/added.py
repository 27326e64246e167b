"""The contact that a change of a case brings."""

from typing import Annotated

from schemas.record import Id, Instant, Part, open_word
from schemas.vocabulary import Channel, Relation


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
