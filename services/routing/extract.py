"""What routing looks at of a contact and its score; all else passes by it unread (ADR 0039)."""

from typing import Annotated

from pydantic import Field

from schemas.carrying import Extract
from schemas.contacts import MAX_TEXT, Role
from schemas.record import Id, Instant, Number, Tenant, Whole, open_word
from schemas.scores import ContactScored, Level
from schemas.vocabulary import Category, Cause, Channel, Nature, Relation


class SeenFacts(Extract):
    """See :class:`schemas.contacts.Facts`."""

    waybill: Annotated[str, Field(max_length=64)] | None = None
    role: Role | None = None
    declared_value_cny: Annotated[Number, Field(ge=0, le=1e9)] | None = None
    prior_contacts: Annotated[Whole, Field(ge=0, le=10_000)] | None = None
    goods: Annotated[str, Field(max_length=200)] | None = None
    remedy_sought: Annotated[str, Field(max_length=400)] | None = None
    earlier_result: Annotated[str, Field(max_length=400)] | None = None
    postage_cny: Annotated[Number, Field(ge=0, le=1e6)] | None = None
    insured_cny: Annotated[Number, Field(ge=0, le=1e9)] | None = None
    product: Annotated[str, Field(max_length=40)] | None = None
    language: Annotated[str, Field(max_length=10)] | None = None
    origin: Annotated[str, Field(max_length=80)] | None = None
    destination: Annotated[str, Field(max_length=80)] | None = None
    hub: Annotated[str, Field(max_length=80)] | None = None
    operator: Annotated[str, Field(max_length=80)] | None = None
    posted_at: Instant | None = None
    jurisdiction: Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")] | None = None


class SeenContact(Extract):
    """See :class:`schemas.contacts.ContactReceived`."""

    accepted_at: Instant
    channel: Channel
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT, repr=False)]
    facts: SeenFacts = SeenFacts()


class SeenDeduplicated(Extract):
    """See :class:`schemas.contacts.ContactDeduplicated`."""

    contact: SeenContact
    relation: Annotated[Relation, open_word(Relation)]


class SeenScore(Extract):
    """See :class:`schemas.scores.Score`."""

    category: Annotated[Category, open_word(Category)]
    nature: Annotated[Nature, open_word(Nature)]
    cause: Annotated[Cause, open_word(Cause)]
    level: Level
    confidence: Annotated[Number, Field(ge=0, le=1)]
    unsure: bool = False


class SeenScored(Extract):
    """See :class:`schemas.scores.ContactScored`."""

    of = ContactScored

    tenant: Tenant
    case_id: Id
    deduplicated: SeenDeduplicated
    score: SeenScore
