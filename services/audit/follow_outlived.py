"""Open cases that go by holidays of which more are known by now: they keep the calendars that they
began with, and those may end before their limits do, above all where a case is reopened in another
year."""

from collections.abc import Sequence
from datetime import date

from services.audit.logic.history import History
from services.audit.logic.open_minutes import as_date
from services.audit.logic.overdue import Left, OverdueCheck
from services.domain.policies import parse_yaml


class OutlivedCases:
    """Feed the archived calendars, then each case that was judged."""

    def __init__(self, check: OverdueCheck) -> None:
        self._check = check
        self._ends: dict[str, list[date]] = {}
        """By version: the last dates for which its holidays are known."""
        self._cases: set[str] = set()

    def __len__(self) -> int:
        return len(self._cases)

    def calendars(self, version: str, text: str) -> None:
        """A version of the calendars stands in the archive."""
        days = (parse_yaml(text).get("days") or {}).values()
        self._ends[version] = [as_date(one["known_until"]) for one in days]

    def judged(self, history: History, left: Sequence[Left]) -> None:
        """Count a case whose limits would end at another time by what is known today."""
        self.forget(history.case_key)
        pinned = _pinned(history)
        newest = max(self._ends, key=self._known, default=None)
        if pinned not in self._ends or newest is None or self._known(pinned) >= self._known(newest):
            return
        end = min(self._ends[pinned], default=date.max)
        if any(one.due.date() > end for one in left) and self._check.left(history, newest) != left:
            self._cases.add(history.case_key)

    def forget(self, case_key: str) -> None:
        """A case is open no more."""
        self._cases.discard(case_key)

    def keep(self, open_cases: set[str]) -> None:
        """Forget all cases but these."""
        self._cases &= open_cases

    def _known(self, version: str) -> int:
        return sum(one.toordinal() for one in self._ends[version])


def _pinned(history: History) -> str:
    """Return the version of the calendars that a case goes by now."""
    for event in reversed(list(history.events)):
        if pinned := event.body.get("policies"):
            return str(pinned.get("calendars"))
    return ""
