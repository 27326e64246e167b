"""Who writes, where, and of which parcel raises no level; what goes wrong still does."""

from time import process_time

import pytest

from services.severity.facts import with_magnitudes
from services.severity.logic import Contact, Judge
from services.severity.policy import SeverityPolicy
from services.severity.reading import Reader
from tests.unit.severity.particulars import (
    CHINESE,
    CHINESE_ADDITIONS,
    ENGLISH,
    ENGLISH_ADDITIONS,
)


@pytest.fixture(scope="module")
def reader(policy: SeverityPolicy) -> Reader:
    return Reader(policy)


@pytest.mark.parametrize("addition", CHINESE_ADDITIONS)
def test_what_is_added_to_a_chinese_complaint_never_raises_its_level(
    judge: Judge, addition: str
) -> None:
    assert raised(judge, CHINESE, addition) == []


@pytest.mark.parametrize("addition", ENGLISH_ADDITIONS)
def test_what_is_added_to_an_english_complaint_never_raises_its_level(
    judge: Judge, addition: str
) -> None:
    assert raised(judge, ENGLISH, addition) == []


def raised(judge: Judge, complaints: tuple[str, ...], addition: str) -> list[str]:
    """Return what is rated higher with the addition than without."""
    plain = judge.judge_all([Contact(one) for one in complaints])
    added = [addition.format(one) for one in complaints]
    scores = judge.judge_all([Contact(one) for one in added])
    return [
        one
        for one, before, after in zip(added, plain, scores, strict=True)
        if after.level > before.level
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("还没到,电话13812345678", "还没到。"),
        ("还没到。联系电话:138-1234-5678 转 806", "还没到。"),
        ("单号SF1388002277661,还没到", "还没到。"),
        ("你好,还没到", "还没到。"),
        ("还没到。此致敬礼,王建国", "还没到。"),
        ("还没到。地址:张江路123弄45号602室", "还没到。"),
        ("打12305也没用", "打12305也没用。"),
        ("你们把13812345678发到群里", "你们把发到群里。"),
        ("It is late. My number is 555-867-5309.", "it is late."),
        ("It is late.\nKind regards,\nM. Oyelaran, Purchasing", "it is late."),
        ("It is late. Regards, Tom. PS: it burned", "it is late. regards, tom. ps: it burned。"),
        ("Dear Sir or Madam, it is late", "it is late。"),
    ],
)
def test_the_model_reads_a_text_without_particulars(reader: Reader, text: str, read: str) -> None:
    assert with_magnitudes(reader.read(text, None, 0, None)).replace("\n", "") == read


@pytest.mark.parametrize("text", ["你好", "电话13812345678", "Kind regards, Tom", "Hello there!"])
def test_a_text_of_nothing_else_stays(reader: Reader, text: str) -> None:
    reading = reader.read(text, None, 0, None)
    assert not reading.particulars
    assert reading.text


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "a1", "号", "1号", "my number ", "电话1", "1-", "(1) ", ", 1 a st ", "hi "]
)
def test_no_text_takes_long(reader: Reader, unit: str) -> None:
    begun = process_time()
    reader.read(unit * (8000 // len(unit)), None, 0, None)
    assert process_time() - begun < 1
