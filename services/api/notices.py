"""Notices for whoever is on call: which ended badly, and a person's word on those in doubt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from schemas.handling import Actor
from schemas.notice_words import NoticeState
from schemas.notices import NoticeRequested
from schemas.receipts import ReceiptEvent
from schemas.record import Part
from services.api.auth import acting
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem
from services.api.receipts import pass_on
from services.api.requests import is_id, read_form, tenant_of
from services.domain.notice_fates import Fate, Settle, doubts_of, end_of
from services.domain.notice_why import decided_of, line_of, rests_until
from services.domain.send_store import Attempt

router = APIRouter()
_CHINA: Final = ZoneInfo("Asia/Shanghai")
_BAD: Final = frozenset({NoticeState.FAILED, NoticeState.UNKNOWN})
_LOOKED_AT: Final = 10_000
"""The most results that one question reads."""
_EVENTS: Final = {"sent": ReceiptEvent.SAID_SENT, "not_sent": ReceiptEvent.SAID_NOT_SENT}


class SettleForm(Part):
    """What a person found out about a notice of which nobody knew whether it was sent."""

    outcome: Literal["sent", "not_sent"]
    actor: Actor | None = None
    """For whom it is said, where that is not who proved to act."""


class Failure(Part):
    """A notice that ended without reaching anybody for sure."""

    notice_id: str
    state: Annotated[str, Field(max_length=20)]
    reason: str
    at: str
    case: str
    channel: str
    kind: str
    recipient: str


class Missed(Failure):
    """A notice that had to be told, and nobody was reached by any way."""

    rule: str


@router.get("/v1/notices/failures", responses=PROBLEMS, summary="Notices that ended badly")
async def failures(request: Request, limit: int = 50) -> JSONResponse:
    """Return the network's newest notices that failed or are in doubt: the dead letters of
    notices. `is_whole` is false where so many attempts went badly, of all networks together, that
    older ones were not looked at."""
    context, tenant = context_of(request), tenant_of(request)
    window = most = min(max(limit, 1), 500)
    found, seen = await _failed(context, tenant, window)
    while len(found) < most and seen == window < _LOOKED_AT:
        window = min(window * 4, _LOOKED_AT)
        found, seen = await _failed(context, tenant, window)
    newest = [one.model_dump() for one in found[:most]]
    return JSONResponse({"notices": newest, "is_whole": len(found) >= most or seen < window})


async def _failed(context: Context, tenant: str, window: int) -> tuple[list[Failure], int]:
    """Return those of a network among the newest ``window`` bad results, and how many results
    there are. The ledger of results knows no networks, the notices do."""
    ended = await ask(context.sends.ended_badly, window)
    names = list(dict.fromkeys(one.notice_id for one in ended))
    requested = await ask(context.sends.requested, names)
    own = {name: notice for name, notice in requested.items() if notice.tenant == tenant}
    attempts = await ask(context.sends.attempts, list(own))
    ends = ((name, attempts.get(name, []), end_of(attempts.get(name, []))) for name in names)
    bad = [
        _failure(own[name], end, made)
        for name, made, end in ends
        if name in own and end is not None and end.state in _BAD
    ]
    return bad, len(ended)


def _failure(notice: NoticeRequested, end: Settle, made: Sequence[Attempt]) -> Failure:
    claims = [one.claim.channel for one in made if one.claim is not None]
    return Failure(
        notice_id=notice.notice_id,
        state=end.state,
        reason=end.reason or "",
        at=end.at.isoformat(),
        case=notice.case_id,
        channel=claims[-1] if claims else notice.channel,
        kind=notice.kind,
        recipient=notice.recipient,
    )


@router.get(
    "/v1/notices/unreached",
    responses=PROBLEMS,
    summary="Who had to be told, and was reached by nothing",
)
async def unreached(request: Request, limit: int = 50) -> JSONResponse:
    """Return the newest mandatory notices that ended without any way left: no address on any
    channel, or all of them exhausted. Somebody must tell these people otherwise."""
    context = context_of(request)
    tenant, most = tenant_of(request), min(max(limit, 1), 500)
    found = [
        Missed(
            notice_id=fate.notice_id,
            state=fate.state,
            reason=fate.reason or "",
            rule=fate.rule,
            at=fate.at.isoformat(),
            case=case_id,
            channel=fate.channel,
            kind=fate.kind,
            recipient=fate.recipient,
        ).model_dump()
        for case_id, fate in await ask(context.notices.unreached, tenant, most)
    ]
    return JSONResponse({"notices": found})


@router.get(
    "/v1/cases/{case_id}/notices",
    responses=PROBLEMS,
    summary="Why somebody was told about a case, or was not",
)
async def why(
    request: Request, case_id: str, recipient: str = "", lang: str = "zh"
) -> JSONResponse:
    """Return every decision to tell somebody about the case, or not to: what was decided, by
    which rule, when, and how it ended; `line` says so in words. `recipient` is a part of the
    name, such as `contact:`, `team:claims` or a contact's id."""
    context = context_of(request)
    fates: list[Fate] = []
    if is_id(case_id):
        fates = await ask(context.notices.of_case, tenant_of(request), case_id)
    now = context.clock.now()
    found = [_explained(fate, now, lang) for fate in fates if recipient in fate.recipient]
    return JSONResponse({"case": case_id, "notices": found})


