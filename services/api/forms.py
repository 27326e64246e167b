"""What clients send and what they get: strict, and unknown fields are refused.

A contact's form is flat. Its limits are those of the records it ends up in, by inheritance,
so the two cannot drift apart.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from schemas.cases import CaseChanged, CaseState
from schemas.contacts import MAX_TEXT, Facts
from schemas.handling import (
    Actor,
    CompensationOrder,
    Note,
    PaymentResult,
    RecordEntry,
    Unit,
    Waiting,
)
from schemas.judgements import Correction
from schemas.ledger import PolicyVersions
from schemas.merging import BETWEEN_CASES
from schemas.personal import Personal
from schemas.record import Id, Instant, Part, Whole, Word
from schemas.tasks import TaskNumber
from schemas.vocabulary import CaseStatus, Channel, ClockName, CommandKind, Settlement
from services.domain.notice_fates import FateState
from services.domain.preferences import Preferences

IdempotencyKey = Annotated[str, Field(min_length=1, max_length=200)]
MAX_BODY_BYTES: Final = 288 * 1024
"""The longest legal text escaped as JSON, and its facts: 12 bytes for a character beyond the
basic plane (an emoji, a rare name), which is two escapes."""


def _refuse_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "Text should hold more than blanks")
    return text


class ContactForm(Facts, Personal):
    """A contact as a channel hands it in."""

    id: IdempotencyKey | None = None
    """Idempotency key: the same key gives the same contact, however often it is sent."""
    at: Instant | None = None
    """When the contact reached the company; now, when absent."""
    channel: Channel
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_refuse_blank)]


class CommandForm(Part):
    """What a clerk asks of a case."""

    id: IdempotencyKey | None = None
    """Idempotency key: the same key takes effect once."""
    kind: CommandKind
    actor: Actor | None = None
    """For whom it is done, where that is not who proved to act: recorded as on behalf of."""
    expected_seq: Annotated[Whole, Field(ge=0)] | None = None
    assignee: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    note: Note | None = None
    reason: Word | None = None
    """With `reject`: a word of the policy; `note` says it to the customer."""
    waiting_for: Waiting | None = None
    """With `wait`: `customer`, `partner:<id>` or `authority:<id>`."""
    unit: Unit | None = None
    """With `transfer`: the receiving unit, `team:<id>`, `partner:<id>` or `authority:<id>`; with
    `give_task`: who is asked, `team:<id>` or `partner:<id>`, and `note` says what."""
    entry: RecordEntry | None = None
    """With `record`: exactly one addition to the record."""
    compensation: CompensationOrder | None = None
    decision: Annotated[Whole, Field(ge=1)] | None = None
    """With `approve_compensation` and `refuse_compensation`: which decision."""
    payment: PaymentResult | None = None
    rating: Annotated[Whole, Field(ge=1, le=5)] | None = None
    clock: ClockName | None = None
    """With `extend`: which clock; `note` is the interim reply to the customer."""
    amount: Annotated[Whole, Field(ge=1, le=100_000)] | None = None
    """With `extend`: by how much, in the unit of the limit: minutes of ours, days of the law's."""
    policies: PolicyVersions | None = None
    """With `rebase`: to which versions."""
    run: Id | None = None
    """With `rebase`: a name by which all moves of one run can be taken back."""
    undoes: Id | None = None
    """With `rebase`: the run to take back; refused where the case was moved again since."""
    contact_id: Id | None = None
    """With `appeal`: whose; needed where the case has several complainants."""
    lodged_at: Instant | None = None
    """With `appeal`: when it was lodged or forwarded to us, where that was before now: its limits
    begin then. Without it they begin with the contact that is named, if that came after the answer,
    else now."""
    other: Id | None = None
    """With `merge`: the case that is the same matter, in whichever order; with `unmerge`: the
    case that stands by itself again, or, sent to that one, not needed."""
    correction: Correction | None = None
    """With `correct`: what you say instead, and `note` why; `{}` confirms the judgement."""
    task: TaskNumber | None = None
    """With `finish_task` and `withdraw_task`: which; `note` is the answer, or says why."""

    @field_validator("kind")
    @classmethod
    def _is_for_clients(cls, kind: CommandKind) -> CommandKind:
        if kind is CommandKind.OPEN_APPEAL:
            raise PydanticCustomError("not_for_clients", "An appeal is made by the command appeal")
        if kind in BETWEEN_CASES:
            message = "Cases say this to each other; cases are merged by merge, parted by unmerge"
            raise PydanticCustomError("not_for_clients", message)
        return kind

    @field_validator("lodged_at")
    @classmethod
    def _is_of_an_appeal(cls, at: datetime | None, info: ValidationInfo) -> datetime | None:
        if at is not None and info.data.get("kind", CommandKind.APPEAL) != CommandKind.APPEAL:
            raise PydanticCustomError("only_appeal", "Only an appeal is lodged: leave it out")
        return at


