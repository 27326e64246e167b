"""A merge on the timeline of a case. Pure."""

from collections.abc import Iterable

from schemas.cases import CaseChanged
from schemas.merging import MergeLink
from services.console.language import Texts


def merge_words(change: CaseChanged, link: MergeLink, texts: Texts) -> Iterable[str]:
    """Yield the other case of a merge, and what happened to it."""
    yield link.child if link.head == change.case_id else link.head
    if link.origin is not None:
        yield texts.word("change", link.origin.kind)
    elif link.status is not None:
        yield texts.word("status", link.status)
