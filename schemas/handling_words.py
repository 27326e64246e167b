"""The words of a case's record: risk, findings, money. Open vocabularies, as in
``schemas.vocabulary``."""

from enum import StrEnum


class RiskGrade(StrEnum):
    """How much harm a matter may still do. Open."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Concern(StrEnum):
    """What the harm would be to. Open."""

    SAFETY = "safety"
    PRIVACY = "privacy"
    LEGAL = "legal"
    REGULATOR = "regulator"
    MEDIA = "media"
    FINANCIAL = "financial"
    LOYALTY = "loyalty"
    UNKNOWN = "unknown"


class FindingOutcome(StrEnum):
    """What an investigation found about the complaint. Open."""

    VALID = "valid"
    PARTLY_VALID = "partly_valid"
    INVALID = "invalid"
    WITHDRAWN = "withdrawn"
    NOT_ACCEPTED = "not_accepted"
    UNKNOWN = "unknown"


class LiableParty(StrEnum):
    """Who answers for what was found. Open."""

    COMPANY = "company"
    STAFF = "staff"
    CONTRACTOR = "contractor"
    PARTNER = "partner"
    MERCHANT = "merchant"
    SENDER = "sender"
    RECEIVER = "receiver"
    FORCE_MAJEURE = "force_majeure"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class CompensationBranch(StrEnum):
    """Under which rules a compensation is worked out. Open."""

    INSURED = "insured"
    UNINSURED = "uninsured"
    UNIVERSAL_SERVICE = "universal_service"
    PERISHABLE = "perishable"
    GOODWILL = "goodwill"
    UNKNOWN = "unknown"


class CompensationStep(StrEnum):
    """How far a compensation has come. Open."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    REQUESTED = "requested"
    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    UNKNOWN = "unknown"
