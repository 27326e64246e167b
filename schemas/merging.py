"""Links between cases: a merge joins two without moving anything (ADR 0026).

The *head* is the case with the earlier ``(opened_at, case_id)``, the *child* the other one. The
writers of both agree by commands to each other, all under the id of the merge.
"""

from typing import Annotated, Final

from pydantic import Field

from schemas.record import Id, Instant, Part, Whole, open_word
from schemas.scores import Level
from schemas.stations import Stations
from schemas.vocabulary import CaseStatus, ChangeKind, ClockName, CommandKind, Refusal

BETWEEN_CASES: Final = frozenset(
    {
        CommandKind.ABSORB,
        CommandKind.ANSWER_MERGE,
        CommandKind.DETACH,
        CommandKind.TELL_HEAD,
        CommandKind.TELL_MERGED,
        CommandKind.JOIN_INCIDENT,
        CommandKind.TELL_INCIDENT_LEVEL,
        CommandKind.TELL_INCIDENT_NEWS,
        CommandKind.LEAVE_INCIDENT,
    }
)
"""What cases, and incidents, say to each other."""


class MergeOffer(Part):
    """A head has offered a merge and waits for the other case's answer."""

    merge_id: Id
    case_id: Id
    """The case it was offered to."""
    attempt: Annotated[Whole, Field(ge=1)] = 1
    hops: Annotated[Whole, Field(ge=0)] = 0
    """How often the wish was passed on, from a case that is merged to its head."""
    ask_again_at: Instant
    """The offer is sent again from then on."""
    instead_of: Id | None = None
    """The merge by which the case is with a head that was merged into this one: it ends with
    this offer's."""


class HandedOn(Part):
    """A case that is merged into one that is merged itself, or was asked by it."""

    case_id: Id
    merge_id: Id


class BreachedLimit(Part):
    """A limit that a case has breached and not taken back."""

    clock: Annotated[ClockName, open_word(ClockName)]
    due_at: Instant


class StandingPayment(Part):
    """A payment of another case of the matter, that was made or may still be; or that failed."""

    payment_id: Id
    minor: Annotated[Whole, Field(ge=1)]
    """How much, in the currency's smallest unit."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """Absent from records of older versions."""
    has_failed: bool | None = None
    """True: it is in no sum, but another one does again what was done. Else absent."""


class MergedCase(Part):
    """A child as its head knows it."""

    case_id: Id
    merge_id: Id
    level: Level
    opened_at: Instant
    contacts: Annotated[Whole, Field(ge=1)]
    complainants: Annotated[Whole, Field(ge=1)]
    legal_hold: bool = False
    fired: tuple[Annotated[str, Field(max_length=60)], ...] = ()
    """Clock stages that this child's clocks brought into effect on the head, as
    ``clock:stage:run`` with the head's run."""
    breaches: tuple[BreachedLimit, ...] = ()
    """Which of the child's limits are breached now, of those that its head is held to."""
    merged_at: Instant | None = None
    """Since when it is merged; a head of an older version does not know."""
    stations: Stations | None = None
    """Stations of ours that it names: their own teams never have the head alone either."""
    payments: tuple[StandingPayment, ...] | None = None
    """Its payments: the matter is paid once, in whichever of its cases."""


class Origin(Part):
    """The change of a child that a change of its head follows from."""

    case_id: Id
    seq: Annotated[Whole, Field(ge=1)]
    kind: Annotated[ChangeKind, open_word(ChangeKind)]
    contact_id: Id | None = None
    received_at: Instant | None = None
    """When that contact was received: what it brings about in the head counts from then."""
    clock: Annotated[ClockName, open_word(ClockName)] | None = None
    stage: Annotated[str, Field(max_length=60)] | None = None
    due_at: Instant | None = None
    late: bool | None = None


class MergeLink(Part):
    """Which merge a change or a command is about; what more it says depends on its kind."""

    merge_id: Id
    head: Id
    child: Id
    opened_at: Instant | None = None
    """On ``absorb``: when the head was opened."""
    hops: Annotated[Whole, Field(ge=0)] = 0
    is_accepted: bool | None = None
    """On ``answer_merge``."""
    refusal: Annotated[Refusal, open_word(Refusal)] | None = None
    """Why an offer was refused."""
    other_head: Id | None = None
    """On a refusal: which case is the head of the one that was asked (perhaps itself)."""
    then_into: Id | None = None
    """On ``detach``: the head to be merged into next, where the old one was merged itself."""
    case: MergedCase | None = None
    """The child as it stands now."""
    handed_on: tuple[HandedOn, ...] | None = None
    """On ``absorbed_into`` and on the answer that tells of it: the child's own cases, which its
    head asks next."""
    instead_of: Id | None = None
    """On ``absorb``: the merge that ends by this one, as its head was merged into this head."""
    origin: Origin | None = None
    kind: Annotated[ChangeKind, open_word(ChangeKind)] | None = None
    """On ``tell_merged``: what happened to the head."""
    status: Annotated[CaseStatus, open_word(CaseStatus)] | None = None
    """On ``tell_merged``: where the head stands."""
    through: Id | None = None
    """On ``tell_merged``: the incident through which the head was told what to write; a child that
    is of the same one is told itself."""
