"""A decision stands once it is stored, whatever would be decided today. Pure (ADR 0008).

To whom a change is told may depend on where its case stands, and that moves on: between a death
and the replay the case may have got another team. Then today's decision has other recipients, so
other ids, and what was stored would be neither found nor produced.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from schemas.codec import decode
from schemas.notice_words import NoticeKind
from schemas.notices import NoticeRequested, NoticeSettled
from services.domain.notice_store import NoticeRow
from services.notification.logic import Decision


class Stands(NamedTuple):
    """What of today's decisions counts, and what was stored beside it."""

    decisions: list[Decision]
    stored: list[NoticeRow]


def what_stands(decisions: Sequence[Decision], stored: Sequence[NoticeRow]) -> Stands:
    """Return what is to be produced of a change about which ``stored`` was decided before.

    Of a line of the table that told somebody else then, today's decision counts for nothing. A
    line that was not stored, because who decided died half-way, is decided today.
    """
    before = {row.key: row for row in stored if row.told.kind != NoticeKind.DIGEST}
    if not before:
        return Stands(list(decisions), [])
    today = {one.notice_id for one in decisions}
    elsewhere = [row for key, row in before.items() if key not in today]
    lines = {_line_of(row) for row in elsewhere}
    return Stands(
        [one for one in decisions if one.notice_id in before or one.rule not in lines], elsewhere
    )


def written_beside(stored: Iterable[NoticeRow], known: AbstractSet[str]) -> list[NoticeRow]:
    """Return what of the ``stored`` decisions about a change is none of the ``known`` ones; a
    digest is asked for by what it tells of."""
    return [row for row in stored if row.key not in known and row.told.kind != NoticeKind.DIGEST]


def _line_of(row: NoticeRow) -> str | None:
    """Return the line of the table that decided."""
    if row.told.is_requested:
        return decode(NoticeRequested, row.out).reason
    return decode(NoticeSettled, row.out).rule
