"""A partner's clock runs while he has the case, and the time is his."""

from datetime import datetime, timedelta

import pytest

from schemas.ledger import ClockRun
from schemas.vocabulary import ClockName, CommandKind
from services.cases.policies import load_policies
from services.domain.clocks.account import CaseAccount, account_of
from services.domain.clocks.book import open_book
from tests.support.builders import at
from tests.unit.cases.desk import FIRST, Desk

BOOK = open_book()


@pytest.fixture
def desk() -> Desk:
    desk = Desk(policies=load_policies(BOOK))
    desk.take(FIRST)
    return desk


def transfer(desk: Desk, unit: str, when: datetime) -> None:
    desk.clock.time = when
    assert desk.act(CommandKind.TRANSFER, unit=unit, note="Theirs.").refusal is None


def partner(desk: Desk) -> ClockRun | None:
    clocks = desk.case().clocks
    assert clocks is not None
    return next((one for one in clocks.runs if one.clock is ClockName.PARTNER), None)


def account(desk: Desk, now: datetime) -> CaseAccount:
    return account_of(desk.history(), BOOK, now)


def test_a_transfer_starts_the_clock_of_that_partner_and_stops_the_one_before(desk: Desk) -> None:
    transfer(desk, "partner:gb", at(hours=2))
    assert partner(desk) == ClockRun(
        clock=ClockName.PARTNER, holder="partner:gb", since=at(hours=2)
    )
    transfer(desk, "partner:us", at(hours=5))
    assert partner(desk) == ClockRun(
        clock=ClockName.PARTNER, run=1, holder="partner:us", since=at(hours=5)
    )
    runs = [one for one in account(desk, at(hours=9)).clocks if one.clock == "partner"]
    assert [(one.holder, one.started_at, one.stopped_at) for one in runs] == [
        ("partner:us", at(hours=5), None),
        ("partner:gb", at(hours=2), at(hours=5)),
    ]


def test_the_same_partner_is_given_no_time_by_being_asked_again(desk: Desk) -> None:
    transfer(desk, "partner:gb", at(hours=2))
    desk.clock.time = at(hours=4)
    desk.act(CommandKind.WAIT, waiting_for="partner:gb", note="The scan")
    run = partner(desk)
    assert run is not None
    assert (run.run, run.since, run.stopped_at) == (0, at(hours=2), None)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (CommandKind.ACKNOWLEDGE, {}),
        (CommandKind.INVESTIGATE, {}),
        (CommandKind.WAIT, {"waiting_for": "customer", "note": "A photo"}),
        (CommandKind.TRANSFER, {"unit": "team:claims", "note": "Ours after all"}),
        (CommandKind.RESOLVE, {"note": "Found."}),
    ],
)
def test_it_stops_once_somebody_else_has_the_case(
    desk: Desk, kind: CommandKind, fields: dict[str, str]
) -> None:
    transfer(desk, "partner:gb", at(hours=2))
    desk.clock.time = at(hours=6)
    assert desk.act(kind, **fields).refusal is None
    run = partner(desk)
    assert run is not None
    assert run.stopped_at == at(hours=6)


def test_the_time_of_each_is_his_and_sums_to_the_whole(desk: Desk) -> None:
    transfer(desk, "partner:gb", at(days=1))
    transfer(desk, "partner:us", at(days=2))
    desk.clock.time = at(days=4)
    desk.act(CommandKind.INVESTIGATE)
    now = at(days=9)
    (law,) = [one for one in account(desk, now).clocks if one.clock == "statutory"]
    assert law.used == {
        "team:front-desk": (1 + 5) * 24 * 60,
        "partner:gb": 24 * 60,
        "partner:us": 2 * 24 * 60,
    }
    assert sum(law.used.values()) == (now - at()) // timedelta(minutes=1)
    assert sum(law.overdue.values()) == law.overdue_minutes == 2 * 24 * 60
