"""Which commands are legal, and what they lead to: written down a second time, from the guides
and not from the workers' code. Times are those of a run: minutes, so nothing becomes due and
no window ends."""

from collections.abc import Sequence
from typing import Final

from tests.simulation.conflict_checks import by_interest
from tests.simulation.evidence import Body
from tests.simulation.fold import fold
from tests.simulation.legal_judgements import by_judgement, differs
from tests.simulation.legal_merges import MERGING, OF_INCIDENTS, by_merges, has_room
from tests.simulation.legal_tasks import OF_TASKS, by_tasks

_OPEN: Final = {
    "received", "assigned", "acknowledged", "investigating", "waiting", "proposed", "transferred",
    "reopened",
}  # fmt: skip
_WORKED: Final = _OPEN - {"received", "assigned"}
_ANSWERED: Final = {"resolved", "rejected", "closed", "archived"}
BETWEEN: Final = ("absorb", "answer_merge", "detach", "tell_head", "tell_merged")
"""What the cases of a merge say to each other."""
_PAYABLE: Final = _WORKED | {"resolved", "rejected", "closed"}

_LEGAL: Final[dict[str, tuple[str, set[str] | None, str | None]]] = {
    "acknowledge": (
        "acknowledged", {"received", "assigned", "transferred", "reopened"}, "acknowledged",
    ),
    "assign": ("assigned", _OPEN, None),
    "note": ("noted", None, None),
    "investigate": (
        "investigation_started", {"acknowledged", "proposed", "transferred", "reopened"},
        "investigating",
    ),
    "wait": ("waiting_started", _WORKED - {"waiting"}, "waiting"),
    "resume": ("resumed", {"waiting"}, "investigating"),
    "propose": ("proposed", _WORKED - {"proposed"}, "proposed"),
    "resolve": ("resolved", _OPEN, "resolved"),
    "reject": ("rejected", _OPEN, "rejected"),
    "transfer": ("transferred", _OPEN, "transferred"),
    "close": ("closed", {"resolved", "rejected"}, "closed"),
    "archive": ("archived", {"closed"}, "archived"),
    "reopen": ("reopened", _ANSWERED, "reopened"),
    "appeal": ("appealed", _ANSWERED, "appealed"),
    "open_appeal": ("appeal_opened", None, "received"),
    "record": ("recorded", _OPEN | {"resolved", "rejected", "closed", "appealed"}, None),
    "compensate": ("compensation_proposed", _PAYABLE, None),
    "approve_compensation": ("compensation_approved", _PAYABLE, None),
    "refuse_compensation": ("compensation_refused", _PAYABLE, None),
    "settle_payment": ("payment_settled", None, None),
    "rate": ("rated", _ANSWERED, None),
    "hold": ("legal_hold_set", None, None),
    "release": ("legal_hold_released", None, None),
    "follow_up": ("survey_requested", None, None),
    "merge": ("merge_offered", _OPEN, None),
    "unmerge": ("unmerged", None, None),
    "absorb": ("absorbed_into", None, None),
    "answer_merge": ("merged", None, None),
    "detach": ("detached", None, None),
    "tell_head": ("merged_case_changed", None, None),
    "tell_merged": ("head_changed", None, None),
    "join_incident": ("incident_joined", None, None),
    "correct": ("corrected", _OPEN | {"resolved", "rejected", "closed", "appealed"}, None),
    "tell_incident_level": ("incident_level_told", None, None),
    "tell_incident_news": ("customer_updated", _OPEN, None),
    "leave_incident": ("incident_left", None, None),
    "dismiss_suggestion": ("suggestion_dismissed", None, None),
    "anonymise": ("anonymised", {"rejected", "closed", "archived", "appealed"}, None),
    "extend": ("extended", _OPEN, None),
    "update": ("customer_updated", _OPEN, None),
    "rebase": ("rebased", _OPEN, None),
    "give_task": ("task_given", _OPEN, None),
    "finish_task": ("task_done", _OPEN, None),
    "withdraw_task": ("task_withdrawn", _OPEN, None),
}  # fmt: skip
"""Command: the event it causes, the statuses it is legal in (None: all), where it leads."""

