"""What a message to staff or a partner may tell of, and in which words. Pure."""

from datetime import datetime
from typing import Any, Final

from schemas.cases import CaseChanged
from schemas.notices import NoticeRequested
from schemas.vocabulary import CaseStatus, ChangeKind
from services.domain.compensation.words import money
from services.domain.send_store import Bundle
from services.domain.staff import CHINA
from services.domain.teams import Teams
from services.sender.local_time import local_time
from services.sender.no_letter import NoLetter

_CLOCKS: Final = {
    "zh": {
        "statutory": "对外答复时限",
        "acknowledgement": "首次答复",
        "next_update": "进展告知",
        "resolution": "办结",
        "team": "本组处理",
        "partner": "合作方回复",
        "regulator": "转办答复",
        "task": "协办答复",
    },
    "en": {
        "statutory": "limit of the answer",
        "acknowledgement": "first answer",
        "next_update": "next update",
        "resolution": "resolution",
        "team": "team's own limit",
        "partner": "partner's answer",
        "regulator": "answer to the regulator",
        "task": "answer to a task",
    },
}
_BUNDLED: Final = {
    "zh": {
        "assigned": "知悉通知",
        "warning": "时限预警",
        "breach": "超时通知",
        "escalation": "升级通知",
        "task": "告知客户进展的任务",
        "enquiry": "待贵方回复的案件",
        "payment_failed": "付款失败",
        "payment_unanswered": "付款未答复",
    },
    "en": {
        "assigned": "information",
        "warning": "warning of a time limit",
        "breach": "time limit passed",
        "escalation": "escalation",
        "task": "customer to be told",
        "enquiry": "answer that we wait for",
        "payment_failed": "payment that failed",
        "payment_unanswered": "payment that was not answered",
    },
}
_ASKING: Final = frozenset({ChangeKind.WAITING_STARTED, ChangeKind.TASK_GIVEN})
"""Changes whose note says what is wanted of a partner or a team."""
_FIRST: Final = {CaseStatus.APPEALED: "appeal", CaseStatus.ARCHIVED: "reopen"}
"""What stands before a new decision about money: it is the appeal's, or the case is reopened."""
_MOST_KNOWN: Final = 120
"""Characters of why a payment failed: a message must have room for what to do."""
_ACCEPTED_IN_TIME: Final = "accepted_in_time"
"""The reason of a retraction where what the limit asked for was done in time."""


def staff_fields(
    notice: NoticeRequested, change: CaseChanged | None, teams: Teams, zone: str = CHINA
) -> dict[str, Any]:
    """Return the fields of a notice to a team, a clerk or a partner, with times in its zone."""
    language = notice.language if notice.language in _CLOCKS else "en"
    clock = str(change.clock) if change and change.clock else ""
    is_asking = change is not None and change.kind in _ASKING
    due = _due(change) if change else None
    return {
        "case_id": notice.case_id,
        "team": _name(notice.recipient, language, teams),
        "level": _level(change) or "",
        "clock": _CLOCKS[language].get(clock, clock),
        "due": local_time(due, language, zone) if due else "",
        "late": bool(change and change.late),
        "wanted": (change.note or "").strip() if change and is_asking else "",
        "skipped": _name(f"team:{change.skipped or ''}", language, teams) if change else "",
        "unit": _name(change.unit, language, teams) if change and change.unit else "",
        "why": _why(notice.recipient, change) if change else "",
        **_payment(change, language),
    }


def _due(change: CaseChanged) -> datetime | None:
    """Return when what the change tells of was due; of a payment, when it was to be answered."""
    money = change.compensation
    return change.due_at or (money.answer_by if money else None)


def _payment(change: CaseChanged | None, language: str) -> dict[str, str]:
    """Return the fields about a payment: how much and which; of one that the payer spoke about,
    what is known of why it failed, and where it is decided anew, if not simply in the case."""
    fields = dict.fromkeys(("amount", "payment", "known", "head", "first"), "")
    if change is None or change.compensation is None or change.compensation.payment_id is None:
        return fields
    paid, result = change.compensation.amount, change.payment
    fields |= {
        "amount": money(paid.minor, paid.currency, "zh" if language == "zh" else "en"),
        "payment": change.compensation.payment_id,
    }
    if result is None:
        return fields
    said = [one.strip() for one in (change.note, result.reference) if one and one.strip()]
    known = " · ".join(said)
    return fields | {
        "known": known if len(known) <= _MOST_KNOWN else f"{known[: _MOST_KNOWN - 1]}…",
        "head": change.merged_into or "",
        "first": _FIRST.get(change.status, ""),
    }


def _level(change: CaseChanged | None) -> int | None:
    """Return the level to be told; of a case that joined an incident that of the incident, to
    which it is raised."""
    if change is not None and change.kind is ChangeKind.INCIDENT_JOINED and change.incident:
        return change.incident.level
    return change.level if change else None


def _why(recipient: str, change: CaseChanged) -> str:
    """Return why staff is told, as the templates name it: whose the case is, else what happened."""
    kind, _, name = recipient.partition(":")
    if change.kind is ChangeKind.BREACH_RETRACTED:
        return "in_time" if change.reason == _ACCEPTED_IN_TIME else "not_due"
    if kind == "clerk":
        return kind
    return "informed" if name in change.inform else str(change.kind)


def digest_fields(notice: NoticeRequested, bundle: Bundle | None, teams: Teams) -> dict[str, Any]:
    """Return the fields of a digest.

    Raises:
        NoLetter: it would tell of nothing.
    """
    if bundle is None or not bundle.count:
        raise NoLetter("nothing_to_tell")
    language = notice.language if notice.language in _CLOCKS else "en"
    return {
        "team": _name(notice.recipient, language, teams),
        "what": _BUNDLED[language].get(bundle.kind, bundle.kind),
        "count": bundle.count,
        "cases": bundle.cases,
        "why": notice.reason,
    }


def _name(recipient: str, language: str, teams: Teams) -> str:
    name = recipient.partition(":")[2]
    team = teams.teams.get(name)
    return name if team is None else team.zh if language == "zh" else team.en
