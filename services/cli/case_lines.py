"""A case and its record as lines for a terminal. Pure."""

from typing import Any, Final

_GONE: Final = ("refused", "payment_failed")
"""Steps of a decision of which nothing is paid."""


def case_lines(answer: dict[str, Any]) -> list[str]:
    """Return what a clerk reads of a case: where it stands, its record, history, contacts."""
    state = answer["state"]
    lines = [
        f"{state['case_id']}  {state['status']}  (seq {state['seq']}, "
        f"contacts: {state['contacts']}, complainants: {state['complainants']})",
        f"  opened {state['opened_at']}, changed {state['updated_at']}"
        + (f", assigned to {state['assignee']}" if state.get("assignee") else ""),
        *(f"  {line}" for line in _standing(state)),
    ]
    if often := answer.get("frequent"):
        lines.append(
            f"  asks often: {often['cases']} cases in {often['days']} days; "
            "one person should handle all of them"
        )
    if tasks := _tasks(state):
        lines += ["", "Tasks of others", *tasks]
    if record := record_lines(state, answer["history"], answer.get("approval")):
        lines += ["", "Record", *record]
    lines += ["", "History"]
    for change in answer["history"]:
        lines.append(_change(change))
        lines += [
            f"        told {one['recipient']} by {one['channel']}: {one['kind']}, {one['state']}"
            + (f" ({one['reason']})" if one.get("reason") else "")
            + ("; had to be told, nobody was reached" if one.get("unreached") else "")
            for one in answer.get("notices", ())
            if one["seq"] == change["seq"]
        ]
    lines += ["", "Contacts, newest first"]
    for contact in answer["contacts"]:
        waybill = contact.get("waybill", "no waybill")
        whose = f"  ({contact['case_id']})" if "case_id" in contact else ""
        lines.append(
            f"  {contact['received_at']}  {contact['channel']}  {contact['relation']}  {waybill}"
            f"{whose}"
        )
        lines.append(f"      {' '.join(contact['text'].split())}")
    return lines


def _standing(state: dict[str, Any]) -> list[str]:
    """Return what holds now beside the status."""
    care = state.get("aftercare", {})
    words = {
        "judged": _judged(state),
        "waiting for": state.get("waiting_for"),
        "transferred to": state.get("unit"),
        "partners on the way": ", ".join(
            f"{one['operator']} ({one['part']})" for one in state.get("partners", ())
        )
        or None,
        "appeal of": state.get("appeal_of"),
        "appealed by": state.get("appealed_by"),
        "merged into": state.get("merged_into"),
        "merged with it": ", ".join(one["case_id"] for one in state.get("merged", ())) or None,
        "rating": state.get("rating"),
        "next look": care.get("follow_up_at"),
        "may be reopened until": care.get("reopen_until"),
        "on legal hold": "yes" if state.get("legal_hold") else None,
        "personal data removed": state.get("anonymised_at"),
    }
    return [f"{name}: {value}" for name, value in words.items() if value is not None]


def _tasks(state: dict[str, Any]) -> list[str]:
    """Return who was asked what part, and whether each is done; `case clocks` says when each is
    due."""
    fired = state.get("fired", ())
    return [
        f"  {one['number']:>4}  {one['holder']} ({one['part']})  since {one['since']}: "
        + (f"{one['end']} {one['ended_at']}" if "ended_at" in one else "open")
        + (", late" if f"task:breach:{one['number']}" in fired else "")
        for one in state.get("clocks", {}).get("tasks", ())
    ]


def _judged(state: dict[str, Any]) -> str | None:
    """Return what the case is taken for, and whose word that is."""
    if "category" not in state:
        return None
    said = f"{state['category']}, cause {state['cause']}, level {state['level']}"
    if reviewed := state.get("reviewed"):
        said += f", by a person in change {reviewed['seq']}"
    elif scored := state.get("scored"):
        said += f", by {scored['policy']}, {scored['confidence']:.0%} sure"
    return said + (": to be checked" if state.get("unsure") else "")


def _review(review: dict[str, Any]) -> str | None:
    was, now = review["before"], review["after"]
    told = [f"{name} {was[name]} → {now[name]}" for name in now if was.get(name) != now[name]]
    return ", ".join(told) or None


