"""From what a clerk typed into a form to the body of a command. Pure."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, field_validator

from schemas.handling import RecordEntry
from schemas.vocabulary import CommandKind

Text = Annotated[str, Field(max_length=5000)]
Short = Annotated[str, Field(max_length=200)]
PARTS: Final = tuple(RecordEntry.model_fields)
_CURRENCY: Final = "CNY"
_LARGEST: Final = Decimal(10**10)


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
        """A browser sends two characters for an end of line that it counted as one."""
        return note.replace("\r\n", "\n")


class Incomplete(Exception):
    """Something that is needed was not filled in, or cannot be read."""


def body_of(typed: Typed) -> dict[str, Any]:
    """Return the body of the command, what is empty left out.

    Raises:
        Incomplete: as it says.
    """
    kind = typed.kind
    body: dict[str, Any] = {"kind": kind, "id": typed.key, "expected_seq": typed.expected_seq}
    if kind == CommandKind.RECORD:
        return body | {"entry": {typed.part: _part(typed)}}
    if kind == CommandKind.CORRECT:
        return body | _correction(typed)
    if kind == CommandKind.COMPENSATE:
        return body | {"compensation": _order(typed), "note": typed.note.strip()}
    if kind == CommandKind.SETTLE_PAYMENT:
        return body | {"payment": _payment(typed)}
    body |= {"note": typed.note.strip(), "assignee": typed.assignee.strip()}
    return body | _more(typed)


def _more(typed: Typed) -> dict[str, Any]:
    """Return what one kind of command says beside a note or a clerk."""
    kind, body = typed.kind, dict[str, Any]()
    if kind == CommandKind.WAIT:
        body["waiting_for"] = _whom(typed)
    elif kind in (CommandKind.TRANSFER, CommandKind.GIVE_TASK):
        body["unit"] = _needed(typed.unit)
    elif kind == CommandKind.REJECT:
        body["reason"] = _needed(typed.reason)
    elif kind == CommandKind.EXTEND:
        body |= _extension(typed)
    elif kind == CommandKind.RATE:
        body["rating"] = _number(typed.rating)
    elif kind in (CommandKind.APPROVE_COMPENSATION, CommandKind.REFUSE_COMPENSATION):
        body["decision"] = _number(typed.decision)
    elif kind in (CommandKind.MERGE, CommandKind.UNMERGE, CommandKind.DISMISS_SUGGESTION):
        body["other"] = typed.other.strip().upper()
    elif kind in (CommandKind.FINISH_TASK, CommandKind.WITHDRAW_TASK):
        body["task"] = _number(typed.task)
    elif kind == CommandKind.APPEAL:
        body["contact_id"] = typed.contact_id.strip()
    return body


def _part(typed: Typed) -> dict[str, Any]:
    text = typed.note.strip()
    match typed.part:
        case "investigation" | "measure":
            return {"text": _needed(text)}
        case "risk":
            risk = {"grade": _needed(typed.grade)}
            return risk | ({"text": text} if text else {})
        case "finding":
            found = {"outcome": _needed(typed.outcome), "party": _needed(typed.party)}
            unit = typed.unit.strip()
            return found | {"text": _needed(text)} | ({"unit": unit} if unit else {})
        case "apology":
            return {"channel": _needed(typed.channel), "text": _needed(text)}
        case "coordination":
            return {"unit": _needed(typed.unit), "text": _needed(text)}
        case "cost":
            cost: dict[str, Any] = {"text": text} if text else {}
            if typed.minutes.strip():
                cost["minutes"] = _number(typed.minutes)
            if typed.amount.strip():
                cost["money"] = _money(typed.amount)
            if not cost.keys() - {"text"}:
                raise Incomplete
            return cost
    raise Incomplete


def _order(typed: Typed) -> dict[str, Any]:
    order = {
        "amount": _money(typed.amount),
        "branch": _needed(typed.branch),
        "guidance": _needed(typed.guidance),
    }
    added = typed.supplements.strip()
    return order | ({"supplements": added} if added else {})


def _payment(typed: Typed) -> dict[str, Any]:
    result = {"payment_id": _needed(typed.payment), "is_paid": _needed(typed.paid) == "paid"}
    reference = typed.reference.strip()
    return result | ({"reference": reference} if reference else {})


def _extension(typed: Typed) -> dict[str, Any]:
    """Return which clock is extended, by how much of the unit of its limit: the choice says in
    what a person gives it (``resolution:60``, hours of a limit in minutes)."""
    clock, _, times = _needed(typed.clock).partition(":")
    amount = _decimal(typed.amount) * _number(times or "1")
    if amount < 1 or amount != int(amount):
        raise Incomplete
    return {"clock": clock, "amount": int(amount), "reason": _needed(typed.reason)}


def _correction(typed: Typed) -> dict[str, Any]:
    """Return what the clerk says, and why; saying nothing is a confirmation."""
    if typed.confirm:
        return {"correction": {}}
    said: dict[str, Any] = {"category": typed.category.strip(), "cause": typed.cause.strip()}
    if typed.level.strip():
        said["level"] = _number(typed.level)
    said = {name: value for name, value in said.items() if value}
    return {"correction": said, "note": _needed(typed.note)}


def _whom(typed: Typed) -> str:
    whom = _needed(typed.waiting_for)
    return whom if whom == "customer" else f"{whom}:{_needed(typed.waiting_id)}"


def _money(written: str) -> dict[str, Any]:
    """Return an amount in yuan, as a person writes it, in fen."""
    amount = _decimal(written.strip().removeprefix("¥"))
    if amount != round(amount, 2):
        raise Incomplete
    return {"minor": int(amount * 100), "currency": _CURRENCY}


def _decimal(written: str) -> Decimal:
    try:
        number = Decimal(written.strip().replace(",", ""))
    except InvalidOperation:
        raise Incomplete from None
    if not number.is_finite() or not 0 <= number < _LARGEST:
        raise Incomplete
    return number


def _number(written: str) -> int:
    text = written.strip()
    if not text.isdecimal() or len(text) > 6:
        raise Incomplete
    return int(text)


def _needed(written: str) -> str:
    text = written.strip()
    if not text:
        raise Incomplete
    return text
