"""What severity looks at of a contact; all else passes by it unread (ADR 0039)."""

from typing import Annotated

from pydantic import Field

from schemas.carrying import Extract
from schemas.contacts import MAX_TEXT, ContactDeduplicated
from schemas.record import Id, Number, Tenant, Whole
from schemas.vocabulary import Channel


class SeenFacts(Extract):
    """See :class:`schemas.contacts.Facts`."""

    declared_value_cny: Annotated[Number, Field(ge=0, le=1e9)] | None = None
    prior_contacts: Annotated[Whole, Field(ge=0, le=10_000)] | None = None
    goods: Annotated[str, Field(max_length=200)] | None = None


class SeenContact(Extract):
    """See :class:`schemas.contacts.ContactReceived`."""

    channel: Channel
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT, repr=False)]
    facts: SeenFacts = SeenFacts()


class SeenDeduplicated(Extract):
    """See :class:`schemas.contacts.ContactDeduplicated`."""

    of = ContactDeduplicated

    tenant: Tenant
    case_id: Id
    contact: SeenContact
