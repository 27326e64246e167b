"""Why something was not done, and which field it is about, in words for a page. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from schemas.vocabulary import CommandKind, Refusal
from services.console.acting import Outcome
from services.console.language import Texts
from services.console.list_view import team_name
from services.domain.teams import Teams

_ABOUT: Final = re.compile(r"([a-z_.]+): |[a-z_]+ needs ([a-z_]+)$")
"""How the worker of a case begins what it says of a field, or ends it."""
_RANK: Final = re.compile(r"is for ([a-z0-9-]+) or a team above")
_OF_A_FIELD: Final = (Refusal.INVALID_FIELD, Refusal.MISSING_FIELD)
_SECOND: Final = "second person"
_FIELDS: Final = {
    "text": "note", "money": "amount", "minor": "amount", "contact": "contact_id",
    "payment_id": "payment", "is_paid": "paid", "entry": "part",
}  # fmt: skip
"""What the forms call what a command calls otherwise."""
_LABELS: Final = {
    "assignee": "act.assignee", "reason": "act.reason", "waiting_for": "act.waiting_for",
    "waiting_id": "act.waiting_id", "unit": "act.unit", "part": "act.part",
    "outcome": "record.outcome", "party": "record.party", "grade": "record.grade",
    "channel": "act.way", "amount": "act.amount", "minutes": "act.minutes",
    "branch": "record.branch", "rating": "act.rating", "contact_id": "act.contact",
    "other": "act.other", "clock": "act.clock", "payment": "record.payment", "paid": "act.paid",
    "reference": "act.reference", "category": "case.category", "cause": "case.cause",
    "level": "list.level",
}  # fmt: skip
_OWN_LABELS: Final[Mapping[tuple[str, str], str]] = {
    (CommandKind.GIVE_TASK, "unit"): "act.holder",
    (CommandKind.EXTEND, "amount"): "act.extend_amount",
    (CommandKind.EXTEND, "reason"): "act.extend_reason",
    (CommandKind.WITHDRAW_TASK, "note"): "act.finish_task_label",
}
_OF_INCIDENTS: Final = {
    "hub": "incidents.place", "case_id": "incidents.case_id", "category": "list.category",
    "level": "list.level",
}  # fmt: skip


def refusal_words(
    refusal: str | None, explanation: str, texts: Texts, teams: Teams | None = None
) -> str:
    """Return why the case's worker said no: in the page's language where the ground is known, with
    the team whose it is to decide where ``teams`` are given."""
    if refusal == Refusal.NOT_PERMITTED and _SECOND in explanation:
        return texts("refusal.second_person")
    if refusal == Refusal.NOT_PERMITTED and teams and (found := _RANK.search(explanation)):
        return texts("refusal.for_team", team=team_name(found[1], teams, texts))
    if refusal in set(Refusal) - {Refusal.UNKNOWN}:
        return texts(f"refusal.{refusal}")
    return explanation or texts("refusal.unknown")


def field_of(outcome: Outcome, form: Mapping[str, Any]) -> str:
    """Return which field of ``form`` an outcome is about; empty where it is about none, or about
    one that no form has."""
    about = _ABOUT.match(outcome.explanation) if outcome.refusal else None
    path = outcome.field or (about[1] or about[2] if about else "")
    for name in reversed(path.split(".")):
        field = _FIELDS.get(name, name)
        if field == "waiting_for" and form.get(field) in ("partner", "authority"):
            return "waiting_id"
        if field == "note" or field in _LABELS or field in _OF_INCIDENTS:
            return field
    return ""


def case_words(
    outcome: Outcome,
    form: Mapping[str, Any],
    texts: Texts,
    teams: Teams,
    *,
    has_form: bool = True,
) -> str:
    """Return why a command to a case was not taken, naming the field where it is about one.
    Without ``has_form`` nobody can send it again from the page."""
    told = texts(f"failed.{outcome.end}")
    if outcome.end == "stale" and not has_form:
        return texts("failed.stale_over")
    if outcome.end == "refused":
        told = refusal_words(outcome.refusal, outcome.explanation, texts, teams)
    if outcome.end != "invalid" and outcome.refusal not in _OF_A_FIELD:
        return told
    if (outcome.field, outcome.rule) == ("other", "unknown"):
        return texts("failed.unknown_other")
    label = _label(field_of(outcome, form), str(form["kind"]), texts)
    if not label:
        return told
    if outcome.rule == "missing" or outcome.refusal == Refusal.MISSING_FIELD:
        return texts("failed.missing", field=label)
    if outcome.rule == "of_another":
        return texts("failed.of_another", field=label)
    is_amount = field_of(outcome, form) == "amount" and not outcome.refusal
    return texts("failed.wrong_amount" if is_amount else "failed.wrong", field=label)


def incident_words(outcome: Outcome, texts: Texts) -> str:
    """Return why what a person said of an incident was not taken, in the page's language."""
    if outcome.end == "unknown_case":
        return texts("problem.no_such_incident")
    label, known = _OF_INCIDENTS.get(outcome.field), f"incidents.failed_{outcome.rule}"
    if label and outcome.rule == "missing":
        return texts("failed.missing", field=texts(label))
    # Only of a case the word says what is unknown.
    is_told = outcome.rule != "unknown" or outcome.field == "case_id"
    if is_told and known in texts.keys():  # noqa: SIM118
        return texts(known)
    if label and outcome.end == "invalid":
        return texts("failed.wrong", field=texts(label))
    return texts(f"failed.{outcome.end}")


def _label(field: str, kind: str, texts: Texts) -> str:
    """Return what the form of ``kind`` calls a field, without what it says in brackets; empty
    where it has none of this name."""
    key = _OWN_LABELS.get((kind, field)) or _LABELS.get(field, "")
    if field == "note" and not key:
        key = f"act.{kind}_label"
    if key not in texts.keys():  # noqa: SIM118
        return ""
    return re.split(r" ?[(（]", texts(key))[0]
