"""The words records are written in.

A *closed* vocabulary belongs to the intake boundary: the API refuses other values,
so one that reaches a topic is a producer's defect and goes to the dead letters.
An *open* vocabulary may grow within a version; a consumer that meets a word it does
not know reads it as ``unknown`` (see ``schemas.record.opened``).
"""

from enum import StrEnum
from typing import Final


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
    INVESTIGATING = "investigating"
    WAITING = "waiting"
    PROPOSED = "proposed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ARCHIVED = "archived"
    REJECTED = "rejected"
    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    APPEALED = "appealed"
    UNKNOWN = "unknown"


ANSWERED: Final = frozenset(
    {
        CaseStatus.RESOLVED,
        CaseStatus.CLOSED,
        CaseStatus.ARCHIVED,
        CaseStatus.REJECTED,
        CaseStatus.APPEALED,
    }
)
"""The customer has an answer: nobody has to act on the case, and its clocks stand still. An
appealed case is worked on in the case of the appeal."""


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
    INVESTIGATION_STARTED = "investigation_started"
    WAITING_STARTED = "waiting_started"
    RESUMED = "resumed"
    PROPOSED = "proposed"
    REJECTED = "rejected"
    TRANSFERRED = "transferred"
    ARCHIVED = "archived"
    APPEALED = "appealed"
    """On the case that is appealed against: another case has the appeal."""
    APPEAL_OPENED = "appeal_opened"
    """The first change of a case that is an appeal."""
    RECORDED = "recorded"
    COMPENSATION_PROPOSED = "compensation_proposed"
    COMPENSATION_APPROVED = "compensation_approved"
    COMPENSATION_REFUSED = "compensation_refused"
    PAYMENT_REQUESTED = "payment_requested"
    PAYMENT_SETTLED = "payment_settled"
    PAYMENT_UNANSWERED = "payment_unanswered"
    """The payer has not said in time what became of a payment. It stays requested."""
    SURVEY_REQUESTED = "survey_requested"
    RATED = "rated"
    SURVEY_UNREACHABLE = "survey_unreachable"
    APPEAL_OFFERED = "appeal_offered"
    LEGAL_HOLD_SET = "legal_hold_set"
    LEGAL_HOLD_RELEASED = "legal_hold_released"
    ANONYMISED = "anonymised"
    CLOCK_WARNED = "clock_warned"
    CLOCK_BREACHED = "clock_breached"
    ESCALATED = "escalated"
    ESCALATION_SKIPPED = "escalation_skipped"
    BREACH_RETRACTED = "breach_retracted"
    EXTENDED = "extended"
    REBASED = "rebased"
    MERGE_OFFERED = "merge_offered"
    MERGE_REFUSED = "merge_refused"
    MERGED = "merged"
    UNMERGED = "unmerged"
    ABSORBED_INTO = "absorbed_into"
    DETACHED = "detached"
    MERGED_CASE_CHANGED = "merged_case_changed"
    ANSWERED_THROUGH_HEAD = "answered_through_head"
    HEAD_CHANGED = "head_changed"
    TEAM_PASSED_OVER = "team_passed_over"
    """A team that would have the case has it not; where it had it, ``team`` has it from now on."""
    INCIDENT_JOINED = "incident_joined"
    CORRECTED = "corrected"
    """A person judged the case otherwise than it stood."""
    CONFIRMED = "confirmed"
    """A person looked, and left the judgement as it stood."""
    INCIDENT_LEVEL_TOLD = "incident_level_told"
    """On a case of an incident: the incident has another level now."""
    INCIDENT_LEFT = "incident_left"
    SUGGESTION_DISMISSED = "suggestion_dismissed"
    """A person says that a case that was thought to be the same is another one."""
    CUSTOMER_UPDATED = "customer_updated"
    """A person told the customer how the matter stands."""
    TASK_GIVEN = "task_given"
    """Another operator, or another team of ours, has a part in the case from now on."""
    TASK_DONE = "task_done"
    TASK_WITHDRAWN = "task_withdrawn"
    UNKNOWN = "unknown"


class CommandKind(StrEnum):
    """What a clerk may ask of a case. Closed: refused at the API, dead-lettered on the topic."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    NOTE = "note"
    INVESTIGATE = "investigate"
    WAIT = "wait"
    RESUME = "resume"
    PROPOSE = "propose"
    RESOLVE = "resolve"
    REJECT = "reject"
    TRANSFER = "transfer"
    CLOSE = "close"
    ARCHIVE = "archive"
    REOPEN = "reopen"
    APPEAL = "appeal"
    OPEN_APPEAL = "open_appeal"
    RECORD = "record"
    COMPENSATE = "compensate"
    APPROVE_COMPENSATION = "approve_compensation"
    REFUSE_COMPENSATION = "refuse_compensation"
    SETTLE_PAYMENT = "settle_payment"
    RATE = "rate"
    HOLD = "hold"
    RELEASE = "release"
    FOLLOW_UP = "follow_up"
    ANONYMISE = "anonymise"
    EXTEND = "extend"
    REBASE = "rebase"
    MERGE = "merge"
    UNMERGE = "unmerge"
    ABSORB = "absorb"
    ANSWER_MERGE = "answer_merge"
    DETACH = "detach"
    TELL_HEAD = "tell_head"
    TELL_MERGED = "tell_merged"
    JOIN_INCIDENT = "join_incident"
    CORRECT = "correct"
    TELL_INCIDENT_LEVEL = "tell_incident_level"
    TELL_INCIDENT_NEWS = "tell_incident_news"
    LEAVE_INCIDENT = "leave_incident"
    DISMISS_SUGGESTION = "dismiss_suggestion"
    UPDATE = "update"
    FINISH_TASK = "finish_task"
    WITHDRAW_TASK = "withdraw_task"
    GIVE_TASK = "give_task"


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
    MISSING_FIELD = "missing_field"
    INVALID_FIELD = "invalid_field"
    NOT_PERMITTED = "not_permitted"
    WINDOW_OVER = "window_over"
    NOTHING_DUE = "nothing_due"
    ALREADY_DECIDED = "already_decided"
    ON_HOLD = "on_hold"
    MERGED_INTO = "merged_into"
    NOT_MERGED = "not_merged"
    NOT_OF_INCIDENT = "not_of_incident"
    BEGINS_EARLIER = "begins_earlier"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    """A station's own team, or one of it, would have a case about that station."""
    UNKNOWN = "unknown"


class WayPart(StrEnum):
    """Which part of a parcel's way an operator serves. Open."""

    ORIGIN = "origin"
    TRANSIT = "transit"
    DESTINATION = "destination"
    CONTRACTOR = "contractor"
    ASKED = "asked"
    """None: a clerk asked for it. Of tasks alone."""
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

    STATUTORY = "statutory"
    ACKNOWLEDGEMENT = "acknowledgement"
    NEXT_UPDATE = "next_update"
    RESOLUTION = "resolution"
    TEAM = "team"
    PARTNER = "partner"
    REGULATOR = "regulator"
    """Our answer to a complaint that the regulator forwarded; beside the law's own."""
    TASK = "task"
    """Somebody's answer about his part of a case; several run at once, each a run of its own."""
    UNKNOWN = "unknown"


class ClockStage(StrEnum):
    """How far a clock has run. Open."""

    WARN = "warn"
    BREACH = "breach"
    ESCALATE = "escalate"
    UNKNOWN = "unknown"
