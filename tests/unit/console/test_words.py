"""Times and durations as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.console.language import Texts, texts_of
from services.console.words import (
    actor_name,
    dates_apart,
    duration,
    excerpt,
    moment,
    remaining,
    zone_words,
)
from tests.support.builders import NOON, at

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZH, EN = texts_of("zh"), texts_of("en")


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (timedelta(seconds=59), "不到 1 分钟", "under 1 min"),
        (timedelta(seconds=60), "1 分钟", "1 min"),
        (timedelta(hours=3, minutes=20, seconds=5), "3 小时 20 分钟", "3 h 20 min"),
        (timedelta(hours=5), "5 小时", "5 h"),
        (timedelta(days=1, hours=2, minutes=3), "1 天 2 小时", "1 day 2 h"),
        (timedelta(days=2, minutes=59), "2 天", "2 days"),
        (timedelta(seconds=-5), "不到 1 分钟", "under 1 min"),
    ],
)
def test_a_duration_has_its_two_largest_units(length: timedelta, zh: str, en: str) -> None:
    assert (duration(length, ZH), duration(length, EN)) == (zh, en)


def test_a_time_is_shown_where_the_clerks_are_and_not_where_the_machine_is() -> None:
    shown = moment(NOON, NOON, SHANGHAI, EN)
    assert (shown.text, shown.iso) == ("today 20:00", "2026-03-02T20:00:00+08:00")
    assert moment(NOON, NOON, ZoneInfo("UTC"), EN).text == "today 12:00"


@pytest.mark.parametrize(
    ("then", "texts", "shown"),
    [
        (at(hours=3, minutes=59), ZH, "今天 23:59"),
        (at(hours=4), ZH, "3月3日 00:00"),
        (at(days=-1), EN, "1 Mar 20:00"),
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), ZH, "2025年12月31日 23:59"),
        (datetime(2025, 12, 31, 16, tzinfo=UTC), EN, "1 Jan 00:00"),
    ],
)
def test_a_day_begins_at_midnight_of_the_zone(then: datetime, texts: Texts, shown: str) -> None:
    assert moment(then, NOON, SHANGHAI, texts).text == shown


@pytest.mark.parametrize(
    ("zone", "zh", "en"),
    [
        ("Asia/Shanghai", "北京时间（UTC+08:00）", "China time (UTC+08:00)"),
        ("UTC", "协调世界时（UTC+00:00）", "Coordinated Universal Time (UTC+00:00)"),
        ("Europe/London", "Europe/London 时间（UTC+00:00）", "Europe/London time (UTC+00:00)"),
    ],
)
def test_a_page_says_whose_time_it_tells(zone: str, zh: str, en: str) -> None:
    assert zone_words(NOON, ZoneInfo(zone), ZH) == f"所有时间均为{zh}"
    assert zone_words(NOON, ZoneInfo(zone), EN) == f"All times are {en}"


def test_what_is_left_worries_the_more_the_nearer_it_is() -> None:
    assert remaining(at(hours=3), NOON, EN) == remaining(at(hours=3), NOON, EN)
    assert remaining(at(hours=3), NOON, EN).tone == "calm"
    near, over = remaining(at(minutes=119), NOON, EN), remaining(NOON, at(days=1), EN)
    assert (near.text, near.tone) == ("1 h 59 min left", "soon")
    assert (over.text, over.tone) == ("1 day over", "late")


def test_who_acted_is_an_id_or_a_role() -> None:
    assert actor_name("clerk:clerk-7", EN) == "clerk-7"
    assert (actor_name("system", ZH), actor_name("customer", EN)) == ("系统", "Customer")
    assert actor_name("robot", EN) == "robot"


def test_an_excerpt_is_one_line_however_long_the_text() -> None:
    assert excerpt("a\n\n b" * 10_000, 20) == "a ba ba ba ba ba ba…"


def test_dates_are_taken_apart_from_what_is_said_around_them() -> None:
    said = "超时完成（2026-11-25 周三 01:42，应在 2026-11-22 周日 10:00 前）"
    parts = dates_apart(said)
    assert parts[1::2] == ["2026-11-25", "2026-11-22"]
    assert "".join(parts) == said
