"""What a case's changes add up to: written down a second time, from the guides and not from the
workers' code."""

from datetime import datetime
from typing import Any, Final

from tests.simulation.evidence import Body

FOLDED: Final = (
    "tenant", "case_id", "seq", "status", "opened_at", "updated_at", "first_contact_id",
    "last_contact_at", "channel", "contacts", "complainants", "reopened", "waybill_index",
    "acknowledged_at", "assignee", "resolved_at", "closed_at", "level", "team", "waiting_for",
    "rating", "appealed_by", "legal_hold", "compensation", "merged_into", "merge_id",
    "category", "nature", "cause", "unsure", "paid_before",
)  # fmt: skip
"""The fields of a document that :func:`fold` accounts for."""


MOST_TASKS: Final = 16
"""Tasks that a case carries, of those that are over the newest."""
_SETTLED: Final = {"resolved", "rejected", "closed", "archived", "appealed"}


def _instant(body: Body, field: str) -> datetime:
    return datetime.fromisoformat(body[field])


def _turn(contact: Body) -> tuple[datetime, str]:
    return _instant(contact, "received_at"), contact["contact_id"]


def fold(history: list[Body]) -> dict[str, Any]:
    """Return the document that a case's changes add up to."""
    contacts = [body["contact"] for body in history if "contact" in body]
    earliest = min(contacts, key=_turn)
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
        "legal_hold": False,
        "level": 1,
        "category": "unknown",
        "nature": "unknown",
        "cause": "unknown",
        "unsure": False,
        "is_reviewed": False,
        "gravest": None,
        "offers": {},
        "awaited": set(),
        "merged": {},
        "dismissed": [],
        "payments": {},
        "tasks": {},
        "partners": {one["operator"] for body in history for one in body.get("partners", ())},
    }
    waybills = [one["waybill_index"] for one in contacts if one.get("waybill_index")]
    document |= {"waybill_index": waybills[0]} if waybills else {}
    for body in history:
        _fold_move(document, body)
    return document


def _fold_move(document: dict[str, Any], body: Body) -> None:
    kind = body["kind"]
    _fold_judgement(document, body)
    _fold_merge(document, kind, body.get("merge", {}))
    names = (
        "assignee",
        "team",
        "level",
        "waiting_for",
        "rating",
        "appealed_by",
    )
    document |= {name: body[name] for name in names if name in body}
    if body["status"] != "waiting":
        document.pop("waiting_for", None)
    _fold_incident(document, kind, body)
    _fold_money(document, body)
    _fold_task(document["tasks"], body)
    if kind == "acknowledged":
        document.setdefault("acknowledged_at", body["at"])
    elif kind in ("resolved", "rejected"):
        document["resolved_at"] = body["at"]
    elif kind == "closed":
        document["closed_at"] = body["at"]
    elif kind in ("legal_hold_set", "legal_hold_released"):
        document["legal_hold"] = kind == "legal_hold_set"
    elif kind == "reopened":
        for name in ("resolved_at", "closed_at", "rating"):
            document.pop(name, None)


def _fold_money(document: dict[str, Any], body: Body) -> None:
    """``compensation`` is the newest decision, ``payments`` those that were requested, by id;
    ``paid_before`` those of the case that this one is an appeal against."""
    if "appeal" in body:
        document.pop("paid_before", None)
        document |= {"paid_before": paid} if (paid := body["appeal"].get("payments")) else {}
    money = body.get("compensation")
    if money is None:
        return
    newest = document.get("compensation") or money
    if money["decision"] >= newest["decision"]:
        document["compensation"] = money
    if "payment_id" in money:
        document["payments"][money["payment_id"]] = money


def _fold_task(tasks: dict[int, Body], body: Body) -> None:
    """By number: who has each task, and how it ended; of those that are over the newest only."""
    task, kind = body.get("task"), body["kind"]
    if task is not None and kind == "task_given":
        tasks[task["number"]] = {name: task[name] for name in ("holder", "part")}
        over = [number for number, one in tasks.items() if "end" in one]
        for number in over[: max(0, len(tasks) - MOST_TASKS)]:
            del tasks[number]
    elif task is not None and kind in ("task_done", "task_withdrawn"):
        tasks[task["number"]].setdefault("end", kind)
    if body["status"] in _SETTLED:
        for one in tasks.values():
            one.setdefault("end", "case_ended")


def _fold_judgement(document: dict[str, Any], body: Body) -> None:
    """The judgement of the gravest contact, the earliest of them, until a person judges: his
    stands, and a graver contact only asks for another look."""
    opening = body.get("appeal") if body["kind"] == "appeal_opened" else None
    said: Body = opening or body.get("review", {}).get("after") or {}
    score = body.get("score", {})
    gravest = None if document["is_reviewed"] else document["gravest"]
    is_told = gravest is not None and score.get("level") == gravest
    is_told = is_told and _turn(body["contact"]) < document["told"]
    gravest = document["level"] if gravest is None else gravest
    if body["kind"] == "opened" or is_told or (score and score["level"] > gravest):
        document["gravest"] = score.get("level", document["level"])
        document["told"] = _turn(body["contact"])
        if document["is_reviewed"]:
            document["unsure"] = True
        else:
            said, document["unsure"] = score, score["unsure"]
    document |= {name: said[name] for name in ("category", "nature", "cause") if name in said}
    if "review" in body:
        document |= {"is_reviewed": True, "unsure": False}


def _fold_merge(document: dict[str, Any], kind: str, link: Body) -> None:
    """``offers`` are the cases asked, ``merged`` the cases merged, both by the merge's id;
    ``awaited`` are those that came with a merged one and have not said what they were paid."""
    merge_id, offers, merged = link.get("merge_id"), document["offers"], document["merged"]
    if kind == "merge_offered":
        offers[merge_id] = link["child"]
    elif kind in ("merge_refused", "merged", "unmerged"):
        offers.pop(merge_id, None)
        merged.pop(merge_id, None)
        if kind == "merged":
            merged[merge_id] = link["case"]
            here = {document["case_id"], *(one["case_id"] for one in merged.values())}
            brought = {one["case_id"] for one in link.get("handed_on", ())}
            document["awaited"] |= brought - here
        document["awaited"].discard(link["child"])
    elif kind == "merged_case_changed":
        merged[merge_id] = link["case"]
    elif kind == "absorbed_into":
        if not link.get("handed_on"):
            offers.clear()
        document |= {"merged_into": link["head"], "merge_id": merge_id}
    elif kind == "detached":
        document.pop("merged_into")
        document.pop("merge_id")


def _fold_incident(document: dict[str, Any], kind: str, body: Body) -> None:
    if kind in ("incident_joined", "incident_level_told"):
        document |= {"incident_id": body["incident_id"]}
        document.pop("incident_level", None)
        if "incident" in body:
            document["incident_level"] = body["incident"]["level"]
    elif kind == "incident_left":
        document.pop("incident_id")
        document.pop("incident_level", None)
    elif kind == "suggestion_dismissed":
        document["dismissed"].append(body["other"])
