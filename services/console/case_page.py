"""``/cases/{id}``: one case, and what a clerk does with it."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from schemas.cases import CaseChanged, CaseState
from schemas.handling_words import CompensationStep
from schemas.vocabulary import CommandKind
from services.adapters.whole_matter import contacts_of, next_due_of
from services.console.acting import Outcome
from services.console.actions import ACTIONS, IN_PLACE, Action, offered
from services.console.case_view import facts_of, happenings
from services.console.clock_view import clocks_of, extensible, frame_of
from services.console.command_form import Incomplete, Typed, body_of
from services.console.context import TENANT, Context, ask, context_of, session_of, viewing
from services.console.ids import is_id
from services.console.list_view import hint_of, time_of
from services.console.notice_view import notices_by_change
from services.console.pages import page, problem
from services.console.record_view import (
    Pairs,
    adds_to,
    choices,
    guidance_of,
    money_of,
    payments_to_answer,
    record_of,
    unpaid_words,
)
from services.console.refusals import refusal_words
from services.console.task_view import holders_of, tasks_of
from services.console.told_view import by_contact, told
from services.console.viewing import Viewing
from services.domain.compensation.payments import open_payments
from services.domain.frequent import hint_of as hint_of_person
from services.domain.merging import gravest

NEWEST: Final = 300
"""As much of a long history as a page shows."""
_EMPTY: Final = dict.fromkeys(Typed.model_fields, "")
_STATUS: Final = {"stale": 409, "refused": 409, "invalid": 422, "unavailable": 503}

router = APIRouter()


@router.get("/cases/{case_id}")
async def case(request: Request, case_id: str, done: str = "") -> Response:
    """Show the case."""
    return await _page(request, case_id, done=done if done in (*CommandKind, "pending") else "")


@router.get("/cases/{case_id}/seq")
async def seq(request: Request, case_id: str) -> JSONResponse:
    """Say where the case stands, so that an open page can tell that it is behind."""
    state = await ask(_state, context_of(request), case_id)
    return JSONResponse({"seq": state.seq if state else 0}, 200 if state else 404)


@router.post("/cases/{case_id}/commands")
async def act(request: Request, case_id: str, typed: Annotated[Typed, Form()]) -> Response:
    """Ask for a change; show how it ended, and after a refusal what was typed."""
    if not is_id(case_id):
        return problem(request, 404, "no_such_case")
    session, context, kind = session_of(request), context_of(request), typed.kind
    if session is None:
        return RedirectResponse(f"/sign-in?onwards=/cases/{case_id}", 303)
    form = typed.model_dump() | {"id": typed.key}
    body = _body(typed)
    if body is None:
        return await _page(request, case_id, form=form, outcome=Outcome("invalid"))
    outcome = await context.desk.act(case_id, session, body)
    if outcome.end in ("accepted", "pending"):
        done = "pending" if outcome.end == "pending" else kind
        return RedirectResponse(f"/cases/{case_id}?done={done}", 303)
    return await _page(request, case_id, form=form, outcome=outcome)


def _body(typed: Typed) -> dict[str, Any] | None:
    """Return the command that was meant; None when something is missing or wrong."""
    known = {one.kind: one.fields for one in ACTIONS} | IN_PLACE
    needs = known.get(typed.kind)  # type: ignore[call-overload]
    if needs is None:
        return None
    try:
        body = body_of(typed)
    except Incomplete:
        return None
    plain = [name for name in needs if name in ("note", "assignee")]
    return body if all(body.get(name) for name in plain) else None


async def _page(
    request: Request,
    case_id: str,
    *,
    form: dict[str, Any] | None = None,
    outcome: Outcome | None = None,
    done: str = "",
) -> Response:
    context, view = context_of(request), viewing(request)
    state = await ask(_state, context, case_id)
    if state is None:
        return problem(request, 404, "no_such_case")
    history, contacts, due, fates, account, rules, often = await ask(_look_up, context, state)
    session = session_of(request)
    clocks = extensible(account, view.texts)
    teller = context.accounts.teller(view.texts.language, context.zone)
    holders = holders_of(state, context.accounts.book.today.sla.partners, view)
    actions = _offered(state, can_extend=bool(clocks), can_ask=bool(holders))
    notices = notices_by_change(fates, view)
    seen = form["expected_seq"] if form and outcome and outcome.end == "stale" else None
    return page(
        request,
        "case.html",
        _STATUS.get(outcome.end, 200) if outcome else 200,
        state=state,
        gravest=gravest(state),
        facts=facts_of(state, view),
        time=time_of(state, due, view.now, view.texts),
        time_hint=hint_of(due, view.texts),
        clocks=clocks_of(account, teller),
        tasks=tasks_of(state, account, history, teller, view.texts),
        frame=frame_of(account, teller),
        happenings=happenings(history, seen, view, notices),
        unreached=[one for lines in notices.values() for one in lines if one.unreached],
        is_cut=state.seq > NEWEST,
        contacts=told(contacts, by_contact(history), view, state),
        actions=actions,
        can_correct=any(one.kind is CommandKind.CORRECT for one in actions),
        choices=choices(view, context.teams, contacts)
        | _of_case(state, clock=clocks, holder=holders, view=view),
        adds_to=adds_to(state),
        record=record_of(state, history, view),
        money=money_of(state, view),
        left_unpaid=unpaid_words(state, view),
        guidance=guidance_of(state, contacts, view, rules),
        guidance_version=rules.version,
        clerks=_clerks(context, state.team),
        me=session.clerk if session else "",
        form=form or _EMPTY,
        key=context.draw(),
        # What was not confirmed is sent again as it was: the same key takes effect once.
        again=form if form and outcome and outcome.end == "unavailable" else None,
        outcome=outcome,
        refusal=refusal_words(outcome.refusal, outcome.explanation, view.texts) if outcome else "",
        done=done,
        track_url=context.public_url,
        often=often,
    )


def _of_case(state: CaseState, *, view: Viewing, **found: Pairs) -> dict[str, Pairs]:
    """Return what the forms let choose that depends on where the case stands."""
    return {"payment": payments_to_answer(state, view.texts), **found}


def _offered(state: CaseState, *, can_extend: bool, can_ask: bool) -> tuple[Action, ...]:
    return offered(
        state.status,
        _step(state) is CompensationStep.PROPOSED,
        state.legal_hold,
        has_merged=bool(state.merged or state.offers),
        is_merged=state.merged_into is not None,
        can_extend=can_extend,
        is_to_pay=bool(open_payments(state)),
        can_ask=can_ask,
    )


def _step(state: CaseState) -> CompensationStep | None:
    return state.compensation.step if state.compensation is not None else None


def _state(context: Context, case_id: str) -> CaseState | None:
    return context.queries.case(TENANT, case_id) if is_id(case_id) else None


def _look_up(context: Context, state: CaseState) -> Any:
    queries, case_id = context.queries, state.case_id
    shown_after = max(0, state.seq - NEWEST)
    history: list[CaseChanged] = queries.history(TENANT, case_id, shown_after, NEWEST)
    contacts = contacts_of(queries, state)
    due = next_due_of(context.deadlines, TENANT, [state]).get(case_id)
    fates = context.notices.of_case(TENANT, case_id, shown_after)
    now = context.clock.now()
    account = context.accounts.of(TENANT, case_id, now)
    rules = context.accounts.book.rules(state.clocks.policies if state.clocks else None)
    often = hint_of_person(contacts, queries.count_cases_of, now, context.frequent())
    return history, contacts, due, fates, account, rules, often


def _clerks(context: Context, team: str | None) -> list[str]:
    """Return who may be meant by an assignment: the team's members first."""
    teams = context.teams.teams
    own = teams[team].members if team in teams else ()
    others = {member for one in teams.values() for member in one.members}
    return [*own, *sorted(others - set(own))]
