"""What a clerk may do with a case in each status, and what each action asks for. Pure.

The life cycle decides (``services/domain/lifecycle.yaml``); this only keeps buttons off the
page that it would refuse. A test compares the two.
"""

from dataclasses import dataclass
from typing import Final, Literal

from schemas.merging import BETWEEN_CASES
from schemas.vocabulary import CaseStatus, CommandKind

Field = Literal[
    "assignee", "note", "reason", "waiting_for", "unit", "entry", "compensation", "decision",
    "rating", "contact", "other", "clock", "amount", "payment", "correction",
]  # fmt: skip
_OPEN: Final = frozenset(
    {
        CaseStatus.RECEIVED,
        CaseStatus.ASSIGNED,
        CaseStatus.ACKNOWLEDGED,
        CaseStatus.INVESTIGATING,
        CaseStatus.WAITING,
        CaseStatus.PROPOSED,
        CaseStatus.TRANSFERRED,
        CaseStatus.REOPENED,
    }
)
_WORKED: Final = _OPEN - {CaseStatus.RECEIVED, CaseStatus.ASSIGNED}
_ANSWERED: Final = frozenset(
    {CaseStatus.RESOLVED, CaseStatus.REJECTED, CaseStatus.CLOSED, CaseStatus.ARCHIVED}
)
_ANY: Final = _OPEN | _ANSWERED | {CaseStatus.APPEALED}
_RECORDED: Final = _ANY - {CaseStatus.ARCHIVED}
_PAYABLE: Final = _WORKED | {CaseStatus.RESOLVED, CaseStatus.REJECTED, CaseStatus.CLOSED}
_TO_ACKNOWLEDGE: Final = frozenset(
    {CaseStatus.RECEIVED, CaseStatus.ASSIGNED, CaseStatus.TRANSFERRED, CaseStatus.REOPENED}
)
_TO_INVESTIGATE: Final = frozenset(
    {
        CaseStatus.ACKNOWLEDGED,
        CaseStatus.PROPOSED,
        CaseStatus.TRANSFERRED,
        CaseStatus.REOPENED,
    }
)
REASONS: Final = (
    "not_substantiated", "customer_liable", "force_majeure", "out_of_time", "settled_before",
    "withdrawn", "abusive",
)  # fmt: skip
"""Why a complaint may be rejected."""
IN_PLACE: Final[dict[CommandKind, tuple[Field, ...]]] = {
    CommandKind.DISMISS_SUGGESTION: (),
    CommandKind.FINISH_TASK: ("note",),
    CommandKind.WITHDRAW_TASK: ("note",),
}
"""What is done where it stands on the page, a suggestion or a task, and is no button of its own."""
NOT_A_CLERKS: Final = frozenset(
    {
        CommandKind.OPEN_APPEAL,
        CommandKind.FOLLOW_UP,
        CommandKind.ANONYMISE,
        CommandKind.REBASE,
        *IN_PLACE,
        *BETWEEN_CASES,
    }
)
"""Commands of the system and between cases, and the move to other policies, which is previewed
for all cases on the command line: no buttons; and what is done in its own place."""


@dataclass(frozen=True, slots=True)
class Action:
    """One command: when it is offered, which fields it needs, and the key that opens it."""

    kind: CommandKind
    allowed_from: frozenset[CaseStatus]
    shortcut: str
    fields: tuple[Field, ...] = ()


