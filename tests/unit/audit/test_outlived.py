"""An open case that goes by holidays of which more are known by now is seen, until it is moved."""

from typing import Any

import pytest
from pydantic_core import from_json

from schemas.codec import encode
from services.audit.follow_outlived import OutlivedCases
from services.audit.logic.history import Entry, Event, History
from services.audit.logic.overdue import OverdueCheck
from services.cases.policies import load_policies
from services.domain.calendars import policy as calendars
from services.domain.clocks import limits, policy
from services.domain.clocks.book import open_book
from tests.support.builders import NOON
from tests.unit.cases.desk import FIRST, KEY, Desk, changes

FILES = {"sla": policy.SHIPPED, "limits": limits.SHIPPED}
SHIPPED = calendars.SHIPPED.read_text(encoding="utf-8")
OLD, NEW = "calendars-2026.1", "calendars-of-the-next-year"
BEGUN = SHIPPED.replace("known_until: 2026-12-31", "known_until: 2026-03-03")
"""What was known when the case began, on a Monday, the second of March."""
_FIRST = "      - {from: 2025-01-01, "
_HOLIDAY = "      - {from: 2026-03-05, to: 2026-03-06, zh: 新假日, en: New holiday}\n"
PUBLISHED = SHIPPED.replace(OLD, NEW).replace(_FIRST, _HOLIDAY + _FIRST)


@pytest.fixture
def check() -> OverdueCheck:
    made = OverdueCheck(NOON)
    for kind, path in FILES.items():
        text = path.read_text(encoding="utf-8")
        made.policy(kind, text.partition("\nversion: ")[2].partition("\n")[0], text)
    return made


def a_history(**changed: Any) -> History:
    """The history of a case; ``changed`` is what its opening says instead."""
    opened = changes(Desk(policies=load_policies(open_book())).take(FIRST))
    bodies = [from_json(encode(one)) for one in opened]
    bodies[0] |= changed
    events = [Event(n, n, "", b"", body) for n, body in enumerate(bodies, 1)]
    return History(KEY, [Entry(event.n, (), (event,), ()) for event in events], None)


def judged(check: OverdueCheck, history: History, **known: str) -> int:
    """Return how many of one case are counted, where these calendars are known."""
    cases = OutlivedCases(check)
    for text in known.values():
        version = text.partition("\nversion: ")[2].partition("\n")[0]
        check.policy("calendars", version, text)
        cases.calendars(version, text)
    cases.judged(history, check.left(history) or [])
    return len(cases)


def test_a_case_that_would_be_due_at_another_time_by_what_is_known_now_is_counted(
    check: OverdueCheck,
) -> None:
    assert judged(check, a_history(), begun=BEGUN) == 0
    assert judged(check, a_history(), begun=BEGUN, published=PUBLISHED) == 1


def test_a_case_that_was_moved_to_them_is_counted_no_longer(check: OverdueCheck) -> None:
    pinned = a_history().entries[0].events[0].body["policies"]
    moved = a_history(policies={**pinned, "calendars": NEW})
    cases = OutlivedCases(check)
    for version, text in ((OLD, BEGUN), (NEW, PUBLISHED)):
        check.policy("calendars", version, text)
        cases.calendars(version, text)
    cases.judged(a_history(), check.left(a_history()) or [])
    assert len(cases) == 1
    cases.judged(moved, check.left(moved) or [])
    assert len(cases) == 0


def test_a_case_that_is_due_before_its_holidays_end_or_at_the_same_time_is_not_counted(
    check: OverdueCheck,
) -> None:
    assert judged(check, a_history(), begun=SHIPPED, published=PUBLISHED) == 0
    same = SHIPPED.replace(OLD, NEW)
    assert judged(check, a_history(), begun=BEGUN, published=same) == 0
