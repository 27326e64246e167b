"""What a clerk may do with a case in each status, and what each action asks for. Pure.

The life cycle decides (``services/cases/lifecycle.yaml``); this only keeps buttons off the
page that it would refuse. A test compares the two.
"""

from dataclasses import dataclass
from typing import Final, Literal

from schemas.vocabulary import CaseStatus, CommandKind

Field = Literal["assignee", "note"]
_UNSETTLED: Final = frozenset(
    {CaseStatus.RECEIVED, CaseStatus.ASSIGNED, CaseStatus.ACKNOWLEDGED, CaseStatus.REOPENED}
)
_ANY: Final = _UNSETTLED | {CaseStatus.RESOLVED, CaseStatus.CLOSED}


@dataclass(frozen=True, slots=True)
class Action:
    """One command: when it is offered, which field it needs, and the key that opens it."""

    kind: CommandKind
    allowed_from: frozenset[CaseStatus]
    shortcut: str
    field: Field | None = None


ACTIONS: Final = (
    Action(CommandKind.ACKNOWLEDGE, _UNSETTLED - {CaseStatus.ACKNOWLEDGED}, "a"),
    Action(CommandKind.ASSIGN, _UNSETTLED, "s", "assignee"),
    Action(CommandKind.RESOLVE, _UNSETTLED, "r", "note"),
    Action(CommandKind.CLOSE, frozenset({CaseStatus.RESOLVED}), "c"),
    Action(CommandKind.REOPEN, frozenset({CaseStatus.RESOLVED, CaseStatus.CLOSED}), "o", "note"),
    Action(CommandKind.NOTE, _ANY, "n", "note"),
)


def offered(status: CaseStatus) -> tuple[Action, ...]:
    """Return the actions to offer. In a status that this version does not know, all are: the
    case's own worker may know it."""
    if status is CaseStatus.UNKNOWN:
        return ACTIONS
    return tuple(action for action in ACTIONS if status in action.allowed_from)
