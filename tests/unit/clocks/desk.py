"""Ledgers with sensible contents, and random histories that are always legal."""

from datetime import UTC, datetime, timedelta
from random import Random

from services.domain.calendars.policy import load_calendars
from services.domain.clocks.events import (
    ClockEvent,
    ClockId,
    ClockKind,
    Contacted,
    Held,
    Paused,
    Restarted,
    Resumed,
    Started,
    Stopped,
)
from services.domain.clocks.ledger import Ledger, applied
from services.domain.clocks.limits import Limit, Unit, Waiting
from services.domain.errors import ClockRefused

CALENDARS = load_calendars()
CALENDAR_OF = CALENDARS.named
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""09:00 in Shanghai, when the office opens."""
RESOLUTION = ClockId(ClockKind.RESOLUTION)
ANSWER = ClockId(ClockKind.STATUTORY, "company-answer")
CLAIMS = ClockId(ClockKind.TEAM, "claims")
SEVEN_DAYS = Limit("cn-answer", 7, Unit.DAYS, "cn-office", "limits-2026.1", extension=3)
WORKING_DAY = Limit(
    "internal-resolution",
    450,
    Unit.MINUTES,
    "cn-office",
    "sla-2026.1",
    frozenset({Waiting.CUSTOMER, Waiting.AUTHORITY}),
)
_CLOCKS = (
    (ANSWER, SEVEN_DAYS),
    (RESOLUTION, WORKING_DAY),
    (CLAIMS, WORKING_DAY._replace(amount=120)),
    (ClockId(ClockKind.ACKNOWLEDGEMENT), WORKING_DAY._replace(calendar="always", amount=60)),
)
_WHO = ("customer", "authority", "partner:yto", "partner:sto")


def after(**span: float) -> datetime:
    return MONDAY + timedelta(**span)


def a_history(chance: Random, length: int, start: datetime = MONDAY) -> list[ClockEvent]:
    """A legal history: what the ledger refuses is left out."""
    at = start
    events: list[ClockEvent] = [Contacted(at, at - timedelta(minutes=chance.randrange(3000)))]
    ledger = applied(Ledger(), events[0])
    while len(events) < length:
        at += timedelta(seconds=chance.randrange(0, 60_000))
        event = _something(chance, at)
        try:
            ledger = applied(ledger, event)
        except ClockRefused:
            continue
        events.append(event)
    return events


def _something(chance: Random, at: datetime) -> ClockEvent:
    clock, limit = chance.choice(_CLOCKS)
    who = chance.choice(_WHO)
    return chance.choice(
        (
            Contacted(at, at - timedelta(minutes=chance.randrange(5000))),
            Started(at, clock, limit, from_contact=clock.kind is not ClockKind.TEAM),
            Started(at, clock, limit, from_contact=clock.kind is not ClockKind.TEAM),
            Restarted(at, clock, limit),
            Stopped(at, clock),
            Paused(at, who),
            Resumed(at, who),
            Held(at, chance.choice(("front-desk", "claims", None))),
        )
    )
