"""Who had to be told, and was reached by nothing: ends that a person must look after. Pure."""

from typing import Final

from schemas.notice_words import NoticeState
from schemas.notices import NoticeSettled

_ENDS: Final = frozenset({NoticeState.FAILED, NoticeState.SUPPRESSED})
"""A notice that is in doubt may have arrived: it is settled by whoever looks into the provider's
log."""
_NOBODY_MISSES_IT: Final = frozenset(
    {"bundled", "daily", "merged", "no_team_above", "nothing_to_tell"}
)
"""Told by another notice (a digest, the head of a merged case), or there is nobody to tell."""


def reached_nobody(mandatory: bool, state: str, reason: str | None) -> bool:
    """Return whether a notice that had to be told ended without any way left to its recipient.

    >>> reached_nobody(True, "suppressed", "no_address"), reached_nobody(True, "sent", None)
    (True, False)
    >>> reached_nobody(True, "suppressed", "bundled:clock_breached")
    False
    """
    word = (reason or "").partition(":")[0]
    return mandatory and state in _ENDS and word not in _NOBODY_MISSES_IT


def is_unreached(end: NoticeSettled) -> bool:
    """Return the same of a record that says whether it had to be told."""
    return reached_nobody(bool(end.mandatory), end.state, end.reason)


def kind_of(recipient: str) -> str:
    """Return what somebody is, for a count: ``contact`` (a complainant), ``team``, ``clerk``,
    ``partner``."""
    return recipient.partition(":")[0]