class CustomerForm(Part):
    """What a customer says about an answer, under the tracking code."""

    kind: Literal[CommandKind.RATE, CommandKind.REOPEN, CommandKind.APPEAL]
    id: IdempotencyKey | None = None
    """Idempotency key: the same key takes effect once."""
    rating: Annotated[Whole, Field(ge=1, le=5)] | None = None
    """With `rate`: 1 not content at all, 5 very."""
    note: Note | None = None
    """Why; needed with `reopen` and `appeal`."""


class Answer(BaseModel):
    """What the API says; what is not known is left out."""

    model_config = ConfigDict(frozen=True)


class ContactAccepted(Answer):
    """Kafka has the contact; it becomes part of a case within moments."""

    contact_id: str
    tracking: str


class CommandAnswer(Answer):
    """How a command ended, or ``pending`` when that is not known, or not to be seen, yet."""

    case_id: str
    command_id: str
    settlement: Settlement | str
    seq: int | None = None
    status: CaseStatus | None = None


class ContactSummary(Answer):
    """A contact of a case as a clerk sees it in the overview."""

    contact_id: str
    relation: str
    channel: str
    received_at: datetime
    text: str
    waybill: str | None = None
    case_id: str | None = None
    """The case it came to, where that is another one, merged into this."""


class NoticeSummary(Answer):
    """Somebody who was told of a change, or not, and how that ended."""

    notice_id: str
    seq: int
    """The change that it tells of."""
    kind: str
    recipient: str
    channel: str
    state: FateState
    """``sent``, ``failed``, ``suppressed`` (see ``reason``), ``unknown`` (may have arrived) or
    ``waiting``."""
    attempts: int
    """How many may have arrived."""
    reason: str | None = None
    at: datetime
    unreached: bool = False
    """It had to be told and reached nobody."""


class FrequentHint(Answer):
    """A complainant of this case asks often: one named person handles all of it, and calls. Only a
    hint: no level, limit or queue depends on it."""

    cases: int
    """So many cases, this one counted, within so many days."""
    days: int


class ApprovalHint(Answer):
    """Who decides about the compensation that waits, as the case stands now. Only a hint: the case
    itself lets or refuses."""

    decision: int
    team: str | None = None
    """The lowest team that may."""
    proposed_by: str
    """Who may take it back, and may not approve it."""
    may_approve: bool
    """Whether who asks may approve it."""
    may_refuse: bool


class CaseAnswer(Answer):
    """A case with everything that happened to it."""

    state: CaseState
    history: tuple[CaseChanged, ...]
    contacts: tuple[ContactSummary, ...]
    notices: tuple[NoticeSummary, ...] = ()
    frequent: FrequentHint | None = None
    approval: ApprovalHint | None = None


class Step(Answer):
    """One thing that happened, in words for the customer."""

    at: datetime
    what: str


class OwnContact(Answer):
    """A contact of the customer who asks."""

    received_at: datetime
    channel: str
    text: str


class Paid(Answer):
    """A compensation as the customer sees it; `amount` in the currency's usual unit."""

    amount: str
    currency: str
    state: str


class Result(Answer):
    """What came of a matter, and what the customer may do about it now."""

    measures: tuple[str, ...] = ()
    apologies: tuple[str, ...] = ()
    compensation: Paid | None = None
    redress: tuple[str, ...] = ()
    """Where to turn to besides us, in words; once there is an answer."""
    may: tuple[str, ...] = ()
    """Of `rate`, `reopen`, `appeal`: what is open now."""
    rating: int | None = None
    seq: int = 0


class TrackingAnswer(Answer):
    """What a customer may see under a tracking code."""

    tracking: str
    state: str
    summary: str
    steps: tuple[Step, ...]
    contacts: tuple[OwnContact, ...]
    answer_by: datetime | None = None
    """Until when we have to answer, by the limit of the law or ours in its place; absent once we
    have, where no limit is known, and where others complain of the same (it may be theirs)."""
    is_late: bool = False
    """Whether that time is over."""
    waits_for_you: bool = False
    """Whether we can go on once the customer has told us what we asked for."""
    result: Result = Result()
    preferences: Preferences = Preferences()
    in_part: bool = False
    """Whether the code opens a part only: where the matter stands and what was said with it. It is
    that of somebody who said that he is who complained before, and did not prove it."""
