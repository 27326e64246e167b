"""Check G: a case only moves as the life cycle allows, and its level falls only by a person.

The table is written down a second time on purpose: a change of the worker's own table that
was not meant shows here.
"""

from typing import Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import Event, History

_OPEN: Final = frozenset(
    {
        "received",
        "assigned",
        "acknowledged",
        "investigating",
        "waiting",
        "proposed",
        "transferred",
        "reopened",
    }
)
_WORKED: Final = _OPEN - {"received", "assigned"}
_ANSWERED: Final = frozenset({"resolved", "rejected", "closed", "archived"})
_PAYABLE: Final = _WORKED | {"resolved", "rejected", "closed"}
_ALL: Final = _OPEN | _ANSWERED | {"appealed"}
_NOBODY: Final = ""
_PERSON: Final = "clerk:"


def _staying(statuses: frozenset[str]) -> dict[str, frozenset[str]]:
    return {status: frozenset({status}) for status in statuses}


def _leading(statuses: frozenset[str], after: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(statuses, frozenset({after}))


_STAYS: Final = _staying(_ALL)
MOVES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "opened": {_NOBODY: frozenset({"received"})},
    "appeal_opened": {_NOBODY: frozenset({"received"})},
    "contact_added": _STAYS,
    "noted": _STAYS,
    "level_raised": _STAYS,
    "clock_warned": _STAYS,
    "clock_breached": _STAYS,
    "escalated": _STAYS,
    "escalation_skipped": _STAYS,
    "team_passed_over": _STAYS,
    "breach_retracted": _STAYS,
    "extended": _staying(_OPEN),
    "customer_updated": _staying(_OPEN),
    "rebased": _staying(_OPEN),
    "task_given": _staying(_OPEN),
    "task_done": _staying(_OPEN),
    "task_withdrawn": _staying(_OPEN),
    "assigned": _staying(_OPEN) | _leading(frozenset({"received", "transferred"}), "assigned"),
    "acknowledged": _leading(
        frozenset({"received", "assigned", "transferred", "reopened"}), "acknowledged"
    ),
    "investigation_started": _leading(
        frozenset({"acknowledged", "proposed", "transferred", "reopened"}), "investigating"
    ),
    "waiting_started": _leading(_WORKED - {"waiting"}, "waiting"),
    "resumed": _leading(frozenset({"waiting"}), "investigating"),
    "proposed": _leading(_WORKED - {"proposed"}, "proposed"),
    "resolved": _leading(_OPEN, "resolved"),
    "rejected": _leading(_OPEN, "rejected"),
    "transferred": _leading(_OPEN, "transferred"),
    "closed": _leading(frozenset({"resolved", "rejected"}), "closed"),
    "archived": _leading(frozenset({"closed"}), "archived"),
    "reopened": _leading(_ANSWERED | {"appealed"}, "reopened"),
    "appealed": _leading(_ANSWERED, "appealed"),
    "recorded": _staying(_ALL - {"archived"}),
    "compensation_proposed": _staying(_PAYABLE),
    "compensation_approved": _staying(_PAYABLE),
    "compensation_refused": _staying(_PAYABLE),
    "payment_requested": _staying(_PAYABLE),
    "payment_settled": _STAYS,
    "payment_unanswered": _STAYS,
    "survey_requested": _staying(_ANSWERED),
    "survey_unreachable": _staying(_ANSWERED),
    "rated": _staying(_ANSWERED),
    "appeal_offered": _staying(_ANSWERED),
    "legal_hold_set": _STAYS,
    "merge_offered": _STAYS,
    "merge_refused": _STAYS,
    "merged": _staying(_OPEN),
    "unmerged": _STAYS,
    "absorbed_into": _staying(_OPEN),
    "detached": _STAYS,
    "merged_case_changed": _STAYS,
    "answered_through_head": _STAYS,
    "head_changed": _STAYS,
    "incident_joined": _STAYS,
    "corrected": _staying(_ALL - {"archived"}),
    "confirmed": _staying(_ALL - {"archived"}),
    "incident_level_told": _STAYS,
    "incident_left": _STAYS,
    "suggestion_dismissed": _STAYS,
    "legal_hold_released": _STAYS,
    "anonymised": _staying(frozenset({"rejected", "closed", "archived", "appealed"})),
}
"""Kind of change → status before → statuses after; what is missing is not allowed."""


class MovesCheck:
    """Feed each case once."""

    def __init__(self) -> None:
        self._found = Findings("G", "cases move as the life cycle allows")

    def case(self, history: History) -> None:
        """The log of one case."""
        before, level = _NOBODY, 1
        for event in history.events:
            self._found.examined += 1
            after = str(event.body.get("status"))
            if event.body and not is_allowed(event, before):
                move = f"{event.body.get('kind')}: {before or 'nothing'} to {after}"
                self._found.found(Defect.ILLEGAL_MOVE, f"{history.case_key}#{event.seq}", move)
            before = after
            level = self._level(history, event, level)

    def _level(self, history: History, event: Event, level: int) -> int:
        after = event.body.get("level")
        if not isinstance(after, int):
            return level
        by_person = str(event.body.get("actor")).startswith(_PERSON)
        if after < level and not (by_person and event.body.get("kind") == "corrected"):
            move = f"{event.body.get('kind')}: {level} to {after}"
            self._found.found(Defect.LOWERED, f"{history.case_key}#{event.seq}", move)
        return after

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found


def is_allowed(event: Event, before: str) -> bool:
    """Return whether this change may happen to a case in status ``before``."""
    moves = MOVES.get(str(event.body.get("kind")), {})
    return event.body.get("status") in moves.get(before, frozenset())
