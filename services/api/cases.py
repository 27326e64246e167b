"""``GET /v1/cases/{id}``: a case with its history and contacts, for clerks and programs."""

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from schemas.cases import CaseState
from schemas.contacts import ContactDeduplicated
from services.adapters.whole_matter import contacts_of
from services.api.auth import principal_of
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import Problem
from services.api.forms import ApprovalHint, CaseAnswer, ContactSummary, FrequentHint, NoticeSummary
from services.api.requests import is_id, tenant_of
from services.domain.frequent import hint_of
from services.domain.pinned import deciding_of

router = APIRouter()
_MOST_SEQ: Final = 2**63 - 1
"""MongoDB has no larger number."""


@router.get(
    "/v1/cases/{case_id}",
    response_model=CaseAnswer,
    responses={
        422: PROBLEMS[422],
        503: PROBLEMS[503],
        404: {"description": "There is no such case"},
    },
    summary="Look at a case",
)
async def case(
    request: Request,
    case_id: str,
    after_seq: Annotated[int, Query(ge=0, le=_MOST_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Response:
    """Return the newest state, what happened after `after_seq` (in order, at most `limit`),
    who decides about a compensation that waits, and whether the holder of the key may,
    the newest 50 contacts (of an appeal: those of the case it is about; of a case that others
    are merged into: the newest 50 of each, which say whose they are), and who was
    told of these changes (at most 500 notices)."""
    context = context_of(request)
    tenant = tenant_of(request)
    state = await ask(context.queries.case, tenant, case_id) if is_id(case_id) else None
    if state is None:
        raise unknown_case()
    history = await ask(context.queries.history, tenant, case_id, after_seq, limit)
    contacts = await ask(contacts_of, context.queries, state)
    fates = await ask(context.notices.of_case, tenant, case_id, after_seq)
    hint = await ask(
        hint_of, contacts, context.queries.count_cases_of, context.clock.now(), context.frequent()
    )
    approval = await ask(_approval, context, state, principal_of(request).actor or "")
    answer = CaseAnswer(
        state=state,
        history=tuple(history),
        contacts=tuple(_summary(one, state.appeal_of or case_id) for one in contacts),
        notices=tuple(NoticeSummary(**asdict(fate)) for fate in fates),
        frequent=FrequentHint(**hint._asdict()) if hint else None,
        approval=approval,
    )
    body = answer.model_dump_json(exclude_none=True)
    return Response(body, media_type="application/json")


def _approval(context: Context, state: CaseState, actor: str) -> ApprovalHint | None:
    who = deciding_of(state, context.ranks().teams, context.accounts.book)
    if who is None or state.compensation is None:
        return None
    return ApprovalHint(
        decision=state.compensation.decision,
        team=who.team,
        proposed_by=who.proposed_by,
        may_approve=who.may_approve(actor),
        may_refuse=who.may_refuse(actor),
    )


def unknown_case() -> Problem:
    """Return the answer to an id that is no case's."""
    return Problem(404, "not_found", "There is no such case.", field="case_id", rule="unknown")


def _summary(found: ContactDeduplicated, case_id: str) -> ContactSummary:
    contact = found.contact
    return ContactSummary(
        contact_id=contact.contact_id,
        relation=found.relation,
        channel=contact.channel,
        received_at=contact.received_at,
        text=contact.text,
        waybill=contact.facts.waybill,
        case_id=None if found.case_id == case_id else found.case_id,
    )
