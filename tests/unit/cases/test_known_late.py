"""A contact that comes late to us may show that an answer was too late by law (it counts from the
first receipt); of our own limits nobody missed one that he could not know."""

from datetime import timedelta

import pytest

from schemas.vocabulary import ChangeKind
from tests.support.builders import NOON
from tests.unit.cases.street import Street, with_law


@pytest.fixture
def street() -> Street:
    return Street(policies=with_law())


def answered(street: Street) -> str:
    """Open a case, and answer it on the fifth day."""
    case = street.open("first", 0)
    street.until(5)
    street.act(case, "resolve", note="It was found.")
    street.until(6)
    return case


def breached(street: Street, case: str) -> list[tuple[str, bool | None, str | None]]:
    return [
        (str(one.stage), one.late, one.reason)
        for one in street.history(case)
        if one.kind is ChangeKind.CLOCK_BREACHED and one.clock == "statutory"
    ]


def test_an_older_contact_after_the_answer_owns_up_to_the_legal_limit(street: Street) -> None:
    case = answered(street)
    assert breached(street, case) == []
    street.contact(case, "letter", NOON - timedelta(days=4))
    assert breached(street, case) == [("statutory:breach:0", True, "stopped_too_late")]
    (told,) = [one for one in street.history(case) if one.clock == "statutory"][-1:]
    assert told.due_at == NOON + timedelta(days=3)
    assert street.kinds(case)[-3:] == ["contact_added", "clock_breached", "reopened"]


def test_it_is_owned_up_to_once(street: Street) -> None:
    case = answered(street)
    for number in (4, 5):
        street.contact(case, f"letter-{number}", NOON - timedelta(days=number))
    assert len(breached(street, case)) == 1


def test_an_older_contact_that_was_answered_in_time_all_the_same_breaches_nothing(
    street: Street,
) -> None:
    case = answered(street)
    street.contact(case, "letter", NOON - timedelta(days=1))
    assert breached(street, case) == []


def test_a_newer_contact_says_nothing_of_the_answer_before_it(street: Street) -> None:
    case = answered(street)
    street.contact(case, "again", NOON + timedelta(days=6))
    assert breached(street, case) == []
