"""The words records are written in.

A *closed* vocabulary belongs to the intake boundary: the API refuses other values,
so one that reaches a topic is a producer's defect and goes to the dead letters.
An *open* vocabulary may grow within a version; a consumer that meets a word it does
not know reads it as ``unknown`` (see ``schemas.record.opened``).
"""

from enum import StrEnum


class Channel(StrEnum):
    """How the contact reached us. Closed."""

    PHONE = "phone"
    WEB = "web"
    APP = "app"
    EMAIL = "email"
    WECHAT = "wechat"
    CHAT = "chat"
    SOCIAL = "social"
    SMS = "sms"
    STORE = "store"
    LETTER = "letter"
    REGULATOR = "regulator"


class Role(StrEnum):
    """What the complainant is to the parcel. Closed."""

    SENDER = "sender"
    RECEIVER = "receiver"
    OTHER = "other"


class Relation(StrEnum):
    """How a contact relates to the case it belongs to. Open."""

    NEW = "new"
    REPEAT = "repeat"
    NEW_FACT = "new_fact"
    SECOND_COMPLAINANT = "second_complainant"
    UNKNOWN = "unknown"


class CaseStatus(StrEnum):
    """Where a case stands. Open."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    UNKNOWN = "unknown"


class ChangeKind(StrEnum):
    """What happened to a case, in the past tense. Open."""

    OPENED = "opened"
    CONTACT_ADDED = "contact_added"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    NOTED = "noted"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    LEVEL_RAISED = "level_raised"
    CLOCK_WARNED = "clock_warned"
    CLOCK_BREACHED = "clock_breached"
    ESCALATED = "escalated"
    UNKNOWN = "unknown"


class CommandKind(StrEnum):
    """What a clerk may ask of a case. Closed: refused at the API, dead-lettered on the topic."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    NOTE = "note"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"


class Settlement(StrEnum):
    """How a command ended. Open."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """Why a command was rejected. Open."""

    NO_SUCH_CASE = "no_such_case"
    NOT_ALLOWED_NOW = "not_allowed_now"
    STALE = "stale"
    COMMAND_ID_REUSED = "command_id_reused"
    UNKNOWN = "unknown"


class Category(StrEnum):
    """What went wrong, the main one (12305's statistics names in the labelling guide). Open."""

    DELAY = "delay"
    LOSS = "loss"
    DAMAGE = "damage"
    DELIVERY = "delivery"
    PICKUP = "pickup"
    ATTITUDE = "attitude"
    FEE = "fee"
    INFORMATION = "information"
    PRIVACY = "privacy"
    SAFETY = "safety"
    OTHER = "other"
    UNKNOWN = "unknown"


class Nature(StrEnum):
    """What kind of matter a category is. Open."""

    SERVICE = "service"
    PRODUCT = "product"
    PRICE = "price"
    OTHER = "other"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Who or what is answerable; ``unknown`` also where the text does not say. Open."""

    STAFF = "staff"
    CONTRACTOR = "contractor"
    CUSTOMER = "customer"
    ACCIDENT = "accident"
    FORCE_MAJEURE = "force_majeure"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class ClockName(StrEnum):
    """Which time limit runs. Open."""

    ACKNOWLEDGEMENT = "acknowledgement"
    RESOLUTION = "resolution"
    UNKNOWN = "unknown"


class ClockStage(StrEnum):
    """How far a clock has run. Open."""

    WARN = "warn"
    BREACH = "breach"
    ESCALATE = "escalate"
    UNKNOWN = "unknown"


class NoticeKind(StrEnum):
    """What somebody is told. Open."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PROGRESS = "progress"
    RESULT = "result"
    ASSIGNED = "assigned"
    WARNING = "warning"
    BREACH = "breach"
    ESCALATION = "escalation"
    UNKNOWN = "unknown"


class NoticeChannel(StrEnum):
    """Over what somebody is told. Open."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    NONE = "none"
    UNKNOWN = "unknown"


class NoticeState(StrEnum):
    """How a notice ended. Open; the word ``unknown`` is also the honest answer of a provider
    that did not say whether it sent."""

    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
