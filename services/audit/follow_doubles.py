"""Notices that may have arrived twice: each counts once, however often its ends are told."""

from typing import Protocol

from services.audit.logic.history import opened
from services.audit.logic.notices import STEPS


class DoublesKnown(Protocol):
    """Which notices were counted; kept, so that what is told after a restart counts nothing."""

    def is_new_double(self, notice_id: str) -> bool:
        """Remember a notice; return whether it was not remembered before.

        Raises:
            OutageError: MongoDB is away.
        """
        ...


class DoubleWatch:
    """Hears how notices ended. Holds none of them itself."""

    def __init__(self, known: DoublesKnown) -> None:
        self._known = known

    def heard(self, value: bytes | None) -> bool:
        """Return whether a record of ``notifications.settled`` is the first that owns up to more
        than one attempt of its notice."""
        body = opened(value) or {}
        notice_id, attempts = body.get("notice_id"), body.get("attempts")
        if not isinstance(notice_id, str) or not isinstance(attempts, int) or attempts <= 1:
            return False
        return body.get("state") not in STEPS and self._known.is_new_double(notice_id)
