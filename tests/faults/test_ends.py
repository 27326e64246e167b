"""A run that came to another end than its reference is told from one that did not."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.ends import End, changed, compared, differences
from tests.support.builders import NOON, at


def an_end(*contacts: str, is_worked: bool = False, **facts: object) -> End:
    known = {"level": 1, "begins": NOON, "relations": Counter(new=1), "timer": at(hours=1)}
    return End(frozenset(contacts), known | facts, is_worked)


REFERENCE = (an_end("a"), an_end("b", "c"), an_end("d", "someone's"), an_end("e", is_worked=True))
SETTLED = ("a", "b", "c", "d", "e")


def test_the_same_end_is_none_other_in_whatever_order() -> None:
    assert list(differences(REFERENCE, REFERENCE[::-1], SETTLED)) == []
    assert len(compared(REFERENCE, REFERENCE)) == 3


@pytest.mark.parametrize(
    "other",
    [
        (an_end("a", level=2), *REFERENCE[1:]),
        (an_end("a", begins=at(minutes=1)), *REFERENCE[1:]),
        (an_end("a", relations=Counter(new=2)), *REFERENCE[1:]),
        (an_end("a", timer=None), *REFERENCE[1:]),
        (REFERENCE[0], an_end("b"), an_end("c"), *REFERENCE[2:]),
        (an_end("a", "b", "c"), *REFERENCE[2:]),
    ],
    ids=["level", "beginning", "relation", "clock", "a case in two", "two cases in one"],
)
def test_another_end_is_found(other: tuple[End, ...]) -> None:
    assert list(differences(REFERENCE, other, SETTLED)) != []


def test_what_depends_on_who_came_first_may_differ() -> None:
    alone, joined = an_end("someone's", level=3), an_end("d", level=2)
    worked = replace(REFERENCE[3], facts={"level": 4}, is_worked=True)
    assert list(differences(REFERENCE, (*REFERENCE[:2], alone, joined, worked), SETTLED)) == []


def test_what_is_stored_otherwise_is_named() -> None:
    assert changed({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4}) == ["b", "c", "d"]
