"""Records about a contact: what someone sent us, and what dedup made of it."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.personal import Sealed
from schemas.record import Id, Instant, Number, Part, Reason, Record, Whole, open_word
from schemas.vocabulary import Channel, Relation

MAX_TEXT: Final = 20_000
"""Longest complaint text in characters. A letter of ten pages fits; a log file does not."""
MOST_UNKEPT: Final = 10_000
MOST_NAMED: Final = 10
"""Files of a mail that are counted, and named."""


class Role(StrEnum):
    """What the complainant is to the parcel. Closed."""

    SENDER = "sender"
    RECEIVER = "receiver"
    OTHER = "other"


class Facts(Part):
    """What the contact states beside its text; every field may be absent."""

    waybill: Annotated[str, Field(max_length=64)] | None = None
    """As given by the customer: not normalised, may be mistyped."""
    role: Role | None = None
    declared_value_cny: Annotated[Number, Field(ge=0, le=1e9)] | None = None
    prior_contacts: Annotated[Whole, Field(ge=0, le=10_000)] | None = None
    goods: Annotated[str, Field(max_length=200)] | None = None
    remedy_sought: Annotated[str, Field(max_length=400)] | None = None
    earlier_result: Annotated[str, Field(max_length=400)] | None = None
    """What an earlier complaint to the company about this matter led to."""
    posted_at: Instant | None = None
    product: Annotated[str, Field(max_length=40)] | None = None
    """The postal product, e.g. ``express`` or ``registered``."""
    postage_cny: Annotated[Number, Field(ge=0, le=1e6)] | None = None
    insured_cny: Annotated[Number, Field(ge=0, le=1e9)] | None = None
    """The insured value; absent or 0 when the parcel was not insured."""
    language: Annotated[str, Field(max_length=10)] | None = None
    jurisdiction: Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")] | None = None
    """Whose law the contact is under (CN, EU, GB, US, AU), where whoever sends it knows: it
    counts before the network's own and before the addresses."""
    origin: Annotated[str, Field(max_length=80)] | None = None
    destination: Annotated[str, Field(max_length=80)] | None = None
    hub: Annotated[str, Field(max_length=80)] | None = None
    operator: Annotated[str, Field(max_length=80)] | None = None


class Unkept(Part):
    """What hung on a mail and was not kept: people are told that there was something."""

    count: Annotated[Whole, Field(ge=1, le=MOST_UNKEPT)]
    size: Annotated[Whole, Field(ge=0)]
    """Bytes of all of it, as files: in a mail they are written longer."""
    names: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=80)], ...],
        Field(max_length=MOST_NAMED, repr=False),
    ] = ()
    """Of the first files that have one, without what cannot be seen."""


class ContactReceived(Record):
    """Somebody contacted us; Kafka has it. Topic ``complaints.received.v1``.

    ``received_at`` is when the contact reached the company (a letter's stamp, a call's
    time) and starts legal time limits; ``accepted_at`` is when the API took it.
    """

    v: Literal[1] = 1
    contact_id: Id
    received_at: Instant
    accepted_at: Instant
    channel: Channel
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT, repr=False)]
    facts: Facts = Facts()
    person: Id | None = None
    """Blind index of the complainant; absent when anonymous."""
    aliases: tuple[Id, ...] = ()
    """Blind indexes of the same complainant by what else was given: phone, e-mail."""
    personal: Sealed | None = None
    reply_to: Id | None = None
    """The case that this answers, where we know it: a reply to one of our notices."""
    unkept: Unkept | None = None
    """Absent where all was kept."""
    tracking: Id
    """The code under which the customer follows the matter: an HMAC, not guessable."""


class LikeCase(Part):
    """A case that may be the same matter; whether it is a person decides."""

    case_id: Id
    confidence: Annotated[Number, Field(ge=0, le=1)]
    rule: Annotated[str, Field(min_length=1, max_length=80)]


class ContactDeduplicated(Record):
    """A contact has its case. Topic ``complaints.deduplicated.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    contact: ContactReceived
    relation: Annotated[Relation, open_word(Relation)]
    waybill_index: Id | None = None
    """Blind index of the normalised waybill that the decision used."""
    confidence: Annotated[Number, Field(ge=0, le=1)] = 1.0
    reasons: tuple[Reason, ...] = ()
    perhaps: tuple[LikeCase, ...] = ()
    """Cases that are too like for chance and not like enough to join; the likest first."""
    policy: Annotated[str, Field(max_length=40)]
    """Version of the dedup policy that decided."""
    decided_at: Instant
