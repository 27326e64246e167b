"""``/cases/{id}``: one case, and what a clerk does with it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from schemas.cases import CaseChanged, CaseState, CommandSettled
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import CommandKind, Refusal, Settlement
from services.adapters.case_queries import Queries
from services.adapters.deadlines import Deadline
from services.adapters.whole_matter import contacts_of, next_due_of
from services.console.acting import End, Outcome
from services.console.actions import ACTIONS, IN_PLACE, Action, offered
from services.console.approval_view import approvers
from services.console.case_view import facts_of, happenings
from services.console.clock_view import clocks_of, extensible, frame_of
from services.console.command_form import Incomplete, Typed, body_of
from services.console.context import TENANT, Context, ask, context_of, may_do, session_of, viewing
from services.console.due_view import limits_of
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
    payments_of,
    record_of,
    unanswered_words,
    unpaid_words,
)
from services.console.refused_form import EMPTY, of_form
from services.console.task_view import holders_of, tasks_of
from services.console.told_view import by_contact, told
from services.console.viewing import Viewing
from services.domain.compensation.deciding import Deciding
from services.domain.frequent import hint_of as hint_of_person
from services.domain.merging import gravest, total_contacts
from services.domain.pinned import deciding_of
from services.domain.sessions import Session

NEWEST: Final = 300
"""As much of a long history as a page shows."""
_STATUS: Final = {"stale": 409, "refused": 409, "invalid": 422, "unavailable": 503}

router = APIRouter()


@router.get("/cases/{case_id}")
async def case(
    request: Request, case_id: str, done: str = "", command: str = "", of: str = ""
) -> Response:
    """Show the case, and how a command ended whose end was not known at first."""
    if done != "pending":
        return await _page(request, case_id, done=done if done in (*CommandKind,) else "")
    settled = await _settled(context_of(request), of, command)
    if settled is None:
        return await _page(request, case_id, done=done)
    if settled.settlement is not Settlement.REJECTED:
        return await _page(request, case_id, done=settled.kind)
    end: End = "stale" if settled.refusal is Refusal.STALE else "refused"
    outcome = Outcome(end, settled.refusal or Refusal.UNKNOWN, settled.explanation or "")
    seen = settled.since[0].seq - 1 if settled.since else settled.seq
    form = {**EMPTY, "kind": settled.kind, "expected_seq": seen}
    return await _page(request, case_id, form=form, outcome=outcome)


@router.get("/cases/{case_id}/seq")
async def seq(request: Request, case_id: str, command: str = "", of: str = "") -> JSONResponse:
    """Say where the case stands, so that an open page can tell that it is behind; how much time is
    left by now; and whether it is known by now how a command ended."""
    context, view = context_of(request), viewing(request)
    state = await ask(_state, context, case_id)
    if state is None:
        return JSONResponse({"seq": 0}, 404)
    is_settled = bool(command) and await _settled(context, of, command) is not None
    due = await ask(_due, context, state)
    time = asdict(time_of(state, due, view.now, view.texts))
    return JSONResponse({"seq": state.seq, "settled": is_settled, "time": time})


@router.get("/cases/{case_id}/commands")
async def back(case_id: str) -> Response:
    """Go to the case: after a refused form its page stands at this address, from where one chooses
    a language or says who one is, and a browser comes back to it."""
    return RedirectResponse(f"/cases/{quote(case_id, safe='')}", 303)


@router.post("/cases/{case_id}/commands")
async def act(request: Request, case_id: str, typed: Annotated[Typed, Form()]) -> Response:
    """Ask for a change; show how it ended, and after a refusal what was typed."""
    if not is_id(case_id):
        return problem(request, 404, "no_such_case")
    session, context, kind = session_of(request), context_of(request), typed.kind
    if session is None:
        return RedirectResponse(f"/sign-in?onwards=/cases/{case_id}", 303)
    form = typed.model_dump() | {"id": typed.key}
    try:
        body = _body(typed)
    except Incomplete as fault:
        outcome = Outcome("invalid", rule=fault.rule, field=fault.field)
        return await _page(request, case_id, form=form, outcome=outcome)
    outcome = await context.desk.act(case_id, session, body)
    if outcome.end == "accepted":
        return RedirectResponse(f"/cases/{case_id}?done={kind}", 303)
    if outcome.end == "pending":
        sent = {"done": "pending", "command": outcome.command_id, "of": outcome.case_id}
        return RedirectResponse(f"/cases/{case_id}?{urlencode(sent)}", 303)
    return await _page(request, case_id, form=form, outcome=outcome)


async def _settled(context: Context, case_id: str, command_id: str) -> CommandSettled | None:
    """Return how a command ended, once the case shows it too."""
    if not (is_id(case_id) and is_id(command_id)):
        return None
    settled = await ask(context.queries.settlement, TENANT, case_id, command_id)
    state = await ask(_state, context, case_id)
    return settled if settled and state and settled.seq <= state.seq else None


def _body(typed: Typed) -> dict[str, Any]:
    """Return the command that was meant.

    Raises:
        Incomplete: naming the field that is missing or wrong.
    """
    known = {one.kind: one.fields for one in ACTIONS} | IN_PLACE
    needs = known.get(typed.kind)  # type: ignore[call-overload]
    if needs is None:
        raise Incomplete("kind", "wrong")
    body = body_of(typed)
    for name in needs:
        if name in ("note", "assignee") and not body.get(name):
            raise Incomplete(name)
    return body


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
    history, contacts, due, fates, account, rules, often, who = await ask(_look_up, context, state)
    session = session_of(request)
    clocks = extensible(account, view.texts)
    teller = context.accounts.teller(view.texts.language, context.zone)
    holders = holders_of(state, context.accounts.book.today.sla.partners, view)
    given = {str(kind) for kind in CommandKind if may_do(request, kind)}
    every = _offered(state, session, who, can_extend=bool(clocks), can_ask=bool(holders))
    actions = [one for one in every if one.kind in given]
    notices = notices_by_change(fates, view)
    tasks = tasks_of(state, account, history, teller, view.texts)
    seen = form["expected_seq"] if form and outcome and outcome.end == "stale" else None
    return page(
        request,
        "case.html",
        _STATUS.get(outcome.end, 200) if outcome and request.method == "POST" else 200,
        state=state,
        gravest=gravest(state),
        facts=facts_of(state, view),
        time=time_of(state, due, view.now, view.texts),
        time_hint=hint_of(due, view.texts),
        clocks=clocks_of(account, teller),
        tasks=tasks,
        frame=frame_of(account, teller),
        happenings=happenings(history, seen, view, notices),
        unreached=[one for lines in notices.values() for one in lines if one.unreached],
        is_cut=state.seq > NEWEST,
        contacts=told(contacts, by_contact(history), view, state),
        told_in_all=max(len(contacts), total_contacts(state)),
        actions=actions,
        is_given=given,
        is_barred=bool(every) and not actions,
        can_correct=any(one.kind is CommandKind.CORRECT for one in actions),
        choices=choices(view, context.teams, contacts)
        | _of_case(state, clock=clocks, holder=holders, view=view),
        adds_to=adds_to(state),
        record=record_of(state, history, view),
        **_of_money(state, who, actions, view),
        guidance=guidance_of(state, contacts, view, rules),
        guidance_version=rules.version,
        clerks=_clerks(context, state.team),
        me=session.clerk if session else "",
        **of_form(outcome, form, actions, [str(one.number) for one in tasks if one.is_open], view),
        key=context.draw(),
        done=done,
        track_url=context.public_url,
        often=often,
    )


def _of_money(
    state: CaseState, who: Deciding | None, actions: Sequence[Action], view: Viewing
) -> dict[str, Any]:
    """Return what is decided and paid, what waits for whom, and what a person has to see to."""
    return {
        "money": money_of(state, view, who),
        "approvers": approvers(state, who, actions, view),
        "left_unpaid": unpaid_words(state, view),
        "unanswered": unanswered_words(state, view),
    }


def _of_case(state: CaseState, *, view: Viewing, **found: Pairs) -> dict[str, Pairs]:
    """Return what the forms let choose that depends on where the case stands."""
    return {"payment": payments_of(state, view.texts), **found}


def _offered(
    state: CaseState,
    session: Session | None,
    who: Deciding | None,
    *,
    can_extend: bool,
    can_ask: bool,
) -> tuple[Action, ...]:
    return offered(
        state.status,
        who is not None,
        state.legal_hold,
        has_merged=bool(state.merged or state.offers),
        is_merged=state.merged_into is not None,
        can_extend=can_extend,
        has_payments=bool(state.payments),
        can_ask=can_ask,
        may_approve=bool(who and session and who.may_approve(session.actor)),
        may_refuse=bool(who and session and who.may_refuse(session.actor)),
    )


def _state(context: Context, case_id: str) -> CaseState | None:
    return context.queries.case(TENANT, case_id) if is_id(case_id) else None


def _look_up(context: Context, state: CaseState) -> Any:
    queries, case_id = context.queries, state.case_id
    shown_after = max(0, state.seq - NEWEST)
    history: list[CaseChanged] = queries.history(TENANT, case_id, shown_after, NEWEST)
    contacts = _contacts(queries, state)
    due = _due(context, state)
    fates = context.notices.of_case(TENANT, case_id, shown_after)
    now = context.clock.now()
    account = context.accounts.of(TENANT, case_id, now)
    rules = context.accounts.book.rules(state.clocks.policies if state.clocks else None)
    often = hint_of_person(contacts, queries.count_cases_of, now, context.frequent())
    who = deciding_of(state, context.teams, context.accounts.book)
    return history, contacts, due, fates, account, rules, often, who


def _contacts(queries: Queries, state: CaseState) -> list[ContactDeduplicated]:
    """Return the newest contacts of the whole matter, and whatever came since the one that says
    what it is about."""
    found, first = contacts_of(queries, state), state.first_contact_id
    if any(one.contact.contact_id == first for one in found):
        return found
    opening = queries.contact(state.tenant, first)
    return found if opening is None else [*found, opening]


def _due(context: Context, state: CaseState) -> Deadline | None:
    due = next_due_of(context.deadlines, TENANT, [state])
    return limits_of([state], due, context.accounts.book.terms).get(state.case_id)


def _clerks(context: Context, team: str | None) -> list[str]:
    """Return who may be meant by an assignment: the team's members first."""
    teams = context.teams.teams
    own = teams[team].members if team in teams else ()
    others = {member for one in teams.values() for member in one.members}
    return [*own, *sorted(others - set(own))]