_NEEDS: Final = {
    "assign": ("assignee",), "note": ("note",), "wait": ("waiting_for", "note"),
    "propose": ("note",), "resolve": ("note",), "reject": ("reason", "note"),
    "transfer": ("unit", "note"), "reopen": ("note",), "appeal": ("note", "contact"),
    "open_appeal": ("note", "contact", "appeal"), "record": ("entry",),
    "compensate": ("compensation",), "approve_compensation": ("decision",),
    "refuse_compensation": ("decision", "note"), "settle_payment": ("payment",),
    "rate": ("rating",), "hold": ("note",), "release": ("note",),
    "extend": ("clock", "amount", "reason", "note"), "rebase": ("policies", "reason"),
    "update": ("note",), "give_task": ("unit", "note"),
    "finish_task": ("task", "note"), "withdraw_task": ("task", "note"),
    "merge": ("other",), "unmerge": ("other",),
    "join_incident": ("other",), "leave_incident": ("other",),
    "tell_incident_level": ("other", "incident"), "dismiss_suggestion": ("other",),
    "tell_incident_news": ("other", "note"),
    "correct": ("correction",),
    **dict.fromkeys(BETWEEN, ("merge",)),
}  # fmt: skip
_CLERKS: Final = {
    "wait", "propose", "reject", "record", "compensate", "approve_compensation",
    "refuse_compensation", "release", "extend", "unmerge", "dismiss_suggestion", "correct",
    "update", "resolve", "tell_incident_news", *OF_TASKS,
}  # fmt: skip
_NO_CUSTOMERS: Final = {
    "transfer", "settle_payment", "rebase", "merge", "acknowledge", "assign", "investigate",
    "resume", "close", "archive",
}  # fmt: skip
_SYSTEM: Final = {"open_appeal", "tell_incident_level", "follow_up", "anonymise", *BETWEEN}
_RANKS: Final = {
    3: {"clerk:clerk-801", "clerk:clerk-901", "clerk:clerk-001"},
    4: {"clerk:clerk-901", "clerk:clerk-001"},
}
_OWN: Final = {
    "hold", "release", "rebase", "correct",
    "join_incident", "tell_incident_news", "leave_incident", "dismiss_suggestion",
    "settle_payment", *OF_TASKS,
}  # fmt: skip
"""What clerks may do to a case while it is merged."""
FOLLOWS: Final = {
    "reopened": {"contact_added", "rated", "merged_case_changed"},
    "resumed": {"contact_added", "merged_case_changed"},
    "closed": {"rated", "survey_unreachable"},
    "compensation_approved": {"compensation_proposed"},
    "payment_requested": {"compensation_approved"},
    "appeal_offered": {"rated"},
}
"""What may happen without a command, and right after what."""


def verdict(command: Body, before: Sequence[Body]) -> str | None:
    """Return why ``command`` must be refused in a case with this history; None when it must not."""
    kind, status = command["kind"], before[-1]["status"]
    known = fold(list(before))
    is_clerk = command["actor"].startswith("clerk:")
    if "merged_into" in known and is_clerk and kind not in _OWN:
        return "merged_into"
    if command.get("expected_seq") not in (None, before[-1]["seq"]):
        return "stale"
    _, legal, _ = _LEGAL[kind]
    if legal is not None and status not in legal:
        return "not_allowed_now"
    if any(name not in command for name in _NEEDS.get(kind, ())):
        return "missing_field"
    if kind == "reject" and command["reason"] == "not_ours":
        return "invalid_field"
    return (
        _by_person(command, kind, before)
        or by_interest(command, kind, before)
        or by_tasks(command, kind, known)
        or _by_state(command, kind, before)
    )


def _by_person(command: Body, kind: str, before: Sequence[Body]) -> str | None:
    who = command["actor"].partition(":")[0]
    is_wrong = (
        (kind in _CLERKS and who != "clerk")
        or (kind in _SYSTEM and who != "system")
        or (kind == "rate" and who == "system")
        or (kind == "appeal" and who == "system")
        or (kind in _NO_CUSTOMERS and who == "customer")
        or (kind == "hold" and who != "clerk")
    )
    if kind in ("reject", "resolve") and not is_wrong:
        known = fold(list(before))
        level = max([known["level"], *(one["level"] for one in known["merged"].values())])
        anybody = {command["actor"]}
        ranked = anybody if kind == "resolve" and level < 4 else _RANKS.get(level, anybody)
        is_wrong = command["actor"] not in ranked
    if kind == "rebase" and who == "clerk":
        is_wrong = command["actor"] not in _RANKS[3]
    return "not_permitted" if is_wrong else None


