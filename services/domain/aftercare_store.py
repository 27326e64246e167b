"""What aftercare and retention read of all cases, and the removal of personal data."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from schemas.cases import CaseState


class AftercareStore(Protocol):
    """Reads see only what a majority has; the removal returns when a majority has it. Every
    method raises OutageError when the database cannot do its part.

    What is found comes one by one, however much it is: no number of cases that stay where they
    are (held ones, say) hides those behind them. Cases may change meanwhile."""

    def due(self, until: datetime) -> Iterator[CaseState]:
        """Return cases whose next look is due at ``until``, the one due first first."""
        ...

    def ended(self, before: datetime) -> Iterator[CaseState]:
        """Return cases that were answered for good before ``before`` and still have personal
        data, the one that ended first first."""
        ...

    def anonymised(self, since: datetime) -> Iterator[CaseState]:
        """Return cases whose personal data were declared removed at or after ``since``."""
        ...

    def written_after(self) -> Iterator[CaseState]:
        """Return cases that changed after their personal data were declared removed."""
        ...

    def case(self, tenant: str, case_id: str) -> CaseState | None:
        """Return where another case stands that one names; None where it is not there."""
        ...

    def forget(self, tenant: str, case_id: str, at: datetime) -> int:
        """Remove the personal parts of a case's contacts; return how many still had any."""
        ...

    def worded(self, tenant: str, case_id: str) -> int:
        """Return how many log entries of a case hold what people wrote."""
        ...

    def forget_words(self, tenant: str, case_id: str, at: datetime) -> int:
        """Remove what people wrote about a case from its log, and from the labels that follow
        from it; return how many entries still had any."""
        ...

    def forget_caseless(self, before: datetime, at: datetime) -> int:
        """Remove the personal parts of contacts that never came to be a case, because a letter
        on their way was discarded before ``before``; return how many still had any."""
        ...

    def forget_letters(self, before: datetime) -> int:
        """Remove what was written on dead letters that ended before then; return on how many."""
        ...
