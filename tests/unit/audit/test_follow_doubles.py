"""A notice that may have arrived twice counts once, however its ends are told."""

import pytest

from schemas.codec import encode
from schemas.notice_words import NoticeState
from schemas.notices import NoticeSettled
from services.audit.follow_doubles import DoubleWatch
from tests.support.builders import a_settled_notice

SENT, DELIVERED = NoticeState.SENT, NoticeState.DELIVERED


class Known:
    """What outlives a watch."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def is_new_double(self, notice_id: str) -> bool:
        is_new = notice_id not in self.names
        self.names.add(notice_id)
        return is_new


@pytest.fixture
def watch() -> DoubleWatch:
    return DoubleWatch(Known())


def heard(watch: DoubleWatch, *records: NoticeSettled) -> list[bool]:
    return [watch.heard(encode(record)) for record in records]


def test_one_resent_notice_counts_once_when_it_is_delivered_and_told_again(
    watch: DoubleWatch,
) -> None:
    sent = a_settled_notice(state=SENT, attempts=2)
    delivered = a_settled_notice(state=DELIVERED, attempts=2, epoch=1)
    assert heard(watch, sent, sent, delivered, sent) == [True, False, False, False]


def test_each_of_two_resent_notices_counts(watch: DoubleWatch) -> None:
    both = (a_settled_notice(name, attempts=2) for name in ("N1", "N2"))
    assert heard(watch, *both) == [True, True]


def test_a_notice_counts_from_the_attempt_that_made_it_a_double(watch: DoubleWatch) -> None:
    ends = (a_settled_notice(attempts=number, epoch=number - 1) for number in (1, 2, 3))
    assert heard(watch, *ends) == [False, True, False]


def test_what_was_counted_before_a_restart_is_not_counted_after_it() -> None:
    known = Known()
    assert heard(DoubleWatch(known), a_settled_notice(attempts=2)) == [True]
    assert heard(DoubleWatch(known), a_settled_notice(state=DELIVERED, attempts=2)) == [False]


@pytest.mark.parametrize("value", [None, b"{", b'{"attempts":2}', b'{"notice_id":7,"attempts":2}'])
def test_what_is_no_end_of_a_notice_counts_nothing(watch: DoubleWatch, value: bytes | None) -> None:
    assert not watch.heard(value)
