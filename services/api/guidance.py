"""``GET /v1/cases/{id}/guidance``: what a compensation may come to, for whoever decides."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from schemas.cases import CaseState
from services.api.cases import unknown_case
from services.api.context import Context, ask, context_of
from services.api.documentation import PROBLEMS
from services.api.errors import invalid, refused
from services.api.requests import is_id, tenant_of
from services.domain.clocks.stages import clocks_of
from services.domain.compensation.facts import facts_of
from services.domain.compensation.guidance import Facts, guide
from services.domain.compensation.rules import Rules
from services.domain.compensation.words import as_answer

router = APIRouter()
Amount = Annotated[int | None, Query(ge=0, le=10**12)]


@router.get(
    "/v1/cases/{case_id}/guidance",
    responses={
        422: PROBLEMS[422],
        503: PROBLEMS[503],
        404: {"description": "There is no such case"},
    },
    summary="What a compensation may come to",
)
async def guidance(
    request: Request,
    case_id: str,
    harm: str | None = None,
    value: Amount = None,
    insured: Amount = None,
    postage: Amount = None,
    share: Annotated[float | None, Query(gt=0, le=1)] = None,
    exemption: str | None = None,
    gross_negligence: bool = False,
    fraud: bool = False,
) -> JSONResponse:
    """Return the branch, the range and every step with what it rests on. It begins with what
    the contacts state; each parameter replaces one fact (amounts in the smallest unit).
    Guidance for a person: nothing is decided or refused by it."""
    context, tenant = context_of(request), tenant_of(request)
    state = await ask(context.queries.case, tenant, case_id) if is_id(case_id) else None
    if state is None:
        raise unknown_case()
    checked = {
        "harm": harm,
        "value": value,
        "insured": insured,
        "postage": postage,
        "share": share,
        "exemption": exemption,
        "gross_negligence": gross_negligence or None,
        "fraud": fraud or None,
    }
    facts = await ask(_facts, context, state, checked)
    rules = await ask(_rules, context, state)
    answer = as_answer(guide(facts, rules))
    return JSONResponse(answer | {"facts": facts.model_dump(mode="json", exclude_none=True)})


def _rules(context: Context, state: CaseState) -> Rules:
    return context.accounts.book.rules(clocks_of(state).policies)


def _facts(context: Context, state: CaseState, checked: dict[str, Any]) -> Facts:
    contacts = context.queries.contacts(state.tenant, state.appeal_of or state.case_id)
    stated = facts_of(state.category, (one.contact for one in contacts), clocks_of(state).place)
    known = {name: fact for name, fact in checked.items() if fact is not None}
    if stated is None and "harm" not in known:
        message = (
            f"A matter of {state.category} has no loss of its own: name the harm "
            "(lost, damaged, spoilt, delayed), or decide by goodwill."
        )
        raise invalid("harm", "missing", message)
    place = clocks_of(state).place
    if stated is None and place is not None:
        known["jurisdiction"] = place.jurisdiction.lower()
    try:
        base = stated.model_dump(exclude_none=True) if stated else {}
        return Facts.model_validate(base | known)
    except ValidationError as error:
        raise refused(error) from None
