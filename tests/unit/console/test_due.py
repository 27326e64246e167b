"""The time left of a case, in the list and on its page: until the limit, and no longer overdue than
somebody owes something."""

import re
from datetime import timedelta

import pytest

from schemas.cases import CaseState
from schemas.ledger import CaseClocks, ClockRun
from schemas.vocabulary import CaseStatus, Channel, ClockName
from services.adapters.deadlines import Deadline
from services.console.due_view import is_overdue
from tests.support.builders import NOON, TENANT, at
from tests.support.console_desk import Console

HELD = ClockRun(clock=ClockName.STATUTORY)


def test_the_time_left_is_until_the_limit_and_not_until_its_warning(console: Console) -> None:
    case_id = console.case(id="a1", text="包裹里的电池冒烟起火，快递员手被烧伤，已报警")
    warned = console.api.clock.now() + timedelta(minutes=9)
    console.deadlines.due[case_id] = Deadline("acknowledgement", "warn", warned)
    for path in ("/cases", f"/cases/{case_id}"):
        page = console.page(path)
        assert ">Acknowledgement<" in page
        assert "30 min left" in page
        assert "9 min left" not in page
    assert ">受理时限<" in console.page("/cases", "zh")


def test_an_open_page_is_told_how_much_time_is_left_by_now(console: Console) -> None:
    case_id = console.case(id="a1")
    limit = console.api.clock.now() + timedelta(hours=3)
    console.deadlines.due[case_id] = Deadline("resolution", "breach", limit)
    told = []
    for hours in (0, 2, 2):
        console.api.clock.advance(3600 * hours)
        answer = console.client.get(f"/cases/{case_id}/seq", headers={"Accept-Language": "en"})
        told.append(tuple(answer.json()["time"].values()))
    assert told == [("3 h left", "calm"), ("1 h left", "soon"), ("1 h over", "late")]
    assert console.client.get("/cases/NOBODY/seq").status_code == 404


@pytest.mark.parametrize(
    ("runs", "fired", "overdue"),
    [
        ([ClockRun(clock=ClockName.TEAM, run=1)], "team:breach:1", True),
        ([ClockRun(clock=ClockName.TEAM, run=2)], "team:breach:1", False),
        ([ClockRun(clock=ClockName.NEXT_UPDATE, run=3)], "next_update:breach:2", False),
        (
            [ClockRun(clock=ClockName.PARTNER, since=at(hours=-9), stopped_at=NOON)],
            "partner:breach:0",
            False,
        ),
        (
            [ClockRun(clock=ClockName.ACKNOWLEDGEMENT, stopped_at=NOON)],
            "acknowledgement:breach:0",
            False,
        ),
        ([HELD], "statutory:warn:0", False),
        ([HELD], "statutory:breach:0", True),
    ],
)
def test_what_was_missed_and_is_done_by_now_keeps_no_case_overdue(
    runs: list[ClockRun], fired: str, overdue: bool
) -> None:
    state = CaseState(
        tenant=TENANT,
        case_id="C1",
        seq=1,
        status=CaseStatus.INVESTIGATING,
        opened_at=at(hours=-9),
        updated_at=NOON,
        first_contact_id="K1",
        last_contact_at=at(hours=-9),
        channel=Channel.PHONE,
        contacts=1,
        complainants=1,
        clocks=CaseClocks(runs=tuple(runs)),
        fired=(fired,),
    )
    assert is_overdue(state) is overdue


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", r"due [^\n]* left"), ("zh", r"到期，还剩[^\n]*")],
)
def test_time_that_does_not_count_nights_says_so(
    console: Console, language: str, words: str
) -> None:
    case_id = console.case(id="a1")
    page = re.sub("<[^>]*>", "", console.page(f"/cases/{case_id}", language))
    told = re.findall(words, page)
    working = "of working time left" if language == "en" else "工作时间"
    law = [one for one in told if working not in one]
    assert (len(told) > 2, len(law)) == (True, 1)  # the law counts days
