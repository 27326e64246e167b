"""Records about notices: what should be told to whom, and how that ended."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.receipts import ReceiptEvent
from schemas.record import Id, Instant, Part, Record, Whole, Word, open_word

_HOUR = r"^([01]\d|2[0-3]):[0-5]\d$"


class QuietHours(Part):
    """Hours of the day in which a recipient is left alone, by the clock of ``zone``; over midnight
    where they begin later than they end."""

    begins: Annotated[str, Field(pattern=_HOUR)]
    ends: Annotated[str, Field(pattern=_HOUR)]
    zone: Annotated[str, Field(min_length=1, max_length=40)]


class NoticeRequested(Record):
    """Somebody is to be told something. Topic ``notifications.requested.v1``, keyed by case.

    Holds no address and no text: ``sender`` takes the address from the sealed part of the
    contact and the words from the template, at the last moment.
    """

    v: Literal[1] = 1
    case_id: Id
    notice_id: Id
    """The same decision always has the same id; claims and providers deduplicate by it."""
    case_seq: Annotated[Whole, Field(ge=1)]
    """The change of the case that this is about."""
    kind: Annotated[NoticeKind, open_word(NoticeKind)]
    recipient: Annotated[str, Field(min_length=1, max_length=100)]
    """``contact:<contact id>`` for its complainant, ``team:<id>``, ``clerk:<id>`` or
    ``partner:<id>``."""
    channel: Annotated[NoticeChannel, open_word(NoticeChannel)]
    fallback: tuple[Annotated[NoticeChannel, open_word(NoticeChannel)], ...] | None = None
    """Over what to try next, in order, when ``channel`` does not reach the recipient. Absent:
    the sender's policy says; empty: nothing else."""
    language: Annotated[str, Field(max_length=10)] = "zh"
    mandatory: bool = True
    passes_caps: bool | None = None
    """It is about a grave case or the legal limit: it goes however much its address got lately,
    as what is mandatory does. Absent: it does not say so."""
    template: Annotated[str, Field(max_length=80)]
    reason: Annotated[str, Field(max_length=80)]
    """The rule that asked for it."""
    requested_at: Instant
    policy: Word | None = None
    """The version of the table of notices that the rule stands in."""
    incident_id: Id | None = None
    """The incident that the case is part of; a digest tells of the cases of one."""
    not_before: Instant | None = None
    """Held until then: quiet hours of the recipient, or the end of the time that a digest
    covers. It is sent when a receipt ``due`` says that it is time, never before."""
    quiet: QuietHours | None = None
    """When its recipient is left alone: whatever held it up, no attempt is begun then. Absent: it
    goes at any hour."""


class NoticeSettled(Record):
    """How a notice ended, or that nothing was sent and why; with the states ``requested`` and
    ``claimed`` a step on the way, written when the end is.
    Topic ``notifications.settled.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    notice_id: Id
    kind: Annotated[NoticeKind, open_word(NoticeKind)]
    recipient: Annotated[str, Field(min_length=1, max_length=100)]
    channel: Annotated[NoticeChannel, open_word(NoticeChannel)]
    state: Annotated[NoticeState, open_word(NoticeState)]
    attempts: Annotated[Whole, Field(ge=0)]
    """More than one means that it may have reached its receiver twice."""
    reason: Annotated[str, Field(max_length=80)] | None = None
    rule: Word | None = None
    """On a decision that nobody is told: the rule that asked for it."""
    mandatory: bool | None = None
    """On an end that reached nobody: whether the recipient had to be told. Absent: not."""
    policy: Word | None = None
    incident_id: Id | None = None
    """The incident that the case was part of when it was decided."""
    digest: Id | None = None
    """On a notice that was bundled: the notice that tells of it with others."""
    digest_due: Instant | None = None
    """And when that one is due."""
    digest_fallback: tuple[Annotated[NoticeChannel, open_word(NoticeChannel)], ...] | None = None
    """And over what next, as ``fallback`` of a request."""
    digest_quiet: QuietHours | None = None
    """And when its recipient is left alone, as ``quiet`` of a request."""
    texts: Word | None = None
    """The edition of the words that were sent or tried: version and digest."""
    epoch: Annotated[Whole, Field(ge=0)] = 0
    """0 for the first end. What is learnt later (a receipt, a bounce, a person's word) is an end
    with a higher number, and takes the place of those before it."""
    at: Instant


class NoticeReceipt(Record):
    """What a provider or a person says of a notice that was handed over.
    Topic ``notifications.receipts.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    notice_id: Id
    attempt: Annotated[Whole, Field(ge=1)] | None = None
    """The attempt that it is about; a person's word is about all up to this one."""
    event: Annotated[ReceiptEvent, open_word(ReceiptEvent)]
    said_by: Annotated[str, Field(min_length=1, max_length=60)]
    """``provider:<name>``, ``clerk:<id>``, ``customer`` for what the receiver chose himself, or
    ``system`` for a time that has come."""
    reason: Annotated[str, Field(max_length=80)] | None = None
    """The provider's code; never its text, which may quote an address. With the event ``due``: why
    the notice is not sent any more."""
    at: Instant
    received_at: Instant
