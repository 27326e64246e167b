"""What the head of a merge writes stands in the letters to complainants of the merged cases."""

import pytest

from schemas.cases import CaseChanged
from schemas.handling import Apology, RecordEntry
from schemas.merging import MergeLink
from schemas.notice_words import NoticeKind
from schemas.vocabulary import ChangeKind, Channel
from services.domain.redress import load_redress
from services.sender.outcome import outcome_of
from tests.unit.notification.test_logic import a_change
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


def test_after_an_unmerge_no_answer_repeats_what_was_said_to_the_customer_of_the_other_case() -> (
    None
):
    link = MergeLink(merge_id="M1", head="case-1", child="case-2")

    def said(seq: int, text: str) -> CaseChanged:
        entry = RecordEntry(apology=Apology(channel=Channel.PHONE, text=text))
        return a_change(ChangeKind.RECORDED, seq, entry=entry)

    history = [
        said(1, "before"),
        a_change(ChangeKind.MERGED, 2, merge=link),
        said(3, "meanwhile"),
        a_change(ChangeKind.UNMERGED, 4, merge=link),
        said(5, "after"),
    ]
    assert outcome_of(history[:3], load_redress(), "en")["apologies"] == ("before", "meanwhile")
    assert outcome_of(history, load_redress(), "en")["apologies"] == ("before", "after")
