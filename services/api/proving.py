"""Whether a code opens a matter whole, or only where it stands and what was said with it.

A code is shown to whoever files a contact, and a form proves nothing: the waybill and the phone
stand on the parcel for all to read. Who comes later under a name that is known in the case is
that person where the way he came proves it; else the code that he was shown opens a part, and
nothing is done by it. The codes in our letters go to addresses that the person gave
(ADR 0084).
"""

from typing import Final

from schemas.cases import CaseState
from schemas.contacts import ContactDeduplicated
from schemas.vocabulary import Relation
from services.adapters.case_queries import Queries
from services.api.context import Context, ask
from services.api.errors import Problem
from services.api.progress import Language
from services.domain.proof import proof_of
from services.domain.said import said_of

RULE: Final = "unproved_code"
IN_PART: Final = (
    "这里只显示部分内容：仅凭填写的运单号和联系方式无法确认是您本人。"
    "我们发给您的消息里的查询码，或首次投诉时的查询码，可查看全部内容，并可评价、申诉和修改通知设置。",
    "This page shows a part only: what was filled in does not prove that it was you. "
    "The code in our message to you opens everything, and so does that of the first complaint: "
    "there you can rate our answer, appeal, and choose how we reach you.",
)
_LOOKED_THROUGH: Final = 50
"""Of the newest contacts of a case; its first one is looked at in any case."""
_HIS_OWN: Final = frozenset({"forwarded", "anonymous_same_text", "anonymous_near_text"})
"""Rules by which dedup finds that a contact without a person passes on what the case is about, or
says it again."""


def is_in_part(queries: Queries, found: ContactDeduplicated, state: CaseState | None) -> bool:
    """Return whether the code of a contact opens a part only; ``state`` is its case's."""
    own = said_of(found)
    if not own.claims:
        return False
    if own.person is None:
        return _is_nobodys(queries, found, state)
    if not own.proved or state is None:
        return True
    others = queries.contacts(found.tenant, found.case_id, None, _LOOKED_THROUGH)
    others += queries.contacts(found.tenant, found.case_id, own.person, _LOOKED_THROUGH)
    first = queries.contact(found.tenant, state.first_contact_id)
    known = {one.contact.contact_id: one for one in (*others, *([first] if first else ()), found)}
    return own.contact_id in proof_of([said_of(one) for one in known.values()]).unproved


def _is_nobodys(queries: Queries, found: ContactDeduplicated, state: CaseState | None) -> bool:
    """Return whether somebody who names only the waybill, and not himself, is no complainant whom
    the case counts. Who says what the case began with pressed twice."""
    contact = found.contact
    if state is None or contact.reply_to is not None:
        return False
    if any(reason.rule in _HIS_OWN for reason in found.reasons):
        return False
    first = queries.contact(found.tenant, state.first_contact_id)
    return first is None or first.contact.person is not None or first.contact.text != contact.text


def as_seen_by(
    found: ContactDeduplicated, state: CaseState | None, in_part: bool
) -> CaseState | None:
    """Return a case as whoever has the code of a contact may see it. To who sees a part it has one
    complainant more than it counts, and so tells him nothing that may be meant for another."""
    if state is None:
        return None
    if in_part:
        return state.model_copy(update={"complainants": state.complainants + 1, "rating": None})
    if found.relation is Relation.SECOND_COMPLAINANT:
        # The case may have many contacts to take before it counts this one.
        return state.model_copy(update={"complainants": max(2, state.complainants)})
    return state


async def opens_a_part(context: Context, found: ContactDeduplicated) -> bool:
    """Return whether the code of a contact opens a part only.

    Raises:
        OutageError: the database is away.
    """

    def asked() -> bool:
        state = context.queries.case(found.tenant, found.case_id)
        return is_in_part(context.queries, found, state)

    return await ask(asked)


async def refuse_in_part(context: Context, found: ContactDeduplicated, language: Language) -> None:
    """Let pass whose code opens the whole matter.

    Raises:
        Problem: it opens a part only.
        OutageError: the database is away.
    """

    if await opens_a_part(context, found):
        raise Problem(403, "forbidden", IN_PART[language == "en"], field="code", rule=RULE)
