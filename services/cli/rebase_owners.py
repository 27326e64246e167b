"""Who would have a case next and who would approve its money, under other policies. Pure."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.cases import CaseState
from schemas.ledger import PolicyVersions
from services.domain.approval import Approval
from services.domain.clocks.book import PolicyBook
from services.domain.compensation.payments import has_failed, standing_sum
from services.domain.teams import Teams

NEXT_UP: Final = "next owner up"
NOBODY: Final = "nobody"
CLERK: Final = "the clerk alone"


class Owner(NamedTuple):
    """Who has a say in a case, before and after; ``of`` names in what."""

    of: str
    before: str
    after: str


def owners(
    state: CaseState, before: PolicyVersions, after: PolicyVersions, book: PolicyBook
) -> Iterator[Owner]:
    """Yield what changes of who is next up the ladder, and of who approves which sum.

    Raises:
        OutageError: the archive is away, or lacks a version.
    """
    old, new = _ladder(state, before, book), _ladder(state, after, book)
    above = [one.above(state.team) or NOBODY for one in (old, new)]
    if above[0] != above[1]:
        yield Owner(NEXT_UP, *above)
    yield from _approvers(state, (book.approval(before), old), (book.approval(after), new))


def _ladder(state: CaseState, versions: PolicyVersions, book: PolicyBook) -> Teams:
    """Return the ladder that would count: of one that has not the team, today's."""
    ladder = book.teams(versions)
    return ladder if state.team in ladder.teams else book.teams(book.current)


def _approvers(
    state: CaseState, old: tuple[Approval, Teams], new: tuple[Approval, Teams]
) -> Iterator[Owner]:
    """Yield each range of sums for which somebody else would approve; neighbours with the same
    answer are one range. The sums are of all that the case is paid, as an approval counts."""
    ends = sorted({one.up_to for rules, _ in (old, new) for one in rules.amounts if one.up_to})
    paid, currency = standing_sum(state), new[0].currency
    found: list[tuple[int | None, str, str]] = []
    for end in (*ends, None):
        if end is not None and end <= paid:
            continue
        sum_of = end if end is not None else max((paid, *ends)) + 1
        who = [_approves(state, sum_of, *rules) for rules in (old, new)]
        if found and found[-1][1:] == (who[0], who[1]):
            found.pop()
        found.append((end, who[0], who[1]))
    begins = paid
    for end, before, after in found:
        if before != after:
            upper = f" to {_money(end)}" if end is not None else ""
            yield Owner(f"approves over {_money(begins)}{upper} {currency}", before, after)
        begins = end or begins


def _approves(state: CaseState, minor: int, rules: Approval, ladder: Teams) -> str:
    return rules.team_for(minor, state.level, ladder, has_failed(state)) or CLERK


def _money(minor: int) -> str:
    return f"{minor / 100:.2f}"
