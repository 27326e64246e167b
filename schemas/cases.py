"""Records about a case: each change, the newest state, commands and how they ended."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.added import MAX_ASKED, Asked, ContactAdded
from schemas.handling import (
    Actor,
    Aftercare,
    AppealOf,
    Compensation,
    CompensationOrder,
    Note,
    PaymentResult,
    RecordEntry,
    RecordSummary,
    Unit,
    Waiting,
)
from schemas.incident_links import IncidentLink
from schemas.judgements import Correction, MachineJudgement, Review, Reviewed
from schemas.ledger import CaseClocks, PolicyMove, PolicyVersions
from schemas.merging import MergedCase, MergeLink, MergeOffer, StandingPayment
from schemas.places import CasePlace
from schemas.record import Id, Instant, Record, Whole, Word, open_word
from schemas.routes import Partner, TeamId
from schemas.scores import Level, Score
from schemas.since import ChangeSince
from schemas.stations import Stations
from schemas.tasks import TaskNumber, TaskOf
from schemas.vocabulary import (
    CaseStatus,
    Category,
    Cause,
    ChangeKind,
    Channel,
    ClockName,
    CommandKind,
    Nature,
    Refusal,
    Settlement,
)


class CaseChanged(Record):
    """One thing happened to one case. Topic ``cases.changed.v1``, keyed by case.

    ``(case_id, seq)`` has no gap and starts at 1. The same pair may be delivered again
    with identical bytes, never with others: a subscriber drops ``seq <= last``.
    """

    v: Literal[1] = 1
    case_id: Id
    seq: Annotated[Whole, Field(ge=1)]
    at: Instant
    kind: Annotated[ChangeKind, open_word(ChangeKind)]
    actor: Actor
    status: Annotated[CaseStatus, open_word(CaseStatus)]
    """The status after this change."""
    contact: ContactAdded | None = None
    command_id: Id | None = None
    assignee: Annotated[str, Field(max_length=80)] | None = None
    note: Note | None = None
    """A clerk's note, or the answer given when resolving."""
    reason: Annotated[str, Field(max_length=80)] | None = None
    """The rule or ground of a change that nobody commanded, or of a reopening."""
    level: Level | None = None
    """The case's level after this change, on a change that concerns it."""
    level_policy: Annotated[str, Field(max_length=40)] | None = None
    """On a raised level: the version of the policy that it follows from, that of levels where the
    matter was brought up again, that of incidents where its incident has it by the rule."""
    askings: Annotated[Whole, Field(ge=1)] | None = None
    """On a contact that brings the matter up, or that was waited for: how often it was so far."""
    score: Score | None = None
    """On a contact: what severity made of it."""
    team: TeamId | None = None
    """The responsible team after this change, on a change that concerns it."""
    inform: tuple[TeamId, ...] = ()
    path: tuple[Annotated[str, Field(max_length=80)], ...] | None = None
    """On a contact: the nodes of the routing policy that it walked through; the last decided."""
    routing: Annotated[str, Field(max_length=40)] | None = None
    """On a contact: the version of that policy."""
    clock: Annotated[ClockName, open_word(ClockName)] | None = None
    """Which clock changed; on a contact: which one it starts."""
    stage: Annotated[str, Field(max_length=60)] | None = None
    """On a clock's change: what took effect, as ``clock:stage:run``."""
    due_at: Instant | None = None
    """On a clock's change: when it was due; on an extension: when it is from then on."""
    late: bool | None = None
    waiting_for: Waiting | None = None
    """On a change into ``waiting``: who is waited for."""
    unit: Unit | None = None
    entry: RecordEntry | None = None
    compensation: Compensation | None = None
    """On a change that concerns it: the decision after it."""
    payment: PaymentResult | None = None
    rating: Annotated[Whole, Field(ge=1, le=5)] | None = None
    """How content the customer is: 1 not at all, 5 very."""
    aftercare: Aftercare | None = None
    """On an answer and what follows it: what holds from now on."""
    appealed_by: Id | None = None
    """On an appeal: the case that has it. The complainant's contact stands in both cases."""
    appeal: AppealOf | None = None
    """On the opening of an appeal: what it is about; on a note to it, as that stands by now."""
    accepted_at: Instant | None = None
    """On a change that was commanded: when the command was accepted; it counts from then."""
    policies: PolicyVersions | None = None
    """On the opening and on a move to other policies: under which the clocks run from now on."""
    move: PolicyMove | None = None
    """On a move to other policies: of which run, and what held before; or that it is undone."""
    place: CasePlace | None = None
    """On the opening: whose legal limits the case is under."""
    extended_by: Annotated[Whole, Field(ge=1)] | None = None
    """On an extension: by how much, in the unit of the limit; ``note`` is the interim reply."""
    skipped: TeamId | None = None
    """On an escalation or a route that passed a team over: which; ``reason`` says why."""
    merged_into: Id | None = None
    """The head, on every change of a case while it is merged."""
    merge: MergeLink | None = None
    """On a change that concerns a merge; on a head also on what follows from a child's change."""
    offer: MergeOffer | None = None
    """On an offer to merge: what stands open until it is answered."""
    partners: Annotated[tuple[Partner, ...], Field(max_length=8)] | None = None
    """On a contact: other operators on the parcel's way; the team leads, they have a part."""
    task: TaskOf | None = None
    """On a change of somebody's task or its clock; ``note``: what was asked, or answered."""
    incident_id: Id | None = None
    """The incident that the case is part of, on every change while it is."""
    incident: IncidentLink | None = None
    """On a change that concerns its incident: where that is kept, and its level."""
    other: Id | None = None
    """On a dismissed suggestion: the case that this one is not the same matter as."""
    on_behalf_of: Actor | None = None
    """For whom the actor of a command said to act, without proof."""
    review: Review | None = None
    """On a correction or confirmation: what stood, what stands now, what the machine had said."""
    stations: Stations | None = None
    """Stations that this change names, or says more of; the case keeps them with those it knew."""


