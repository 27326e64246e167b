"""``GET /v1/cases/{id}/clocks``: when each time limit of a case is due, and the proof of it."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from schemas.ledger import PolicyVersions
from services.api.cases import unknown_case
from services.api.context import ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem
from services.api.forms import Answer
from services.api.requests import is_id, tenant_of
from services.domain.calendars.explain import Interval
from services.domain.clocks.account import ClockAccount, MatterAccount
from services.domain.clocks.frame import Frame
from services.domain.clocks.limits import LimitRule

_MINUTE = timedelta(minutes=1)
router = APIRouter()


class IntervalAnswer(Answer):
    """A stretch of time of one kind; they follow each other without a gap."""

    kind: Literal["worked", "closed", "holiday", "paused"]
    begin: datetime
    end: datetime | None = None
    """Absent on a wait that lasts."""
    minutes: float | None = None
    paused_by: tuple[str, ...] = ()
    holiday_zh: str | None = None
    holiday_en: str | None = None


class ClockAnswer(Answer):
    """One run of one clock."""

    clock: str
    holder: str | None = None
    """The team or partner that it measures."""
    task: int | None = None
    """Of the clock of a task: its number, by which it is answered or taken back."""
    run: int
    standing: Literal["running", "held", "overdue", "met", "missed"]
    started_at: datetime
    stopped_at: datetime | None = None
    due_at: datetime | None = None
    """Absent while a wait keeps it from coming due."""
    minutes_left: int | None = None
    """Minutes that count until it is due."""
    amount: int
    unit: str
    extended: int
    limit: str
    """Id of the limit."""
    source: str
    is_law: bool
    """Whether it may be shown to anyone as law."""
    calendar: str
    calendar_version: str
    rests_on: Literal["law", "standard", "terms", "default"] | None = None
    """Of the legal clock: what `source` is. A default may be configured, and is not law."""
    policy: str
    """Version of the policy that the limit was taken from."""
    goes_beyond_known: bool
    """Whether it reaches past the last date whose holidays are known."""
    intervals: tuple[IntervalAnswer, ...]
    used_minutes: dict[str, int]
    """By ``team:<id>``, ``partner:<id>`` or ``nobody``."""
    overdue_minutes: int
    overdue_by: dict[str, int]
    """Sums to ``overdue_minutes``."""


class LegalAnswer(Answer):
    """A limit that holds for the case, whatever clock runs."""

    limit: str
    matter: str
    zh: str
    en: str
    starts: str
    """The event that it is counted from."""
    amount: int
    unit: str
    rests_on: Literal["law", "standard", "terms", "default"]
    basis: str
    is_law: bool
    configurable: bool


class FrameAnswer(Answer):
    """Whose rules the case is under, and which limits hold there."""

    jurisdiction: str
    province: str | None = None
    city: str | None = None
    product: str | None = None
    reach: str | None = None
    on: date
    places: str | None = None
    """Version of the places; absent on a case that was opened before they were kept."""
    answer: LegalAnswer | None = None
    """What the legal clock goes by; absent: none is known there, and none is guessed."""
    others: tuple[LegalAnswer, ...]


class ClocksAnswer(Answer):
    """All clocks of a case, worked out from its history."""

    case_id: str
    at: datetime
    level: int
    policies: PolicyVersions
    clocks: tuple[ClockAnswer, ...]
    frame: FrameAnswer | None = None
    merged: dict[str, tuple[ClockAnswer, ...]] | None = None
    """Those of the cases merged into it, by case: their legal limit, acknowledgement and resolution
    count for this case too."""
    merged_into: str | None = None
    words: tuple[str, ...]
    """The same, told line by line."""


@router.get(
    "/v1/cases/{case_id}/clocks",
    response_model=ClocksAnswer,
    responses={
        422: PROBLEMS[422],
        503: PROBLEMS[503],
        404: {"description": "There is no such case"},
    },
    summary="Explain the time limits of a case",
)
async def clocks(
    request: Request,
    case_id: str,
    lang: Annotated[Literal["zh", "en"], Query()] = "zh",
    zone: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Return each clock with its due time, the intervals that prove it, the versions of policy and
    calendar, and whose time it was; `words` tells it in the language `lang`, with times in `zone`
    (an IANA name; the installation's own when absent)."""
    context = context_of(request)
    known = _zone(zone or context.settings.time_zone)
    tenant, now = tenant_of(request), context.clock.now()
    matter = await ask(context.accounts.matter, tenant, case_id, now) if is_id(case_id) else None
    if matter is None:
        raise unknown_case()
    words = context.accounts.teller(lang, known).matter(matter)
    body = _answer(case_id, matter, words).model_dump_json(exclude_none=True)
    return Response(body, media_type="application/json")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problem = "This is no time zone; write one like Asia/Shanghai."
        raise Problem(422, "invalid", problem, field="zone", rule="unknown_zone") from None


def _answer(case_id: str, matter: MatterAccount, words: list[str]) -> ClocksAnswer:
    account = matter.own
    merged = {name: tuple(map(_clock, one.clocks)) for name, one in matter.merged}
    return ClocksAnswer(
        case_id=case_id,
        at=account.at,
        level=account.level,
        policies=account.policies,
        clocks=tuple(map(_clock, account.clocks)),
        frame=_frame(account.frame) if account.frame else None,
        merged=merged or None,
        merged_into=matter.merged_into,
        words=tuple(words),
    )


def _clock(one: ClockAccount) -> ClockAnswer:
    return ClockAnswer(
        clock=one.clock,
        holder=one.holder or None,
        task=one.task,
        run=one.run,
        standing=one.standing.value,
        started_at=one.started_at,
        stopped_at=one.stopped_at,
        due_at=one.due_at,
        minutes_left=None if one.left is None else one.left // _MINUTE,
        amount=one.limit.amount + one.extended,
        unit=one.limit.unit,
        extended=one.extended,
        limit=one.limit.id,
        source=one.source,
        is_law=one.is_law,
        rests_on=one.rule.rests_on if one.rule else None,
        calendar=one.limit.calendar,
        calendar_version=one.calendar_version,
        policy=one.limit.policy,
        goes_beyond_known=one.goes_beyond_known,
        intervals=tuple(map(_interval, one.intervals)),
        used_minutes=one.used,
        overdue_minutes=one.overdue_minutes,
        overdue_by=one.overdue,
    )


def _frame(frame: Frame) -> FrameAnswer:
    return FrameAnswer(
        **frame.place._asdict(),
        on=frame.on,
        places=frame.places,
        answer=_legal(frame.answer) if frame.answer else None,
        others=tuple(map(_legal, frame.others)),
    )


def _legal(rule: LimitRule) -> LegalAnswer:
    return LegalAnswer(
        limit=rule.id,
        is_law=rule.is_law,
        **rule.model_dump(include=LegalAnswer.model_fields.keys() - {"limit", "is_law"}),
    )


def _interval(one: Interval) -> IntervalAnswer:
    return IntervalAnswer(
        kind=one.kind.value,
        begin=one.begin,
        end=one.end,
        minutes=None if one.length is None else one.length / _MINUTE,
        paused_by=one.paused_by,
        holiday_zh=one.name.zh if one.name else None,
        holiday_en=one.name.en if one.name else None,
    )
