"""Sums that are not at stake, prices for each of several pieces, and what is said but not meant."""

from time import process_time

import pytest

from services.severity.facts import with_magnitudes
from services.severity.logic import Contact, Judge
from services.severity.numerals import numerals
from services.severity.policy import SeverityPolicy
from services.severity.reading import Reader
from tests.unit.severity.contrasts import FITTED, FRESH, Contrast

LEAST_FITTED, LEAST_FRESH = 0.9, 0.7


@pytest.fixture(scope="module")
def reader(policy: SeverityPolicy) -> Reader:
    return Reader(policy)


@pytest.mark.parametrize(
    ("contrasts", "least"), [(FITTED, LEAST_FITTED), (FRESH, LEAST_FRESH)], ids=["fitted", "fresh"]
)
def test_near_twins_on_either_side_of_a_border_are_told_apart(
    judge: Judge, contrasts: tuple[Contrast, ...], least: float
) -> None:
    scores = judge.judge_all([Contact(one.text) for one in contrasts])
    right = [one.level == score.level for one, score in zip(contrasts, scores, strict=True)]
    assert sum(right) >= least * len(right)


@pytest.mark.parametrize(
    "text",
    [
        "不值十万",
        "我年薪二十万",
        "要是里面是十万块的东西怎么办?",
        "is it worth more? not 100,000 yuan",
        "my rent is 6,000 yuan a month",
        "i hope you never lose a parcel worth 100,000 dollars",
        "i'd pay 10,000 dollars to hear a human voice",
        "件晚了,赔我十万",
    ],
)
def test_a_sum_that_is_not_at_stake_is_none(reader: Reader, text: str) -> None:
    assert reader.read(text, None, 0, None).amount_cny is None


@pytest.mark.parametrize(
    ("text", "cny"),
    [
        ("不值十万,就三千块", 3000),
        ("是不是值十万块?十万块呢", 100_000),
        ("You refunded 300 yuan, not 3,000 yuan", 3000),
        ("手机丢了,赔我三千", 3000),
        ("杯子碎了,三百块买的,赔我三千", 300),
        ("I sent the 6,000 yuan phone a month ago", 6000),
    ],
)
def test_a_sum_beside_it_still_counts(reader: Reader, text: str, cny: float) -> None:
    assert reader.read(text, None, 0, None).amount_cny == pytest.approx(cny)


@pytest.mark.parametrize(
    ("text", "cny"),
    [
        ("four vases, 3,000 yuan each", 12_000),
        ("each worth 3,000 yuan, four of them", 12_000),
        ("20 boxes at 300 yuan per box", 6000),
        ("3 x 2,000 yuan", 6000),
        ("三部手机丢了,两千一部", 6000),
        ("二十瓶酒全碎,一瓶三百", 6000),
        ("20 days late, 300 yuan each", 300),
    ],
)
def test_a_price_for_each_is_multiplied(reader: Reader, text: str, cny: float) -> None:
    assert reader.read(text, None, 0, None).amount_cny == pytest.approx(cny)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a grand and a half", [1500]),
        ("one and a half million", [1_500_000]),
        ("half a million", [500_000]),
        ("two lakh", [200_000]),
        ("2 bn", [2e9]),
        ("2.500.000", [2_500_000]),
        ("20,00,000", [2_000_000]),
        ("两千一部", [2000, 1]),
        ("两千一", [2100]),
        ("half a dozen", [6]),
    ],
)
def test_more_ways_to_write_a_number_are_read(text: str, values: list[float]) -> None:
    assert [number.value for number in numerals(text)] == values


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("我年薪二十万,件没到", "我年薪,件没到。"),
        ("件没到,心态炸了", "件没到,。"),
    ],
)
def test_the_model_does_not_read_what_is_not_meant(reader: Reader, text: str, read: str) -> None:
    assert with_magnitudes(reader.read(text, None, 0, None)) == read


@pytest.mark.parametrize(
    "unit", ["不是那块", "not a ", "if it was ", "1,", "一个", "each ", "九万"]
)
def test_no_text_takes_long(reader: Reader, unit: str) -> None:
    begun = process_time()
    reader.read(unit * (8000 // len(unit)) + "9000 yuan", None, 0, None)
    assert process_time() - begun < 1