class CaseState(Record):
    """The newest state of a case. Topic ``cases.state.v1`` (compacted), keyed by case. It stays
    small however many contacts come: no texts, no history."""

    v: Literal[1] = 1
    case_id: Id
    seq: Annotated[Whole, Field(ge=1)]
    status: Annotated[CaseStatus, open_word(CaseStatus)]
    opened_at: Instant
    """The earliest ``received_at`` of any of its contacts: legal time limits start here."""
    updated_at: Instant
    first_contact_id: Id
    """The contact received at ``opened_at``."""
    last_contact_at: Instant
    channel: Channel
    contacts: Annotated[Whole, Field(ge=1)]
    complainants: Annotated[Whole, Field(ge=1)]
    """One and every second complainant."""
    waybill_index: Id | None = None
    assignee: Annotated[str, Field(max_length=80)] | None = None
    acknowledged_at: Instant | None = None
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    reopened: Annotated[Whole, Field(ge=0)] = 0
    level: Level = 1
    """Combined from its contacts, or a person's; falls only by a person."""
    askings: Annotated[Whole, Field(ge=1)] = 1
    """How often the matter was brought up before it was solved."""
    asked: Annotated[tuple[Asked, ...], Field(max_length=MAX_ASKED)] = ()
    """By which contacts, and which were replies, in order of time; of very many the newest."""
    category: Annotated[Category, open_word(Category)] = Category.UNKNOWN
    nature: Annotated[Nature, open_word(Nature)] = Nature.UNKNOWN
    cause: Annotated[Cause, open_word(Cause)] = Cause.UNKNOWN
    unsure: bool = False
    """A person should look; until one did."""
    team: TeamId | None = None
    reopened_at: Instant | None = None
    """Start of the running resolution clock after a reopening."""
    fired: tuple[Annotated[str, Field(max_length=60)], ...] = ()
    """Clock stages that took effect, as ``clock:stage:run``, of the newest run of each clock."""
    waiting_for: Waiting | None = None
    """Set exactly while the status is ``waiting``."""
    unit: Unit | None = None
    """The unit the case was last transferred to, until it is answered."""
    record: RecordSummary | None = None
    compensation: Compensation | None = None
    """The newest decision about money."""
    payments: tuple[Compensation, ...] | None = None
    """Each decision whose payment was requested, in order, as it ended; absent while none was."""
    rating: Annotated[Whole, Field(ge=1, le=5)] | None = None
    aftercare: Aftercare | None = None
    """Of the newest answer; goes when the case is taken up again."""
    appeal_of: Id | None = None
    paid_before: tuple[StandingPayment, ...] | None = None
    """Of an appeal: the payments of what it is about; absent while there is none."""
    appealed_by: Id | None = None
    legal_hold: bool = False
    """Nothing of the case is removed while this holds."""
    archived_at: Instant | None = None
    anonymised_at: Instant | None = None
    partners: Annotated[tuple[Partner, ...], Field(max_length=8)] = ()
    clocks: CaseClocks | None = None
    """What its time limits are worked out from."""
    offers: tuple[MergeOffer, ...] = ()
    """Merges that were offered to other cases and not answered yet."""
    merged: tuple[MergedCase, ...] = ()
    """The cases merged into this one. ``level`` and the clocks are of this case alone."""
    merged_into: Id | None = None
    """The head, while this case is merged into another one."""
    merge_id: Id | None = None
    head_status: Annotated[CaseStatus, open_word(CaseStatus)] | None = None
    """Where the head stands; only while merged."""
    incident_id: Id | None = None
    """The incident that the case is part of; one at most."""
    incident_level: Level | None = None
    """The level of that incident as it was told last: an open case has at least this."""
    dismissed: Annotated[tuple[Id, ...], Field(max_length=50)] = ()
    """The newest cases that a person found not to be the same matter: not suggested again."""
    scored: MachineJudgement | None = None
    """What the machine said of the gravest contact."""
    reviewed: Reviewed | None = None
    """Once a person judged the case: from then on category, nature and cause are the person's."""
    stations: Stations | None = None
    """Stations of ours that the case names: their own teams never have it alone."""


