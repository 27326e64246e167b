"""Who says nothing in words says it of any matter."""

import pytest

from tests.support.builders import a_contact, at
from tests.support.dedup_desk import Desk


@pytest.mark.parametrize("text", ["…", "？？？", "😡", "。。。"])
def test_signs_alone_are_no_sign_that_it_is_the_same_matter(text: str) -> None:
    """As of a mail that is only a picture: of a cup last week, of a lamp today."""
    first, second = Desk().take(
        a_contact("a", waybill=None, text=text),
        a_contact("b", waybill=None, text=text, received_at=at(days=7)),
    )
    assert first.case_id != second.case_id
