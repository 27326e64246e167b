"""What is no news any more when it could go at last. Pure."""

from collections.abc import Iterable
from typing import Final

from schemas.cases import CaseChanged
from schemas.notice_words import NoticeKind
from schemas.notices import NoticeRequested
from schemas.vocabulary import ANSWERED, ChangeKind

OVERTAKEN: Final = "overtaken"
LOOKED_THROUGH: Final = 200
"""So many changes of a case, from the one that a notice tells of, are looked through."""
_BY: Final = {
    NoticeKind.PROGRESS: frozenset(
        {ChangeKind.RESOLVED, ChangeKind.REJECTED, ChangeKind.ANSWERED_THROUGH_HEAD}
    ),
    NoticeKind.SURVEY: frozenset({ChangeKind.REOPENED, ChangeKind.APPEALED, ChangeKind.RATED}),
}
"""After an answer nobody wants to hear that we are still at it; nor how content he is who came back
on it, or said so himself."""
_TO_BE_DONE: Final = frozenset(
    {NoticeKind.WARNING, NoticeKind.BREACH, NoticeKind.TASK, NoticeKind.ENQUIRY}
)
"""What staff and partners are to see to while the case is open: with its answer its clocks end.
While it is open again, what was held from before is news again."""


def may_be_overtaken(notice: NoticeRequested) -> bool:
    """Return whether it is looked at what happened since: never of what is mandatory."""
    return (notice.kind in _BY or notice.kind in _TO_BE_DONE) and not notice.mandatory


def is_overtaken(notice: NoticeRequested, changes: Iterable[CaseChanged]) -> bool:
    """Return whether something among the changes of its case says so, that came after the one that
    the notice tells of: it may have waited for a cap, a provider, a night."""
    if not may_be_overtaken(notice):
        return False
    since = [one for one in changes if one.seq > notice.case_seq]
    if notice.kind in _TO_BE_DONE:
        return bool(since) and since[-1].status in ANSWERED
    return any(one.kind in _BY[notice.kind] for one in since)
