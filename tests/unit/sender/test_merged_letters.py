"""What the head of a merge writes stands in the letters to complainants of the merged cases."""

import pytest

from schemas.merging import MergeLink
from schemas.notice_words import NoticeKind
from schemas.vocabulary import ChangeKind
from tests.unit.sender.office import Office


@pytest.mark.parametrize(
    ("kind", "is_written"),
    [
        (ChangeKind.PROPOSED, True),
        (ChangeKind.EXTENDED, True),
        (ChangeKind.CUSTOMER_UPDATED, True),
        (ChangeKind.WAITING_STARTED, False),
    ],
)
def test_the_words_of_a_head_are_written_where_they_are_for_customers(
    kind: ChangeKind, is_written: bool
) -> None:
    office = Office()
    link = MergeLink(merge_id="M1", head="case-0", child="case-1", kind=kind)
    office.happens(ChangeKind.HEAD_CHANGED, note="我们愿意补寄一件。", merge=link)
    letter = office.letter(kind=NoticeKind.PROGRESS)
    assert ("我们愿意补寄一件。" in letter.text) is is_written
