"""The ladder and the rules of approval that a case began with, and who may decide by them. Pure,
but for the book's archive.

Raises as :class:`PolicyBook` does where a version is not to be had.
"""

from schemas.cases import CaseState
from services.domain.approval import Approval
from services.domain.clocks.book import PolicyBook
from services.domain.clocks.stages import clocks_of
from services.domain.compensation.deciding import Deciding, deciding, waits
from services.domain.teams import Teams


def ladder_of(state: CaseState, today: Teams, book: PolicyBook, other: str | None = None) -> Teams:
    """Return the ladder that a case began with; today's where that has not its team, or not the
    ``other`` one that it is compared with."""
    pinned = clocks_of(state).policies
    if pinned is None or pinned.teams in (None, today.version):
        return today
    ladder = book.teams(pinned)
    knows = {state.team, other} - {None} <= ladder.teams.keys()
    return ladder if knows else today


def approval_of(state: CaseState, today: Approval, book: PolicyBook) -> Approval:
    """Return the rules of approval that a case began with."""
    pinned = clocks_of(state).policies
    if pinned is None or pinned.approval in (None, today.version):
        return today
    return book.approval(pinned)


def deciding_of(state: CaseState, teams: Teams, book: PolicyBook) -> Deciding | None:
    """Return who may decide about the compensation of a case that waits; None where none does."""
    if not waits(state):
        return None
    rules = book.approval(clocks_of(state).policies)
    return deciding(state, rules, teams, ladder_of(state, teams, book))