def record_lines(
    state: dict[str, Any], history: list[dict[str, Any]], waits: dict[str, Any] | None = None
) -> list[str]:
    """Return the record: each addition with its number, then sums and money; ``waits`` is who may
    decide about what waits, as the case stands now."""
    lines = [
        f"  {change['seq']:>4}  {name:<14} {_words(part)}"
        for change in history
        for name, part in change.get("entry", {}).items()
        if isinstance(part, dict)
    ]
    summary = state.get("record", {})
    if summary.get("minutes") or summary.get("cost"):
        cost = f", {_money(summary['cost'])}" if "cost" in summary else ""
        lines.append(f"        handling took  {summary.get('minutes', 0)} min{cost}")
    for one in state.get("paid_before", ()):
        failed = ", payment_failed" if one.get("has_failed") else ""
        paid = _money({"currency": ""} | one).strip()
        lines.append(f"  paid on {state['appeal_of']}: {paid}{failed}, {one['payment_id']}")
    if money := state.get("compensation"):
        line = f"  compensation {money['decision']}: {_money(money['amount'])}, {money['branch']}"
        line += f", {money['step']}"
        if money.get("total", money["amount"]) != money["amount"] and money["step"] not in _GONE:
            line += f", {_money(money['total'])} in all"
        if waits and waits.get("team"):
            line += f", needs {waits['team']} or above, not {waits['proposed_by']}"
        elif money.get("approval") and money["step"] == "proposed":
            line += f", needs {money['approval']} or above"
        lines.append(line + (f", {money['payment_id']}" if money.get("payment_id") else ""))
    lines += [
        f"  the payer has not answered: {_money(one['amount'])}, {one['payment_id']}"
        for one in state.get("payments", ())
        if one.get("is_unanswered")
    ]
    return lines


def _words(part: dict[str, Any]) -> str:
    told = []
    for name, value in part.items():
        if name == "money":
            told.append(_money(value))
        elif isinstance(value, list):
            told.append(", ".join(map(str, value)))
        else:
            told.append(f"{value} min" if name == "minutes" else " ".join(str(value).split()))
    return "; ".join(one for one in told if one)


def _money(money: dict[str, Any]) -> str:
    """Return an amount.

    >>> _money({"minor": 26850, "currency": "CNY"})
    '268.50 CNY'
    """
    return f"{money['minor'] / 100:,.2f} {money['currency']}"


def _change(change: dict[str, Any]) -> str:
    details = [
        change.get("assignee"),
        change.get("waiting_for"),
        change.get("unit"),
        change.get("note"),
        change.get("reason"),
        str(change["rating"]) if "rating" in change else None,
    ]
    if review := change.get("review"):
        details.insert(0, _review(review))
    if task := change.get("task"):
        details.insert(0, f"task {task['number']} {task['holder']}")
    if contact := change.get("contact"):
        details.insert(0, f"{contact['relation']} by {contact['channel']}")
    if moved := change.get("move"):
        details.insert(0, _versions(moved["before"], change["policies"]))
    told = "  ".join(filter(None, details))
    return f"  {change['seq']:>4}  {change['at']}  {change['kind']:<14} {told}".rstrip()


def _versions(before: dict[str, str], after: dict[str, str]) -> str:
    """Return by which versions of the policies a case goes that it did not go by before."""
    changed = (name for kind, name in after.items() if name and name != before.get(kind))
    return ", ".join(changed)


def outcome_lines(answer: dict[str, Any]) -> list[str]:
    """Return how a command ended."""
    if answer["settlement"] == "pending":
        return [f"taken, but not to be seen yet: ./complaints case show {answer['case_id']}"]
    return [f"{answer['settlement']}: the case is {answer['status']} (seq {answer['seq']})"]


def track_lines(answer: dict[str, Any]) -> list[str]:
    """Return what a customer sees under his code."""
    steps = [f"  {step['at']}  {step['what']}" for step in answer["steps"]]
    contacts = [f"  {one['received_at']}  {one['text']}" for one in answer["contacts"]]
    result = answer.get("result", {})
    outcome = [*result.get("measures", ()), *result.get("apologies", ())]
    if money := result.get("compensation"):
        outcome.append(f"{money['amount']} {money['currency']} ({money['state']})")
    redress = [f"  → {way}" for way in result.get("redress", ())]
    told = [*(f"  {line}" for line in outcome), *redress]
    part = ["(a part only: the code in our message to the customer opens everything)"]
    whole = [] if not answer.get("in_part") else part
    return [answer["summary"], *whole, *steps, "", *told, *contacts]
