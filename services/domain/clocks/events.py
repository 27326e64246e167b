"""What can happen to the clocks of a case. A ledger is these events, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.domain.clocks.limits import Limit


class ClockKind(StrEnum):
    """Which promise a clock measures."""

    STATUTORY = "statutory"
    ACKNOWLEDGEMENT = "acknowledgement"
    NEXT_UPDATE = "next_update"
    RESOLUTION = "resolution"
    TEAM = "team"
    PARTNER = "partner"
    REGULATOR = "regulator"
    TASK = "task"


class ClockId(NamedTuple):
    """One clock of a case; ``holder`` is the team or partner of one that has such, and the
    limit's matter of a statutory one (an appeal runs beside the answer); ``number`` that of the
    task whose clock it is."""

    kind: ClockKind
    holder: str = ""
    number: int = 0

    def __str__(self) -> str:
        return f"{self.kind}:{self.holder}" if self.holder else str(self.kind)


@dataclass(frozen=True, slots=True)
class Contacted:
    """A contact belongs to the case; ``received_at`` may lie before all that is known."""

    at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Started:
    """A clock runs, from ``at`` or, ``from_contact``, from the case's earliest contact: from
    then on it follows every contact that turns out to be earlier."""

    at: datetime
    clock: ClockId
    limit: Limit
    from_contact: bool = False
    since: datetime | None = None
    """From when it counts, if not from ``at``."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The case waits: ``customer``, ``authority`` (or ``authority:<id>``) or ``partner:<id>``.
    Each clock whose limit says so stands still; a statutory one never does."""

    at: datetime
    waiting_for: str
    done_at: datetime | None = None
    """Since when, if that was before it could be applied."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """That wait is over."""

    at: datetime
    waiting_for: str
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """What the clock measures was done."""

    at: datetime
    clock: ClockId
    done_at: datetime | None = None
    """When it was accepted, if that was before it could be applied: then it was done."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The clock runs anew, from ``at`` (a reopening, the next update)."""

    at: datetime
    clock: ClockId
    limit: Limit
    since: datetime | None = None
    """From when it counts, if not from ``at``: a contact that reopens was received before."""


@dataclass(frozen=True, slots=True)
class Relimited:
    """Another limit counts for a clock that runs (a level that was raised, a policy that the case
    was moved to). Its start, its pauses and its extensions stay."""

    at: datetime
    clock: ClockId
    limit: Limit


@dataclass(frozen=True, slots=True)
class Extended:
    """A limit grew as far as its law allows. The customer was told, by ``interim_reply``."""

    at: datetime
    clock: ClockId
    amount: int
    reason: str
    interim_reply: str


@dataclass(frozen=True, slots=True)
class Held:
    """A team has the case from now on; None: nobody has."""

    at: datetime
    team: str | None


@dataclass(frozen=True, slots=True)
class Merged:
    """Another case joined; ``child`` are the events of its clocks up to here."""

    at: datetime
    merge_id: str
    child: tuple["ClockEvent", ...]


@dataclass(frozen=True, slots=True)
class Unmerged:
    """It left again: its clocks and contacts are as if it had never been here."""

    at: datetime
    merge_id: str


ClockEvent = (
    Contacted
    | Started
    | Paused
    | Resumed
    | Stopped
    | Restarted
    | Relimited
    | Extended
    | Held
    | Merged
    | Unmerged
)
