"""Check G: a case only moves as the life cycle allows.

The table is written down a second time on purpose: a change of the worker's own table that
was not meant shows here.
"""

from typing import Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import Event, History

_OPEN: Final = frozenset({"received", "assigned", "acknowledged", "reopened"})
_SETTLED: Final = frozenset({"resolved", "closed"})
_ALL: Final = _OPEN | _SETTLED
_NOBODY: Final = ""

_STAYS: Final = {status: frozenset({status}) for status in _ALL}
MOVES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "opened": {_NOBODY: frozenset({"received"})},
    "contact_added": _STAYS,
    "noted": _STAYS,
    "level_raised": _STAYS,
    "clock_warned": _STAYS,
    "clock_breached": _STAYS,
    "escalated": _STAYS,
    "assigned": {
        "received": frozenset({"assigned"}),
        **{status: frozenset({status}) for status in _OPEN - {"received"}},
    },
    "acknowledged": {status: frozenset({"acknowledged"}) for status in _OPEN - {"acknowledged"}},
    "resolved": {status: frozenset({"resolved"}) for status in _OPEN},
    "closed": {"resolved": frozenset({"closed"})},
    "reopened": {status: frozenset({"reopened"}) for status in _SETTLED},
}
"""Kind of change → status before → statuses after; what is missing is not allowed."""


class MovesCheck:
    """Feed each case once."""

    def __init__(self) -> None:
        self._found = Findings("G", "cases move as the life cycle allows")

    def case(self, history: History) -> None:
        """The log of one case."""
        before = _NOBODY
        for event in history.events:
            self._found.examined += 1
            after = str(event.body.get("status"))
            if event.body and not is_allowed(event, before):
                move = f"{event.body.get('kind')}: {before or 'nothing'} to {after}"
                self._found.found(Defect.ILLEGAL_MOVE, f"{history.case_key}#{event.seq}", move)
            before = after

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found


def is_allowed(event: Event, before: str) -> bool:
    """Return whether this change may happen to a case in status ``before``."""
    moves = MOVES.get(str(event.body.get("kind")), {})
    return event.body.get("status") in moves.get(before, frozenset())
