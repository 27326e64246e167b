"""The clocks of a case in the short form that travels with its state: runs, waits, versions.

Enough to work out every due time together with the policies of these versions; the whole
history of a clock is in the case's events (ADR 0018).
"""

from typing import Annotated

from pydantic import Field

from schemas.handling import Version, Waiting
from schemas.places import CasePlace
from schemas.record import Id, Instant, Part, Whole, open_word
from schemas.tasks import Task
from schemas.vocabulary import ClockName

Holder = Annotated[str, Field(min_length=1, max_length=60)]


class PolicyVersions(Part):
    """Under which policies a case runs; kept until somebody moves the case to others."""

    sla: Version
    calendars: Version
    limits: Version
    teams: Version | None = None
    """Of the ladder that it climbs; of these three absent: today's count."""
    approval: Version | None = None
    compensation: Version | None = None


class PolicyMove(Part):
    """A move to other policies that has not been taken back."""

    run: Id
    """The run of ``complaints rebase`` that did it; of a single command its id."""
    before: PolicyVersions
    """Under which policies the case ran until then."""
    undone: bool = False
    """On a change: this run was taken back by it, and ``before`` holds again."""


class Wait(Part):
    """The case waited, or still does: then ``until`` is absent."""

    waiting_for: Waiting
    since: Instant
    until: Instant | None = None


class ClockRun(Part):
    """The newest run of one clock."""

    clock: Annotated[ClockName, open_word(ClockName)]
    run: Annotated[Whole, Field(ge=0)] = 0
    """Counts from 0: it starts anew with a reopening, an update (missed or not), a handover."""
    holder: Holder | None = None
    """The team or partner that it measures."""
    since: Instant | None = None
    """From when it counts; absent: from the case's earliest contact, whichever that is."""
    stopped_at: Instant | None = None
    extended: Annotated[Whole, Field(ge=0)] = 0
    """By how much its limit was extended, in the limit's unit."""
    missed_due: Instant | None = None
    """When the run before it was due, if that was missed and so began this one: the customer was
    told by the breach itself. Absent once that breach is retracted."""


class CaseClocks(Part):
    """All clocks of a case. At most one run of each clock, and a bounded number of waits."""

    policies: PolicyVersions | None = None
    """Absent on a case that was opened before versions were kept: today's count."""
    moves: Annotated[tuple[PolicyMove, ...], Field(max_length=8)] = ()
    """The newest moves to other policies, in order: what can be taken back, the last one first."""
    place: CasePlace | None = None
    """Which of the legal limits are its own; absent on a case that was opened before this was
    kept: the place that the policy names counts."""
    runs: tuple[ClockRun, ...] = ()
    waits: tuple[Wait, ...] = ()
    tasks: Annotated[tuple[Task, ...], Field(max_length=16)] | None = None
    """What others have to do, in the order in which it was given: each has a clock of its own,
    which is not among ``runs``. Absent while there was none; of many the newest."""
