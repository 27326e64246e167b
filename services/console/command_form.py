"""From what a clerk typed into a form to the body of a command. Pure."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, field_validator

from schemas.handling import RecordEntry
from schemas.vocabulary import CommandKind
from services.console.sessions import clerk_id

Text = Annotated[str, Field(max_length=5000)]
Short = Annotated[str, Field(max_length=200)]
Rule = Literal["missing", "wrong", "of_another"]
PARTS: Final = tuple(RecordEntry.model_fields)
_OF_PART: Final = {
    "finding": ("outcome", "party", "unit"),
    "risk": ("grade",),
    "apology": ("channel",),
    "coordination": ("unit",),
    "cost": ("minutes", "amount"),
}
"""What each addition to the record has beside words."""
_CURRENCY: Final = "CNY"
_LARGEST: Final = Decimal(10**10)
_AMOUNT: Final = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]{1,12})?")


class Typed(BaseModel):
    """The fields of all forms of a case's page; each form has some of them."""

    kind: Text
    key: Text
    expected_seq: Annotated[int, Field(ge=1)]
    note: Text = ""
    assignee: Short = ""
    reason: Short = ""
    waiting_for: Short = ""
    waiting_id: Short = ""
    unit: Short = ""
    part: Short = ""
    outcome: Short = ""
    party: Short = ""
    grade: Short = ""
    channel: Short = ""
    amount: Short = ""
    minutes: Short = ""
    branch: Short = ""
    guidance: Short = ""
    supplements: Short = ""
    rating: Short = ""
    decision: Short = ""
    contact_id: Short = ""
    other: Short = ""
    clock: Short = ""
    payment: Short = ""
    paid: Short = ""
    reference: Short = ""
    category: Short = ""
    cause: Short = ""
    level: Short = ""
    confirm: Short = ""
    task: Short = ""

    @field_validator("note")
    @classmethod
    def _has_plain_line_ends(cls, note: str) -> str:
        return plain_line_ends(note)


def plain_line_ends(note: str) -> str:
    """Return words with one character at each end of a line: a browser sends two, which it counted
    as one when it let somebody type up to the limit."""
    return note.replace("\r\n", "\n")


class Incomplete(Exception):
    """The ``field`` of a form that was not filled in (``rule`` is ``missing``), cannot be read
    (``wrong``), or does not belong to what was chosen (``of_another``)."""

    def __init__(self, field: str, rule: Rule = "missing") -> None:
        super().__init__(field)
        self.field = field
        self.rule = rule


def body_of(typed: Typed) -> dict[str, Any]:
    """Return the body of the command, what is empty left out.

    Raises:
        Incomplete: naming the field.
    """
    kind = typed.kind
    body: dict[str, Any] = {"kind": kind, "id": typed.key, "expected_seq": typed.expected_seq}
    if kind == CommandKind.RECORD:
        return body | {"entry": _entry(typed)}
    if kind == CommandKind.CORRECT:
        return body | _correction(typed)
    if kind == CommandKind.COMPENSATE:
        return body | {"compensation": _order(typed), "note": typed.note.strip()}
    if kind == CommandKind.SETTLE_PAYMENT:
        return body | {"payment": _payment(typed)}
    body |= {"note": typed.note.strip(), "assignee": _clerk(typed)}
    return body | _more(typed)


def _more(typed: Typed) -> dict[str, Any]:
    """Return what one kind of command says beside a note or a clerk."""
    kind, body = typed.kind, dict[str, Any]()
    if kind == CommandKind.WAIT:
        body["waiting_for"] = _whom(typed)
    elif kind in (CommandKind.TRANSFER, CommandKind.GIVE_TASK):
        body["unit"] = _needed(typed.unit, "unit")
    elif kind == CommandKind.REJECT:
        body["reason"] = _needed(typed.reason, "reason")
    elif kind == CommandKind.EXTEND:
        body |= _extension(typed)
    elif kind == CommandKind.RATE:
        body["rating"] = _number(typed.rating, "rating")
    elif kind in (CommandKind.APPROVE_COMPENSATION, CommandKind.REFUSE_COMPENSATION):
        body["decision"] = _number(typed.decision, "decision")
    elif kind in (CommandKind.MERGE, CommandKind.UNMERGE, CommandKind.DISMISS_SUGGESTION):
        body["other"] = _other(typed)
    elif kind in (CommandKind.FINISH_TASK, CommandKind.WITHDRAW_TASK):
        body["task"] = _number(typed.task, "task")
    elif kind == CommandKind.APPEAL:
        body["contact_id"] = typed.contact_id.strip()
    return body


def _entry(typed: Typed) -> dict[str, Any]:
    """Return one addition to the record. What was filled in of another one is not left out in
    silence."""
    own = _OF_PART.get(typed.part, ())
    for name in ("outcome", "party", "grade", "channel", "unit", "minutes", "amount"):
        if typed.part and name not in own and getattr(typed, name).strip():
            raise Incomplete(name, "of_another")
    return {typed.part: _part(typed)}


