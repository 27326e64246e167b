"""From events to the clocks of a case, and back to the same clocks whenever it is asked again.

A clock may have several *strands*: its own, and one of each case that was merged into this one,
running in the shadow. What counts is the one that is due first, so a merge never gives time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.domain.calendars.worktime import Pause
from services.domain.clocks.events import (
    ClockEvent,
    ClockId,
    ClockKind,
    Contacted,
    Extended,
    Held,
    Merged,
    Paused,
    Relimited,
    Restarted,
    Resumed,
    Started,
    Stopped,
    Unmerged,
)
from services.domain.clocks.limits import Limit, Waiting
from services.domain.errors import ClockRefused

OWN: Final = ""
"""The origin of a strand that came with no merge."""
_OF_THE_MATTER: Final = frozenset(ClockKind) - {
    ClockKind.TEAM,
    ClockKind.PARTNER,
    ClockKind.TASK,
}
_BY_LAW: Final = frozenset({ClockKind.STATUTORY, ClockKind.REGULATOR})
_NAMED: Final = {f"{who}:": who for who in (Waiting.PARTNER, Waiting.AUTHORITY)}


@dataclass(frozen=True, slots=True)
class Strand:
    """One run of one clock. It is stopped once, and never changes after that."""

    clock: ClockId
    run: int
    started_at: datetime
    limit: Limit
    from_contact: bool = False
    origin: str = OWN
    waits_before: int = 0
    """How many waits of this case had begun when a merge brought it: they do not count for it,
    even if they last, or joining a case that waits would give time."""
    earlier_waits: tuple[Pause, ...] = ()
    """Waits of the case it came from."""
    extended: int = 0
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All clocks of a case after some events."""

    strands: tuple[Strand, ...] = ()
    waits: tuple[Pause, ...] = ()
    holders: tuple[tuple[datetime, str | None], ...] = ()
    """Who had the case from when on."""
    contacts: dict[str, datetime] = field(default_factory=dict)
    """The earliest contact, by origin."""
    last_at: datetime | None = None

    def clocks(self) -> list[ClockId]:
        """Return every clock that was ever started, in that order."""
        return list(dict.fromkeys(one.clock for one in self.strands))

    def running(self, clock: ClockId) -> list[Strand]:
        """Return the strands of a clock that run, its own first."""
        return [one for one in self.strands if one.clock == clock and one.stopped_at is None]

    def start_of(self, strand: Strand) -> datetime:
        """Return from when a strand counts."""
        if not strand.from_contact:
            return strand.started_at
        return min([strand.started_at, *self.contacts.values()])

    def pauses_of(self, strand: Strand) -> list[Pause]:
        """Return the waits during which a strand stands still."""
        return [
            one
            for one in (*strand.earlier_waits, *self.waits[strand.waits_before :])
            if waiting_kind(one.waiting_for) in strand.limit.pauses_for
        ]


def waiting_kind(waiting_for: str) -> Waiting:
    """Return whose turn it is; a partner is named, an authority may be.

    >>> waiting_kind("partner:yto"), waiting_kind("authority:12305")
    (<Waiting.PARTNER: 'partner'>, <Waiting.AUTHORITY: 'authority'>)

    Raises:
        ClockRefused: rule ``who_unknown``.
    """
    kind, colon, name = waiting_for.partition(":")
    if name and kind + colon in _NAMED:
        return _NAMED[kind + colon]
    if waiting_for in (Waiting.CUSTOMER, Waiting.AUTHORITY):
        return Waiting(waiting_for)
    raise ClockRefused("who_unknown", f"{waiting_for!r} is nobody one can wait for")


def fold(events: Iterable[ClockEvent]) -> Ledger:
    """Return the ledger that ``events`` make.

    Raises:
        ClockRefused: as :func:`applied`.
    """
    ledger = Ledger()
    for event in events:
        ledger = applied(ledger, event)
    return ledger


def applied(ledger: Ledger, event: ClockEvent) -> Ledger:
    """Return the ledger after ``event``.

    Raises:
        ClockRefused: the event contradicts the ledger; the rule says how. Nothing changed.
    """
    if ledger.last_at is not None and event.at < ledger.last_at:
        raise ClockRefused("goes_back", "an event cannot lie before the one it follows")
    return replace(_applied(ledger, event), last_at=event.at)


def _applied(ledger: Ledger, event: ClockEvent) -> Ledger:
    match event:
        case Contacted():
            return _contacted(ledger, OWN, event.received_at)
        case Started() | Restarted():
            return _started(ledger, event)
        case Paused():
            return _paused(ledger, event)
        case Resumed():
            return _resumed(ledger, event)
        case Stopped() | Relimited():
            return _altered(ledger, event)
        case Extended():
            return _extended(ledger, event)
        case Held():
            return replace(ledger, holders=(*ledger.holders, (event.at, event.team)))
        case Merged():
            return _merged(ledger, event)
        case Unmerged():
            return _unmerged(ledger, event)


