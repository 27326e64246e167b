"""The auditor counts minutes of its own, and comes to what the workers come to."""

from datetime import timedelta
from random import Random

from services.audit.logic.open_minutes import OpenMinutes, instant_of, minute_from, minute_of
from services.domain.calendars.worktime import Pause, deadline
from tests.support.builders import NOON
from tests.unit.audit.test_overdue import CALENDARS, CONTENT


def test_its_minutes_are_those_of_the_workers_or_a_few_later_whatever_lies_between() -> None:
    chance, content = Random(7), CONTENT["calendars"]
    for _ in range(150):
        name = chance.choice(("cn-office", "cn-hotline", "partner-gb", "partner-us", "always"))
        calendar = content["calendars"][name]
        own = OpenMinutes(calendar, content["days"].get(calendar["days"]))
        start = NOON + timedelta(seconds=chance.randrange(24_000_000))
        begin = start + timedelta(seconds=chance.randrange(240_000))
        end = begin + timedelta(seconds=chance.randrange(360_000))
        minutes = chance.randrange(10, 4000)
        budget = timedelta(minutes=minutes)
        expected = deadline(CALENDARS.named(name), start, budget, [Pause(begin, end)])
        spans = [(minute_of(begin), minute_of(end) + 1)]
        found = own.due(minute_from(start), minutes, spans)
        before = own.due(minute_from(start), minutes - 4, spans)
        assert expected is not None
        assert found is not None
        assert before is not None
        assert instant_of(before) <= expected <= instant_of(found), (name, start, budget)


def test_a_limit_that_ends_just_when_the_office_closes_is_due_when_the_workers_say() -> None:
    # What began some seconds after a minute is not over before the office opens again.
    content = CONTENT["calendars"]
    calendar = content["calendars"]["cn-office"]
    own = OpenMinutes(calendar, content["days"].get(calendar["days"]))
    start = NOON + timedelta(days=1, hours=13, seconds=54)
    for minutes in range(1, 600):
        expected = deadline(CALENDARS.named("cn-office"), start, timedelta(minutes=minutes))
        found = own.due(minute_from(start), minutes, ())
        assert expected is not None
        assert found is not None
        assert abs(instant_of(found) - expected) <= timedelta(minutes=1), minutes
