"""Who used the time: every minute is somebody's, and none is counted twice."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.domain.calendars.worktime import worked
from services.domain.clocks.attribution import attribute, whole_minutes
from services.domain.clocks.deadlines import strand_due
from services.domain.clocks.events import Contacted, Held, Paused, Resumed, Started, Stopped
from services.domain.clocks.ledger import fold
from services.domain.clocks.limits import Unit
from tests.unit.clocks.desk import (
    CALENDAR_OF,
    MONDAY,
    RESOLUTION,
    WORKING_DAY,
    a_history,
    after,
)

HOUR = timedelta(hours=1)


def test_teams_and_partners_are_each_given_the_time_they_had() -> None:
    ledger = fold(
        (
            Contacted(MONDAY, MONDAY),
            Started(MONDAY, RESOLUTION, WORKING_DAY._replace(amount=120), from_contact=True),
            Held(after(hours=1), "front-desk"),
            Paused(after(hours=1), "customer"),
            Resumed(after(hours=2), "customer"),
            Held(after(hours=2.5), "claims"),
            Paused(after(hours=5), "partner:yto"),
            Resumed(after(hours=7), "partner:yto"),
            Stopped(after(hours=8), RESOLUTION),
        )
    )
    found = attribute(ledger, ledger.strands[0], after(days=9), CALENDAR_OF)
    assert found.used == {
        "nobody": HOUR,
        "team:front-desk": 0.5 * HOUR,
        "team:claims": 0.5 * HOUR + 0.5 * HOUR + HOUR,  # lunch is not counted
        "partner:yto": 2 * HOUR,
    }
    # Due after two hours that count: an hour, a pause, the half hour until half past, and half.
    assert found.overdue == {"team:claims": 1.5 * HOUR, "partner:yto": 2 * HOUR}


@given(st.randoms(use_true_random=False), st.integers(2, 30), st.integers(0, 20))
def test_in_every_history_the_parts_sum_exactly_to_the_total(
    chance: Random, length: int, more_days: int
) -> None:
    events = a_history(chance, length)
    ledger = fold(events)
    until = events[-1].at + timedelta(days=more_days)
    for strand in ledger.strands:
        found = attribute(ledger, strand, until, CALENDAR_OF)
        start = ledger.start_of(strand)
        end = max(start, strand.stopped_at or until)
        due = strand_due(ledger, strand, CALENDAR_OF)
        calendar = CALENDAR_OF(
            strand.limit.calendar if strand.limit.unit is Unit.MINUTES else "always"
        )
        pauses = ledger.pauses_of(strand)
        used = worked(calendar, start, end, pauses)
        over = timedelta() if due is None else worked(calendar, due, end, pauses)
        for parts, total in ((found.used, used), (found.overdue, over)):
            assert sum(parts.values(), timedelta()) == total
            minutes = whole_minutes(parts)
            assert sum(minutes.values()) == total // timedelta(minutes=1)
            assert min(minutes.values(), default=0) >= 0