def _contacted(ledger: Ledger, origin: str, received_at: datetime) -> Ledger:
    earliest = min(received_at, ledger.contacts.get(origin, received_at))
    return replace(ledger, contacts={**ledger.contacts, origin: earliest})


def _started(ledger: Ledger, event: Started | Restarted) -> Ledger:
    own = [one for one in ledger.strands if one.clock == event.clock and one.origin == OWN]
    if any(one.stopped_at is None for one in own):
        raise ClockRefused("already_running", f"{event.clock} runs already")
    if isinstance(event, Restarted) and not own:
        raise ClockRefused("never_started", f"{event.clock} never ran")
    if event.clock.kind in _BY_LAW and event.limit.pauses_for:
        raise ClockRefused("statutory_pause", "a statutory clock is never paused")
    from_contact = isinstance(event, Started) and event.from_contact
    if from_contact and OWN not in ledger.contacts:
        raise ClockRefused("no_contact", f"{event.clock} starts with a contact; there is none")
    started_at = event.since or event.at
    strand = Strand(event.clock, len(own), started_at, event.limit, from_contact)
    return replace(ledger, strands=(*ledger.strands, strand))


def _paused(ledger: Ledger, event: Paused) -> Ledger:
    waiting_kind(event.waiting_for)
    if any(one.end is None and one.waiting_for == event.waiting_for for one in ledger.waits):
        raise ClockRefused("already_waiting", f"the case waits for {event.waiting_for} already")
    begin = event.done_at or event.at
    return replace(ledger, waits=(*ledger.waits, Pause(begin, None, event.waiting_for)))


def _resumed(ledger: Ledger, event: Resumed) -> Ledger:
    ended = tuple(
        one._replace(end=max(one.begin, event.done_at or event.at))
        if one.end is None and one.waiting_for == event.waiting_for
        else one
        for one in ledger.waits
    )
    if ended == ledger.waits:
        raise ClockRefused("not_waiting", f"the case does not wait for {event.waiting_for}")
    return replace(ledger, waits=ended)


def _changed(
    ledger: Ledger,
    clock: ClockId,
    *,
    stopped_at: datetime | None = None,
    more: int = 0,
    limit: Limit | None = None,
) -> Ledger:
    if not ledger.running(clock):
        raise ClockRefused("not_running", f"{clock} does not run")
    return replace(
        ledger,
        strands=tuple(
            replace(
                one,
                stopped_at=None if stopped_at is None else max(one.started_at, stopped_at),
                extended=one.extended + more,
                limit=limit or one.limit,
            )
            if one.clock == clock and one.stopped_at is None
            else one
            for one in ledger.strands
        ),
    )


def _altered(ledger: Ledger, event: Stopped | Relimited) -> Ledger:
    if isinstance(event, Relimited):
        return _changed(ledger, event.clock, limit=event.limit)
    return _changed(ledger, event.clock, stopped_at=event.done_at or event.at)


def _extended(ledger: Ledger, event: Extended) -> Ledger:
    if not event.reason.strip():
        raise ClockRefused("extension_reason", "an extension needs a reason")
    if not event.interim_reply.strip():
        raise ClockRefused("extension_reply", "an extension needs an interim reply to the customer")
    for one in ledger.running(event.clock):
        if event.amount < 1 or one.extended + event.amount > one.limit.extension:
            raise ClockRefused(
                "extension_limit",
                f"{event.clock} may be extended by {one.limit.extension - one.extended} more",
            )
    return _changed(ledger, event.clock, more=event.amount)


def _merged(ledger: Ledger, event: Merged) -> Ledger:
    if event.merge_id == OWN or event.merge_id in {
        *ledger.contacts,
        *(one.origin for one in ledger.strands),
    }:
        raise ClockRefused("already_merged", f"merge {event.merge_id!r} was made already")
    child = fold(event.child)
    joined = [
        replace(
            one,
            started_at=child.start_of(one),
            from_contact=False,
            origin=event.merge_id,
            waits_before=len(ledger.waits),
            # Whom the child waited for is not asked any more: that never gives time.
            earlier_waits=tuple(
                wait._replace(end=min(wait.end or event.at, event.at))
                for wait in child.pauses_of(one)
            ),
        )
        for one in child.strands
        if one.stopped_at is None and one.clock.kind in _OF_THE_MATTER
    ]
    merged = replace(ledger, strands=(*ledger.strands, *joined))
    for received_at in child.contacts.values():
        merged = _contacted(merged, event.merge_id, received_at)
    return merged


def _unmerged(ledger: Ledger, event: Unmerged) -> Ledger:
    kept = tuple(one for one in ledger.strands if one.origin != event.merge_id)
    contacts = {origin: at for origin, at in ledger.contacts.items() if origin != event.merge_id}
    if event.merge_id == OWN or (kept == ledger.strands and contacts == ledger.contacts):
        raise ClockRefused("not_merged", f"there is no merge {event.merge_id!r} to undo")
    return replace(ledger, strands=kept, contacts=contacts)
