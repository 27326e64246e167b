"""The legal clock of a case is that of its place and product, and says what it rests on."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.cases import CaseChanged, CaseCommand
from schemas.codec import decode
from schemas.vocabulary import CommandKind
from services.cases.policies import load_policies
from services.domain.clocks.account import CaseAccount, account_of
from services.domain.clocks.book import open_book
from services.domain.clocks.words import Teller
from services.domain.teams import load_teams
from tests.support.builders import NOON, a_contact, a_deduplicated, a_routed
from tests.unit.cases.desk import Desk

BOOK = open_book()
POLICIES = load_policies(BOOK)


def opened(**facts: Any) -> list[CaseChanged]:
    desk = Desk(policies=POLICIES)
    desk.take(a_routed(a_deduplicated(a_contact(**facts))))
    return desk.history()


def account(events: list[CaseChanged]) -> CaseAccount:
    return account_of(events, BOOK, NOON + timedelta(hours=1))


def words(events: list[CaseChanged], language: Any) -> str:
    teller = Teller(language, ZoneInfo("Asia/Shanghai"), load_teams(), BOOK)
    return "\n".join(teller.lines(account(events)))


def statutory(**facts: Any) -> tuple[str, int] | None:
    found = [one for one in account(opened(**facts)).clocks if one.clock == "statutory"]
    return (found[0].limit.id, found[0].limit.amount) if found else None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ("cn-answer", 7)),
        ({"destination": "杭州"}, ("cn-zj-answer", 7)),
        (
            {"product": "registered", "origin": "上海", "destination": "拉萨"},
            ("cn-inquiry-answer-domestic", 30),
        ),
        (
            {"product": "registered", "origin": "上海", "destination": "Berlin"},
            ("cn-inquiry-answer-international", 60),
        ),
        ({"product": "letter"}, ("cn-answer-mail", 7)),
        ({"jurisdiction": "AU"}, ("au-answer", 10)),
        ({"jurisdiction": "GB"}, None),
        ({"jurisdiction": "EU"}, None),
    ],
)
def test_the_clock_goes_by_the_limit_of_place_and_product(
    facts: dict[str, Any], expected: tuple[str, int] | None
) -> None:
    assert statutory(**facts) == expected


def test_what_is_law_is_told_with_its_basis() -> None:
    events = opened(product="registered", origin="上海", destination="拉萨")
    assert "Legal limit: due" in words(events, "en")
    assert "by law: 邮政法第49条" in words(events, "en")
    assert "法律依据：邮政法第49条" in words(events, "zh")
    assert "适用规则：CN · tibet · lhasa · 给据邮件 · 国内" in words(events, "zh")


def test_a_default_is_never_told_as_law() -> None:
    events = opened(product="letter")
    english, chinese = words(events, "en"), words(events, "zh")
    assert "Limit of the answer: due" in english
    assert "Legal limit" not in english
    assert "法定时限" not in chinese
    assert "a default that may be configured, not law" in english
    for one in account(events).frame.others:  # type: ignore[union-attr]
        line = next(line for line in english.splitlines() if f"  {one.en}: " in line)
        assert ("by law:" in line) == one.is_law, one.id


def test_a_place_without_a_known_limit_says_so_and_borrows_none() -> None:
    english = words(opened(jurisdiction="GB"), "en")
    assert "No limit of an answer is known there" in english
    assert "快递" not in english
    assert "Limit of the answer" not in english


def test_an_appeal_belongs_where_the_case_does() -> None:
    desk = Desk(policies=POLICIES)
    desk.take(a_routed(a_deduplicated(a_contact(destination="杭州"))))
    place = desk.history()[0].place
    desk.act(CommandKind.RESOLVE, note="Found.")
    contact = desk.history()[0].contact
    desk.act(CommandKind.APPEAL, actor="customer", note="Not content.", contact=contact)
    desk.take(*[decode(CaseCommand, o.value) for o in desk.last.outbound if o.topic == "commands"])
    appeal = desk.history(desk.case().appealed_by)
    assert place is not None
    assert appeal[0].place == place
    (one,) = (clock for clock in account(appeal).clocks if clock.clock == "statutory")
    assert (one.limit.id, one.is_law) == ("cn-appeal-answer", False)
