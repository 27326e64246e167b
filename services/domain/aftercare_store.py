"""What aftercare and retention read of all cases, and the removal of personal data."""

from datetime import datetime
from typing import Protocol

from schemas.cases import CaseState


class AftercareStore(Protocol):
    """Reads see only what a majority has; the removal returns when a majority has it. Every
    method raises OutageError when the database cannot do its part."""

    def due(self, until: datetime, limit: int) -> list[CaseState]:
        """Return cases whose next look is due at ``until``, the one due first first."""
        ...

    def ended(self, before: datetime, limit: int) -> list[CaseState]:
        """Return cases that were answered for good before ``before`` and still have personal
        data, the one that ended first first."""
        ...

    def anonymised(self, since: datetime) -> list[CaseState]:
        """Return cases whose personal data were declared removed at or after ``since``."""
        ...

    def forget(self, tenant: str, case_id: str, at: datetime) -> int:
        """Remove the personal parts of a case's contacts; return how many still had any."""
        ...
