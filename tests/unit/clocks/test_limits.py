"""Limits as data: which one holds, and what may be shown as law."""

from datetime import date
from pathlib import Path

import pytest

from services.domain.calendars.policy import load_calendars
from services.domain.clocks.limits import SHIPPED, Place, load_limits
from services.domain.errors import ClockRefused, SettingsError

LIMITS = load_limits()
TODAY = date(2026, 3, 2)
EXPRESS = Place("CN", product="express")


@pytest.mark.parametrize(
    ("matter", "place", "on", "expected"),
    [
        ("company-answer", Place("CN", product="express"), TODAY, "cn-answer"),
        ("company-answer", Place("CN"), TODAY, "cn-answer-mail"),
        ("company-answer", EXPRESS, date(2025, 5, 31), "cn-answer-2019"),
        ("company-answer", EXPRESS, date(2025, 6, 1), "cn-answer"),
        ("company-answer", Place("CN", "zhejiang", product="express"), TODAY, "cn-zj-answer"),
        ("regulator-answer", Place("CN", "shandong"), TODAY, "cn-regulator"),
        ("hotline-answer", Place("CN", "shandong", "jinan"), TODAY, "cn-jinan-12345"),
        ("deemed-lost", Place("CN", product="express-domestic"), TODAY, "cn-lost-domestic"),
        ("deemed-lost", EXPRESS._replace(reach="same-city"), TODAY, "cn-lost-city"),
        (
            "inquiry-answer",
            Place("CN", product="registered", reach="domestic"),
            TODAY,
            "cn-inquiry-answer-domestic",
        ),
        (
            "inquiry-window",
            Place("GB", product="registered", reach="international"),
            TODAY,
            "upu-inquiry",
        ),
        ("rights-request", Place("EU"), TODAY, "eu-access"),
    ],
)
def test_the_limit_nearest_to_the_case_holds(
    matter: str, place: Place, on: date, expected: str
) -> None:
    assert LIMITS.find(matter, place, on).id == expected


@pytest.mark.parametrize(
    "place", [Place("CN", "shandong"), Place("EU"), Place("CN", product="registered-domestic")]
)
def test_a_limit_that_is_not_known_is_not_guessed(place: Place) -> None:
    with pytest.raises(ClockRefused, match="no_limit"):
        LIMITS.find("hotline-answer", place, TODAY)


def test_what_is_not_verified_is_configurable_and_never_shown_as_law() -> None:
    for one in LIMITS.limits:
        assert one.configurable == (one.mark == "M"), one.id
        assert not (one.is_law and one.configurable), one.id
    assert not LIMITS.find("appeal-answer", Place("CN"), TODAY).is_law
    assert LIMITS.find("company-answer", EXPRESS, TODAY).is_law


def test_a_clock_takes_its_limit_unpaused_with_the_policys_version() -> None:
    limit = LIMITS.limit(LIMITS.find("regulator-answer", Place("CN", "zhejiang"), TODAY))
    assert (limit.amount, limit.extension, limit.policy) == (15, 15, LIMITS.version)
    assert not limit.pauses_for


def test_each_limit_names_a_calendar_that_ships() -> None:
    calendars = load_calendars()
    assert {one.calendar for one in LIMITS.limits} <= set(calendars.calendars)


@pytest.mark.parametrize(
    ("sentence", "old", "new"),
    [
        (
            "configurable, and nothing else",
            "mark: V, configurable: false",
            "mark: M, configurable: false",
        ),
        ("hold at the same time", "effective_to: 2025-05-31", "effective_to: 2025-06-01"),
        ("stands there twice", "id: cn-answer-2019", "id: cn-answer"),
        ("needs its province", "province: shandong, ", ""),
    ],
)
def test_limits_that_are_wrong_are_refused_whole(
    tmp_path: Path, sentence: str, old: str, new: str
) -> None:
    text = SHIPPED.read_text()
    assert old in text
    file = tmp_path / "limits.yaml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(SettingsError, match=sentence):
        load_limits(file)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (EXPRESS, "cn-answer"),
        (EXPRESS._replace(reach="international"), "cn-answer"),
        (Place("CN", product="registered"), "cn-answer-mail"),
        (Place("CN", product="registered", reach="domestic"), "cn-inquiry-answer-domestic"),
        (Place("CN", product="registered", reach="international"),
         "cn-inquiry-answer-international"),
        (Place("AU", product="express"), "au-answer"),
        (Place("GB", product="express"), None),
        (Place("GB", product="express", reach="international"), "upu-answer"),
        (Place("EU", product="express", reach="domestic"), None),
    ],
)  # fmt: skip
def test_an_answer_is_due_by_the_law_of_the_product_and_never_by_another_places(
    place: Place, expected: str | None
) -> None:
    found = LIMITS.answer("company-answer", place, TODAY, ["inquiry-answer"])
    assert (found and found.id) == expected


def test_all_limits_that_hold_for_a_case_are_found_one_for_each_matter() -> None:
    place = Place("CN", "zhejiang", product="registered", reach="international")
    found = {one.matter: one.id for one in LIMITS.holding(place, TODAY)}
    assert found["appeal-window"] == "cn-zj-appeal-window"
    assert found["inquiry-window"] == "cn-inquiry-international"
    assert found["limitation"] == "cn-limitation"
    assert "deemed-lost" not in found