def _explained(fate: Fate, now: datetime, language: str) -> dict[str, Any]:
    rests = rests_until(fate, now)
    return {
        "notice_id": fate.notice_id,
        "seq": fate.seq,
        "kind": str(fate.kind),
        "recipient": fate.recipient,
        "channel": str(fate.channel),
        "over": fate.over or None,
        "decided": str(decided_of(fate, now)),
        "rule": fate.rule,
        "decided_at": (fate.decided_at or fate.at).isoformat(),
        "held_until": fate.held_until.isoformat() if fate.held_until else None,
        "rests_until": rests.isoformat() if rests else None,
        "quiet": fate.quiet.model_dump() if fate.quiet else None,
        "on_lane_since": fate.lane_since.isoformat() if fate.lane_since else None,
        "lane_provider": fate.lane_provider or None,
        "state": str(fate.state),
        "reason": fate.last or fate.reason,
        "at": fate.at.isoformat(),
        "texts": fate.texts,
        "line": line_of(fate, now, _CHINA, language),
    }


@router.post(
    "/v1/notices/{notice_id}/settle",
    status_code=202,
    responses={
        **PROBLEMS,
        404: {"description": "There is no such notice"},
        409: {"description": "Nobody is in doubt about it"},
    },
    summary="Say whether a notice in doubt was sent",
)
async def settle(request: Request, notice_id: str) -> JSONResponse:
    """Settle a notice of which nobody knows whether it was sent. After ``not_sent`` it is sent
    once more."""
    context = context_of(request)
    form = await read_form(request, SettleForm)
    actor = acting(request, form.actor)["actor"]
    attempts: list[Attempt] = []
    if is_id(notice_id) and await _is_own(context, tenant_of(request), notice_id):
        attempts = (await ask(context.sends.attempts, [notice_id])).get(notice_id, [])
    if not attempts:
        raise Problem(404, "not_found", "No attempt was made to send such a notice.", rule="known")
    end = end_of(attempts)
    state = NoticeState.UNKNOWN if end is None and doubts_of(attempts) else end and end.state
    if state is not NoticeState.UNKNOWN:
        raise Problem(
            409,
            "not_in_doubt",
            f"Nobody is in doubt about it: {state or 'waiting'}",
            rule="in_doubt",
        )
    if not await pass_on(context, notice_id, _EVENTS[form.outcome], actor):
        raise Problem(404, "not_found", "Nobody decided such a notice.", rule="known")
    return JSONResponse({"notice_id": notice_id, "outcome": form.outcome}, 202)


async def _is_own(context: Context, tenant: str, notice_id: str) -> bool:
    """Return whether a notice is of this network: of others nobody learns even that they are."""
    notice = (await ask(context.sends.requested, [notice_id])).get(notice_id)
    return notice is not None and notice.tenant == tenant
