"""What a case's changes add up to, and which moves are legal: written down a second time,
from the guides and not from the workers' code."""

from datetime import datetime
from typing import Any, Final

from tests.simulation.evidence import Body

_LEGAL: Final = {
    "acknowledge": ("acknowledged", {"received", "assigned", "reopened"}, "acknowledged"),
    "assign": ("assigned", {"received", "assigned", "acknowledged", "reopened"}, None),
    "note": ("noted", None, None),
    "resolve": ("resolved", {"received", "assigned", "acknowledged", "reopened"}, "resolved"),
    "close": ("closed", {"resolved"}, "closed"),
    "reopen": ("reopened", {"resolved", "closed"}, "reopened"),
}
"""Command: the event it causes, the statuses it is legal in (None: all), where it leads."""


FOLDED: Final = (
    "tenant", "case_id", "seq", "status", "opened_at", "updated_at", "first_contact_id",
    "last_contact_at", "channel", "contacts", "complainants", "reopened", "waybill_index",
    "acknowledged_at", "assignee", "resolved_at", "closed_at", "level", "team",
)  # fmt: skip
"""The fields of a document that :func:`fold` accounts for."""


def verdict(command: Body, status: str, seq: int) -> str | None:
    """Return why ``command`` must be refused in a case that stands so; None when it must not."""
    if command.get("expected_seq") not in (None, seq):
        return "stale"
    _, legal, _ = _LEGAL[command["kind"]]
    return None if legal is None or status in legal else "not_allowed_now"


def leads_to(command: Body, status: str) -> tuple[str, str]:
    """Return the kind of event an accepted command causes, and the status after it."""
    kind, _, status_after = _LEGAL[command["kind"]]
    if command["kind"] == "assign" and status == "received":
        status_after = "assigned"
    return kind, status_after or status


def _instant(body: Body, field: str) -> datetime:
    return datetime.fromisoformat(body[field])


def fold(history: list[Body]) -> dict[str, Any]:
    """Return the document that a case's changes add up to."""
    contacts = [body["contact"] for body in history if "contact" in body]
    earliest = min(contacts, key=lambda one: _instant(one, "received_at"))
    latest = max(contacts, key=lambda one: _instant(one, "received_at"))
    document: dict[str, Any] = {
        "v": 1,
        "tenant": history[0]["tenant"],
        "case_id": history[0]["case_id"],
        "seq": history[-1]["seq"],
        "status": history[-1]["status"],
        "opened_at": earliest["received_at"],
        "updated_at": max(history, key=lambda body: _instant(body, "at"))["at"],
        "first_contact_id": earliest["contact_id"],
        "last_contact_at": latest["received_at"],
        "channel": earliest["channel"],
        "contacts": len(contacts),
        "complainants": 1 + sum(one["relation"] == "second_complainant" for one in contacts),
        "reopened": sum(body["kind"] == "reopened" for body in history),
    }
    waybills = [one["waybill_index"] for one in contacts if one.get("waybill_index")]
    document |= {"waybill_index": waybills[0]} if waybills else {}
    for body in history:
        _fold_move(document, body)
    return document


def _fold_move(document: dict[str, Any], body: Body) -> None:
    kind = body["kind"]
    document |= {name: body[name] for name in ("assignee", "team", "level") if name in body}
    if kind == "acknowledged":
        document.setdefault("acknowledged_at", body["at"])
    elif kind in ("resolved", "closed"):
        document[f"{kind}_at"] = body["at"]
    elif kind == "reopened":
        document.pop("resolved_at", None)
        document.pop("closed_at", None)
