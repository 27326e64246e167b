"""The words of notices: what is told, over what, and how it ended. Open vocabularies, as in
``schemas.vocabulary``."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What somebody is told. Open."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PROGRESS = "progress"
    RESULT = "result"
    SURVEY = "survey"
    ASSIGNED = "assigned"
    WARNING = "warning"
    BREACH = "breach"
    ESCALATION = "escalation"
    TASK = "task"
    """A clerk is to tell the customer how the matter stands."""
    ENQUIRY = "enquiry"
    """A partner is asked for what a case waits for."""
    PAYMENT_FAILED = "payment_failed"
    """Money that the customer counts on did not go: it is to be decided anew."""
    PAYMENT_UNANSWERED = "payment_unanswered"
    """Nobody knows whether money that the customer counts on went: the payer is to be asked."""
    DIGEST = "digest"
    """Many notices in one."""
    UNKNOWN = "unknown"


class NoticeChannel(StrEnum):
    """Over what somebody is told. Open."""

    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    """A call in which a voice reads the text."""
    PUSH = "push"
    """A message in the company's app."""
    CHAT = "chat"
    """A team's or a clerk's group in a company messenger."""
    LETTER = "letter"
    WEBHOOK = "webhook"
    NONE = "none"
    UNKNOWN = "unknown"


class NoticeState(StrEnum):
    """Where a notice stands, and how it ended. Open; the word ``unknown`` is also the honest
    answer of a provider that did not say whether it sent."""

    REQUESTED = "requested"
    """A step, no end: it was decided that somebody is told."""
    CLAIMED = "claimed"
    """A step, no end: a sender was about to ask a provider."""
    SENT = "sent"
    DELIVERED = "delivered"
    """The provider says that it arrived."""
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