def _by_state(command: Body, kind: str, before: Sequence[Body]) -> str | None:
    known = fold(list(before))
    if kind in ("open_appeal", "rebase"):  # a rebase is only ever to versions that nobody has
        return "already_decided" if kind == "open_appeal" else "invalid_field"
    if kind in MERGING | OF_INCIDENTS:
        return by_merges(command, kind, before, known)
    if kind == "correct":
        return by_judgement(command, known)
    if kind == "appeal" and (before[0]["kind"] == "appeal_opened" or "appealed_by" in known):
        return "not_allowed_now"
    if kind == "transfer":
        name = command["unit"].partition("team:")[2]
        return "invalid_field" if name in ("nowhere", known["team"]) else None
    if kind == "record":
        return None if len(command["entry"]) == 1 else "invalid_field"
    if kind == "rate" and "rating" in known:
        return "already_decided"
    if kind in ("hold", "release"):
        return "already_decided" if known["legal_hold"] == (kind == "hold") else None
    if kind in ("anonymise", "follow_up"):
        return "on_hold" if kind == "anonymise" and known["legal_hold"] else "nothing_due"
    return _by_money(command, kind, known)


def _by_money(command: Body, kind: str, known: Body) -> str | None:
    money, payments = known.get("compensation"), known["payments"]
    if kind == "compensate":
        if _is_not_here(known):
            return "not_allowed_now"
        if money and money["step"] == "proposed":
            return "already_decided"
        standing = _standing(known)
        adds_to = command["compensation"].get("supplements")
        if adds_to is None:
            return "already_decided" if standing else None
        return None if adds_to in standing else "invalid_field"
    if kind == "settle_payment":
        payment = payments.get(command["payment"]["payment_id"])
        if payment is None:
            return "invalid_field"
        said = "paid" if command["payment"]["is_paid"] else "payment_failed"
        if payment["step"] == said:
            return "already_decided"
        is_own_word = command["actor"] == payment["proposed_by"]
        return "not_permitted" if is_own_word and not command["payment"]["is_paid"] else None
    if kind in ("approve_compensation", "refuse_compensation"):
        return _by_approval(command, kind, money) or _by_sum(kind, known)
    return None


def _standing(known: Body) -> dict[str, int]:
    """Return what each payment of the matter is of: of this case, those merged into it and the one
    that it is an appeal against."""
    own = {
        name: one["amount"]["minor"]
        for name, one in known["payments"].items()
        if one["step"] != "payment_failed"
    }
    others = [one for case in known["merged"].values() for one in case.get("payments", ())]
    others += known.get("paid_before", ())
    return own | {one["payment_id"]: one["minor"] for one in others if "has_failed" not in one}


def _is_not_here(known: Body) -> bool:
    """The money of a matter is decided in its appeal, and not while a merge is being agreed on,
    nor before those that came with a merged case said what they were paid."""
    return "appealed_by" in known or bool(known["offers"]) or bool(known["awaited"])


def _by_sum(kind: str, known: Body) -> str | None:
    """More of the matter may be paid by now than when this was proposed."""
    money = known["compensation"]
    total = sum(_standing(known).values()) + money["amount"]["minor"]
    is_wrong = _is_not_here(known) or total > money["total"]["minor"]
    return "not_allowed_now" if kind == "approve_compensation" and is_wrong else None


def _by_approval(command: Body, kind: str, money: Body | None) -> str | None:
    if money is None or money["decision"] != command["decision"]:
        return "invalid_field"
    if money["step"] != "proposed":
        return "already_decided"
    is_own = command["actor"] == money["proposed_by"]
    if kind == "refuse_compensation" and is_own:
        return None
    ranks = {"senior-desk": 0, "task-force": 1, "head-office": 2}
    ladder = ("clerk:clerk-801", "clerk:clerk-901", "clerk:clerk-001")
    if command["actor"] not in ladder[ranks[money["approval"]] :] or is_own:
        return "not_permitted"
    return None


def leads_to(command: Body, before: Sequence[Body]) -> tuple[str, str]:
    """Return the kind of event an accepted command causes, and the status after it."""
    kind, _, status_after = _LEGAL[command["kind"]]
    status = before[-1]["status"]
    if kind == "corrected" and not differs(command, fold(list(before))):
        kind = "confirmed"
    link = command.get("merge", {})
    if kind == "merged" and not (
        link.get("is_accepted") and status in _OPEN and has_room(link, fold(list(before)))
    ):
        kind = "merge_refused"
    if kind == "head_changed" and link["kind"] in ("resolved", "rejected") and "note" in command:
        kind = "answered_through_head"
    if command["kind"] == "assign" and status in ("received", "transferred"):
        status_after = "assigned"
    return kind, status_after or status