class CaseCommand(Record):
    """A clerk asks for a change. Topic ``case.commands.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    command_id: Id
    """Idempotency key: the same id takes effect once, however often it is sent."""
    kind: CommandKind
    actor: Actor
    """Who proved to act, never only what a client wrote."""
    on_behalf_of: Actor | None = None
    """For whom, as the client said without proof."""
    issued_at: Instant
    expected_seq: Annotated[Whole, Field(ge=0)] | None = None
    """Refuse as stale unless the case stands exactly here."""
    assignee: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    note: Note | None = None
    reason: Word | None = None
    """A word of the policy; ``note`` says it to people."""
    waiting_for: Waiting | None = None
    unit: Unit | None = None
    entry: RecordEntry | None = None
    compensation: CompensationOrder | None = None
    decision: Annotated[Whole, Field(ge=1)] | None = None
    """Which decision about money is approved or refused."""
    payment: PaymentResult | None = None
    rating: Annotated[Whole, Field(ge=1, le=5)] | None = None
    contact: ContactAdded | None = None
    """The contact whose complainant acts, where a customer does."""
    appeal: AppealOf | None = None
    lodged_at: Instant | None = None
    """On an appeal: when it was lodged or forwarded; its limits begin then."""
    clock: Annotated[ClockName, open_word(ClockName)] | None = None
    """On ``extend``: which clock; ``note`` is the interim reply to the customer."""
    amount: Annotated[Whole, Field(ge=1, le=100_000)] | None = None
    """On ``extend``: by how much, in the unit of the limit."""
    policies: PolicyVersions | None = None
    """On ``rebase``: to which versions; what it does not name stays."""
    run: Id | None = None
    """On ``rebase``: of which run it is part; or, as ``undoes``, which run is taken back."""
    undoes: Id | None = None
    other: Id | None = None
    """The other case that is meant; on what an incident says: the incident."""
    merge: MergeLink | None = None
    """On what two cases say to each other about a merge."""
    correction: Correction | None = None
    """On ``correct``: what the person says instead; ``note`` says why."""
    incident: IncidentLink | None = None
    """On what an incident says to its cases: where it is kept, and its level."""
    task: TaskNumber | None = None
    """On ``finish_task`` and ``withdraw_task``: which; ``note`` is the answer, or says why."""
    stations: Stations | None = None
    """On what a case tells its appeal: the stations that it names by now."""


class CommandSettled(Record):
    """How a command ended. Topic ``case.commands.settled.v1``, keyed by case."""

    v: Literal[1] = 1
    case_id: Id
    command_id: Id
    kind: CommandKind
    settlement: Annotated[Settlement, open_word(Settlement)]
    refusal: Annotated[Refusal, open_word(Refusal)] | None = None
    explanation: Annotated[str, Field(max_length=400)] | None = None
    seq: Annotated[Whole, Field(ge=0)]
    """The case's sequence number after the command; 0 when there is no such case."""
    status: Annotated[CaseStatus, open_word(CaseStatus)] | None = None
    at: Instant
    since: tuple[ChangeSince, ...] | None = None
    """On a stale command: the newest twenty changes after what it expected, oldest first."""
    merged_into: Id | None = None
    """On a command to a merged case: the head, which is to be asked instead."""