ACTIONS: Final = (
    Action(CommandKind.ACKNOWLEDGE, _TO_ACKNOWLEDGE, "a"),
    Action(CommandKind.ASSIGN, _OPEN, "s", ("assignee",)),
    Action(CommandKind.INVESTIGATE, _TO_INVESTIGATE, "i"),
    Action(CommandKind.WAIT, _WORKED - {CaseStatus.WAITING}, "w", ("waiting_for", "note")),
    Action(CommandKind.RESUME, frozenset({CaseStatus.WAITING}), "g"),
    Action(CommandKind.EXTEND, _OPEN, "3", ("clock", "amount", "reason", "note")),
    Action(CommandKind.UPDATE, _OPEN, "5", ("note",)),
    Action(CommandKind.RECORD, _RECORDED, "d", ("entry",)),
    Action(CommandKind.PROPOSE, _WORKED - {CaseStatus.PROPOSED}, "b", ("note",)),
    Action(CommandKind.RESOLVE, _OPEN, "r", ("note",)),
    Action(CommandKind.REJECT, _OPEN, "x", ("reason", "note")),
    Action(CommandKind.TRANSFER, _OPEN, "t", ("unit", "note")),
    Action(CommandKind.GIVE_TASK, _OPEN, "6", ("unit", "note")),
    Action(CommandKind.COMPENSATE, _PAYABLE, "m", ("compensation",)),
    Action(CommandKind.APPROVE_COMPENSATION, _PAYABLE, "y", ("decision",)),
    Action(CommandKind.REFUSE_COMPENSATION, _PAYABLE, "u", ("decision", "note")),
    Action(CommandKind.SETTLE_PAYMENT, _ANY, "2", ("payment",)),
    Action(CommandKind.CLOSE, frozenset({CaseStatus.RESOLVED, CaseStatus.REJECTED}), "c"),
    Action(CommandKind.RATE, _ANSWERED, "q", ("rating",)),
    Action(CommandKind.REOPEN, _ANSWERED, "o", ("note",)),
    Action(CommandKind.APPEAL, _ANSWERED, "e", ("note", "contact")),
    Action(CommandKind.ARCHIVE, frozenset({CaseStatus.CLOSED}), "z"),
    Action(CommandKind.CORRECT, _RECORDED, "4", ("correction",)),
    Action(CommandKind.MERGE, _OPEN, "v", ("other",)),
    Action(CommandKind.UNMERGE, _ANY, "0", ("other",)),
    Action(CommandKind.NOTE, _ANY, "n", ("note",)),
    Action(CommandKind.HOLD, _ANY, "h", ("note",)),
    Action(CommandKind.RELEASE, _ANY, "f", ("note",)),
)
_ABOUT_PROPOSAL: Final = frozenset(
    {CommandKind.APPROVE_COMPENSATION, CommandKind.REFUSE_COMPENSATION}
)


_OF_MERGED: Final = frozenset(
    {
        CommandKind.UNMERGE,
        CommandKind.HOLD,
        CommandKind.RELEASE,
        CommandKind.CORRECT,
        CommandKind.GIVE_TASK,
        CommandKind.SETTLE_PAYMENT,
    }
)
"""What is done to a case itself while it is merged; all else goes to its head."""


def offered(
    status: CaseStatus,
    has_proposal: bool = True,
    is_held: bool | None = None,
    has_merged: bool = True,
    is_merged: bool = False,
    can_extend: bool = True,
    has_payments: bool = True,
    can_ask: bool = True,
    may_approve: bool = True,
    may_refuse: bool = True,
) -> tuple[Action, ...]:
    """Return the actions to offer. In a status that this version does not know, all are: the
    case's own worker may know it.

    Without a proposal of money (``has_proposal``) nothing is approved; a hold is set where
    there is none and lifted where there is one (``is_held``; None: both are offered). Only
    what was merged (``has_merged``, ``is_merged``) is parted; only where law or policy leave
    time to give (``can_extend``) is a limit extended;
    only of a payment that was requested (``has_payments``) somebody says what came of it; a task is
    given where somebody may have another one (``can_ask``); money is approved and refused by whom
    the case would let (``may_approve``, ``may_refuse``).
    """
    left_out = set() if has_proposal else set(_ABOUT_PROPOSAL)
    if is_held is not None:
        left_out.add(CommandKind.HOLD if is_held else CommandKind.RELEASE)
    if not has_payments:
        left_out.add(CommandKind.SETTLE_PAYMENT)
    if not may_approve:
        left_out.add(CommandKind.APPROVE_COMPENSATION)
    if not may_refuse:
        left_out.add(CommandKind.REFUSE_COMPENSATION)
    if not can_ask:
        left_out.add(CommandKind.GIVE_TASK)
    if not can_extend:
        left_out.add(CommandKind.EXTEND)
    if not (has_merged or is_merged):
        left_out.add(CommandKind.UNMERGE)
    return tuple(
        action
        for action in ACTIONS
        if action.kind not in left_out
        and (not is_merged or action.kind in _OF_MERGED)
        and (status is CaseStatus.UNKNOWN or status in action.allowed_from)
    )