def _part(typed: Typed) -> dict[str, Any]:
    text = typed.note.strip()
    match typed.part:
        case "investigation" | "measure":
            return {"text": _needed(text, "note")}
        case "risk":
            risk = {"grade": _needed(typed.grade, "grade")}
            return risk | ({"text": text} if text else {})
        case "finding":
            found = {
                "outcome": _needed(typed.outcome, "outcome"),
                "party": _needed(typed.party, "party"),
            }
            unit = typed.unit.strip()
            return found | {"text": _needed(text, "note")} | ({"unit": unit} if unit else {})
        case "apology":
            return {"channel": _needed(typed.channel, "channel"), "text": _needed(text, "note")}
        case "coordination":
            return {"unit": _needed(typed.unit, "unit"), "text": _needed(text, "note")}
        case "cost":
            cost: dict[str, Any] = {"text": text} if text else {}
            if typed.minutes.strip():
                cost["minutes"] = _number(typed.minutes, "minutes")
            if typed.amount.strip():
                cost["money"] = _money(typed.amount)
            if not cost.keys() - {"text"}:
                raise Incomplete("minutes")
            return cost
    raise Incomplete("part", "wrong" if typed.part else "missing")


def _order(typed: Typed) -> dict[str, Any]:
    order = {
        "amount": _money(typed.amount),
        "branch": _needed(typed.branch, "branch"),
        "guidance": _needed(typed.guidance, "guidance"),
    }
    added = typed.supplements.strip()
    return order | ({"supplements": added} if added else {})


def _payment(typed: Typed) -> dict[str, Any]:
    paid = _needed(typed.paid, "paid")
    result = {"payment_id": _needed(typed.payment, "payment"), "is_paid": paid == "paid"}
    reference = typed.reference.strip()
    return result | ({"reference": reference} if reference else {})


def _extension(typed: Typed) -> dict[str, Any]:
    """Return which clock is extended, by how much of the unit of its limit: the choice says in
    what a person gives it (``resolution:60``, hours of a limit in minutes)."""
    clock, _, times = _needed(typed.clock, "clock").partition(":")
    amount = _decimal(typed.amount) * _number(times or "1", "clock")
    if amount < 1 or amount != int(amount):
        raise Incomplete("amount", "wrong")
    return {"clock": clock, "amount": int(amount), "reason": _needed(typed.reason, "reason")}


def _correction(typed: Typed) -> dict[str, Any]:
    """Return what the clerk says, and why; saying nothing is a confirmation."""
    if typed.confirm:
        return {"correction": {}}
    said: dict[str, Any] = {"category": typed.category.strip(), "cause": typed.cause.strip()}
    if typed.level.strip():
        said["level"] = _number(typed.level, "level")
    said = {name: value for name, value in said.items() if value}
    return {"correction": said, "note": _needed(typed.note, "note")}


def _clerk(typed: Typed) -> str:
    """Return whose id was typed, as he signs in with it: a name is nobody's, and a case that has
    one is on nobody's list."""
    if not typed.assignee.strip():
        return ""
    found = clerk_id(typed.assignee)
    if found is None:
        raise Incomplete("assignee", "wrong")
    return found


def _other(typed: Typed) -> str:
    """Return the other case; empty where a merged one is parted, whose head is meant."""
    if typed.kind == CommandKind.UNMERGE:
        return typed.other.strip().upper()
    return _needed(typed.other, "other").upper()


def _whom(typed: Typed) -> str:
    whom = _needed(typed.waiting_for, "waiting_for")
    if whom == "customer":
        return whom
    name = _needed(typed.waiting_id, "waiting_id")
    return f"{whom}:{name}"


def _money(written: str) -> dict[str, Any]:
    """Return an amount in yuan, as a person writes it, in fen."""
    amount = _decimal(written)
    if amount != round(amount, 2):
        raise Incomplete("amount", "wrong")
    return {"minor": int(amount * 100), "currency": _CURRENCY}


def _decimal(written: str) -> Decimal:
    """Return an amount. A comma parts thousands: one that stands elsewhere may be meant as a point,
    and is asked about instead of being left out."""
    text = _needed(unicodedata.normalize("NFKC", written), "amount")
    text = text.removeprefix("¥").removesuffix("元").strip()
    if not _AMOUNT.fullmatch(text):
        raise Incomplete("amount", "wrong")
    number = Decimal(text.replace(",", ""))
    if number >= _LARGEST:
        raise Incomplete("amount", "wrong")
    return number


def _number(written: str, field: str) -> int:
    text = _needed(written, field)
    if not text.isdecimal() or len(text) > 6:
        raise Incomplete(field, "wrong")
    return int(text)


def _needed(written: str, field: str) -> str:
    text = written.strip()
    if not text:
        raise Incomplete(field)
    return text
