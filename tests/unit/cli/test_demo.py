"""The day of the demo: readable, fictional, varied as a day is, and reachable, so that mails
arrive."""

import json
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import pytest

from schemas.vocabulary import Channel
from services.api.forms import ContactForm
from services.cli.demo.day import DAY, DAY_SECONDS, Moment, clock_words, half_hours, read_day
from services.cli.up import DEMO_MINUTES

RESERVED = (".example", "@example.com", "@example.org", "@example.net")
"""Names that nobody can own (RFC 2606): a demo that is set to a real relay hurts no one."""
FLOODED, SHUT = "临江转运中心", "锦绣里驿站"
NIGHT = (0, 1, 2, 3, 4, 5)
PEAKS = ((9, 10), (19, 20))
TRADITIONAL = set("來經聞們這樣畫為戶藥裡請沒還時話說員個會對給貨點讓門開樓錢誰錯網頁單")


@pytest.fixture(scope="module")
def day() -> list[Moment]:
    return read_day()


@pytest.fixture(scope="module")
def forms(day: list[Moment]) -> list[ContactForm]:
    return [ContactForm.model_validate_json(moment.contact.body) for moment in day]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in DAY.read_text(encoding="utf-8").splitlines()]


def test_a_day_has_some_hundred_contacts_that_are_legal_and_have_an_id_of_their_own(
    forms: list[ContactForm],
) -> None:
    ids = [form.id for form in forms]
    assert None not in ids
    assert 400 <= len(set(ids)) == len(ids) <= 600


def test_most_complainants_have_an_address_and_some_have_none(forms: list[ContactForm]) -> None:
    addresses = [form.email for form in forms]
    share = sum(1 for address in addresses if address) / len(addresses)
    assert 0.75 < share < 1


def test_no_address_is_anybodys(forms: list[ContactForm]) -> None:
    addresses = [form.email for form in forms if form.email]
    assert [one for one in addresses if not one.endswith(RESERVED)] == []
    assert not any(form.phone or form.name or form.address for form in forms)


def test_a_customer_has_one_address(forms: list[ContactForm]) -> None:
    found = defaultdict(set)
    for form in forms:
        if form.customer:
            found[form.customer].add(form.email)
    assert {customer for customer, addresses in found.items() if len(addresses) > 1} == set()


def test_texts_are_worded_one_by_one(forms: list[ContactForm]) -> None:
    texts = Counter(form.text for form in forms)
    assert len(texts) >= 0.98 * len(forms)
    beginnings = Counter(form.text[:12] for form in forms)
    assert max(beginnings.values()) <= 4


def test_people_write_by_every_channel_in_both_scripts_and_in_english(
    forms: list[ContactForm],
) -> None:
    assert {form.channel for form in forms} == set(Channel)
    english = [form for form in forms if form.text.isascii()]
    traditional = [form for form in forms if len(TRADITIONAL & set(form.text)) >= 2]
    assert len(english) >= 100
    assert len(traditional) >= 25
    assert len(forms) - len(english) - len(traditional) >= 250
    assert any(form.channel is Channel.REGULATOR for form in forms)


def test_the_day_begins_at_six_and_is_in_order(day: list[Moment]) -> None:
    assert day[0].at == 0
    assert all(one.at <= next_one.at for one, next_one in pairwise(day))
    assert day[-1].at < DAY_SECONDS


def test_nights_are_quiet_and_mornings_and_evenings_busy(
    day: list[Moment], forms: list[ContactForm]
) -> None:
    hours = Counter(
        int(clock_words(moment.at)[:2])
        for moment, form in zip(day, forms, strict=True)
        if form.hub not in (FLOODED, SHUT)
    )
    busy = [sum(hours[hour] for hour in peak) / len(peak) for peak in PEAKS]
    noon = (hours[13] + hours[14]) / 2
    assert min(busy) > 1.5 * noon
    assert max(hours[hour] for hour in NIGHT) < noon / 3
    assert sum(hours[hour] for hour in NIGHT) > 5


def test_a_flood_at_one_hub_brings_a_burst_by_more_than_fifty_customers(
    day: list[Moment], forms: list[ContactForm]
) -> None:
    burst = [
        (moment.at, form) for moment, form in zip(day, forms, strict=True) if form.hub == FLOODED
    ]
    assert len({form.customer for _, form in burst}) > 50
    assert len({form.waybill for _, form in burst}) > 50
    first_hour = [at for at, _ in burst if at < burst[0][0] + 3600]
    assert len(first_hour) > 45


def test_people_come_back_about_the_same_parcel_also_by_another_channel(
    forms: list[ContactForm],
) -> None:
    about = defaultdict(list)
    for form in forms:
        if form.customer and form.waybill:
            about[form.customer].append(form)
    again = [matter for matter in about.values() if len(matter) > 1]
    assert len(again) >= 60
    assert sum(1 for matter in again if len({form.channel for form in matter}) > 1) >= 30


def test_a_contact_comes_at_once_and_the_day_lasts_ten_minutes_and_more(day: list[Moment]) -> None:
    seconds = DEMO_MINUTES * 60 / DAY_SECONDS
    assert [moment.at * seconds < 1 for moment in day[:3]] == [True] * 3
    assert day[-1].at * seconds > 600
    waits = [(later.at - one.at) * seconds for one, later in pairwise(day) if later.at < 16 * 3600]
    assert max(waits) < 15


def test_the_half_hours_of_a_day_are_told_once_each() -> None:
    assert [clock_words(at) for at in half_hours(0, 5400)] == ["06:30", "07:00", "07:30"]
    assert list(half_hours(1800, 1800)) == list(half_hours(1700, 1799)) == []
    assert len(list(half_hours(0, DAY_SECONDS))) == 48


def test_scenes_name_what_happens(lines: list[dict[str, Any]]) -> None:
    scenes = [line["scene"] for line in lines if "scene" in line]
    assert len(scenes) == len(set(scenes)) >= 5
    assert any("临江" in scene for scene in scenes)
