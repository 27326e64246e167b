"""Who may approve the compensation that waits, told to those who may not. Pure."""

from collections.abc import Sequence

from schemas.cases import CaseState
from schemas.vocabulary import CommandKind
from services.console.actions import Action, offered
from services.console.unit_names import unit_name
from services.console.viewing import Viewing
from services.domain.compensation.deciding import Deciding
from services.domain.compensation.words import money


def approvers(
    state: CaseState, who: Deciding | None, actions: Sequence[Action], view: Viewing
) -> str:
    """Return in a sentence who may approve; empty where nothing waits, where nobody may approve it
    as the case stands, and where ``actions`` has it for who looks at the page."""
    proposed, approving = state.compensation, CommandKind.APPROVE_COMPENSATION
    possible = offered(state.status, is_merged=state.merged_into is not None)
    if proposed is None or who is None or who.team is None:
        return ""
    if approving in {one.kind for one in actions}:
        return ""
    if approving not in {one.kind for one in possible}:
        return ""
    texts, amount = view.texts, proposed.amount
    return texts(
        "act.approvers",
        amount=money(amount.minor, amount.currency, texts.language),
        team=unit_name(f"team:{who.team}", view),
    )
