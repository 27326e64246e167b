"""Pieces of the record of a case: what was found out, decided, paid, and what comes after.

Each piece travels whole on the change that made it; a case's state keeps only what is short.
"""

from typing import Annotated, Final

from pydantic import Field

from schemas.handling_words import (
    CompensationBranch,
    CompensationStep,
    Concern,
    FindingOutcome,
    LiableParty,
    RiskGrade,
)
from schemas.merging import StandingPayment
from schemas.places import CasePlace
from schemas.record import Id, Instant, Part, Whole, open_word
from schemas.routes import TeamId
from schemas.scores import Level
from schemas.stations import Stations
from schemas.vocabulary import Category, Cause, Channel, Nature

Actor = Annotated[str, Field(min_length=1, max_length=80)]
"""Who acts: ``clerk:<id>``, ``customer``, ``authority:<id>``, ``partner:<id>``, ``system``.
Never a person's name or phone."""
Note = Annotated[str, Field(min_length=1, max_length=4000)]
Waiting = Annotated[
    str, Field(max_length=60, pattern=r"^(customer|(partner|authority):[A-Za-z0-9._-]+)$")
]
"""Who is waited for: ``customer``, ``partner:<id>`` or ``authority:<id>``."""
Unit = Annotated[str, Field(max_length=60, pattern=r"^(team|partner|authority):[A-Za-z0-9._-]+$")]
"""A unit that works on a matter: ``team:<id>`` of ours, ``partner:<id>``, ``authority:<id>``."""
Version = Annotated[str, Field(min_length=1, max_length=40)]
"""The version of a policy."""
MOST_MINOR: Final = 10**12
"""The largest amount that a record holds, sums too."""


class Money(Part):
    """An amount in the smallest unit of its currency: 1250 CNY are 12.50 yuan."""

    minor: Annotated[Whole, Field(ge=0, le=MOST_MINOR)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Investigation(Part):
    """What the preliminary investigation showed."""

    text: Note


class Risk(Part):
    """How much harm the matter may still do, and to what."""

    grade: Annotated[RiskGrade, open_word(RiskGrade)]
    concerns: Annotated[
        tuple[Annotated[Concern, open_word(Concern)], ...], Field(max_length=8)
    ] = ()
    text: Note | None = None


class Finding(Part):
    """What was found and who answers for it: a finding of a person, never a fact of the intake."""

    outcome: Annotated[FindingOutcome, open_word(FindingOutcome)]
    party: Annotated[LiableParty, open_word(LiableParty)]
    unit: Unit | None = None
    """Which unit or partner, where the party has one."""
    text: Note


class Measure(Part):
    """What is done about it, in words for the customer."""

    text: Note


class Apology(Part):
    """That somebody apologised, and over which channel."""

    channel: Channel
    text: Note


class Coordination(Part):
    """What one unit asked of another, or what that one answered."""

    unit: Unit
    text: Note


class Cost(Part):
    """What handling the case took: money, working minutes, or both."""

    money: Money | None = None
    minutes: Annotated[Whole, Field(ge=0, le=100_000)] | None = None
    text: Note | None = None


class RecordEntry(Part):
    """One addition to the record of a case: exactly one of its fields is there."""

    investigation: Investigation | None = None
    risk: Risk | None = None
    finding: Finding | None = None
    measure: Measure | None = None
    apology: Apology | None = None
    coordination: Coordination | None = None
    cost: Cost | None = None


class RecordSummary(Part):
    """What a case's state keeps of its record: the newest words, and sums."""

    risk: Annotated[RiskGrade, open_word(RiskGrade)] | None = None
    outcome: Annotated[FindingOutcome, open_word(FindingOutcome)] | None = None
    party: Annotated[LiableParty, open_word(LiableParty)] | None = None
    liable_unit: Unit | None = None
    entries: Annotated[Whole, Field(ge=0)] = 0
    cost: Money | None = None
    minutes: Annotated[Whole, Field(ge=0)] = 0


class CompensationOrder(Part):
    """What a clerk wants to be paid, and on which guidance that rests."""

    amount: Money
    branch: Annotated[CompensationBranch, open_word(CompensationBranch)]
    guidance: Version
    """Version of the guidance that was shown."""
    supplements: Id | None = None
    """A payment of the case, not failed, that this one adds to; without it a case is paid once."""


class Compensation(Part):
    """A decision about money in a case, and how far it has come."""

    decision: Annotated[Whole, Field(ge=1)]
    """Number of the decision in its case."""
    amount: Money
    branch: Annotated[CompensationBranch, open_word(CompensationBranch)]
    guidance: Version
    step: Annotated[CompensationStep, open_word(CompensationStep)]
    proposed_by: Actor
    approval: TeamId | None = None
    """The lowest team that may approve it, by what was asked when it was proposed, once it is
    approved by what was asked then; absent when the proposal needs no second person."""
    payment_id: Id | None = None
    """Derived from case and decision: paying the same id twice is a mistake of the payer."""
    policy: Version
    """Version of the rules of approval."""
    supplements: Id | None = None
    """The payment that this one adds to."""
    total: Money | None = None
    """What the case comes to with this decision: its payments, but for those that failed, and
    this amount. Approval goes by it. Absent from decisions of older versions."""
    answer_by: Instant | None = None
    """While the payer has not answered: by when he should. Absent where no policy says so, and
    from payments that an older version requested."""
    is_unanswered: bool | None = None
    """The payer has not answered, and that was told."""
    failed_after: Annotated[Whole, Field(ge=1)] | None = None
    """Of a payment that failed: the newest decision of then. Later ones were made knowing of it."""


class PaymentResult(Part):
    """What the paying system says."""

    payment_id: Id
    is_paid: bool
    reference: Annotated[str, Field(max_length=80)] | None = None


class Aftercare(Part):
    """What holds once the customer has an answer, as the policy of that day said."""

    surveys: Annotated[Whole, Field(ge=0)] = 0
    """How often the customer was asked how content they are with this answer."""
    is_unreachable: bool = False
    """The customer was asked as often as the policy says and never answered."""
    follow_up_at: Instant | None = None
    """When to look next whether something is due; absent when nothing will be."""
    reopen_until: Instant | None = None
    appeal_until: Instant | None = None
    redress: Annotated[str, Field(max_length=80)] | None = None
    """Where the customer may turn to now: ``<jurisdiction>@<version>`` of the routes."""
    policy: Version


class AppealOf(Part):
    """The case an appeal is about, as it stood then."""

    case_id: Id
    seq: Annotated[Whole, Field(ge=1)]
    level: Level
    team: TeamId | None = None
    place: CasePlace | None = None
    category: Annotated[Category, open_word(Category)] = Category.UNKNOWN
    nature: Annotated[Nature, open_word(Nature)] = Nature.UNKNOWN
    cause: Annotated[Cause, open_word(Cause)] = Cause.UNKNOWN
    stations: Stations | None = None
    payments: tuple[StandingPayment, ...] | None = None
    """Its payments and those that it knows of: the appeal pays beside them, not again."""
