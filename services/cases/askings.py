"""How often a matter was brought up before it was solved: what asking again is. Pure.

It follows from the contacts alone, in whatever order they come: the most of them that lie apart
from each other, the earliest first. Whoever calls every fifty minutes all day has asked again.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from schemas.added import Asked, ContactAdded
from schemas.cases import CaseState
from schemas.vocabulary import ANSWERED
from services.cases.asked import asked_by, with_asked
from services.cases.levels import AskedAgain

_FIRST: Final = 1


def askings_of(asked: Iterable[Asked], same_asking: timedelta) -> int:
    """Return how often was asked: of contacts that are no more than ``same_asking`` apart only one
    counts, and what a contact says of earlier ones elsewhere (``prior_contacts``) comes before it.

    >>> from datetime import UTC, datetime
    >>> hour = timedelta(hours=1)
    >>> at = [Asked(at=datetime(2026, 3, 2, 9, tzinfo=UTC) + n * hour / 6) for n in (0, 5, 10)]
    >>> askings_of(at, hour), askings_of(at[:2], hour)
    (2, 1)
    >>> askings_of([at[0].model_copy(update={"prior_contacts": 2})], hour)
    3
    """
    known = sorted(asked, key=lambda one: one.at)
    times = [one.at for one in known]
    most = 0
    apart_from: list[int] = [0] * (len(known) + 1)
    for place in range(len(known) - 1, -1, -1):
        following = bisect_right(times, times[place] + same_asking, place)
        apart_from[place] = _FIRST + apart_from[following]
        most = max(most, (known[place].prior_contacts or 0) + apart_from[place])
    return max(most, _FIRST)


def first_asking(added: ContactAdded, rule: AskedAgain) -> int:
    """Return how often was asked by the contact that opens a case."""
    return askings_of((asked_by(added),), rule.same_asking)


def asks_again(state: CaseState, added: ContactAdded, rule: AskedAgain) -> int | None:
    """Return how often was asked once this contact is added; None where it does not ask. Whoever
    comes late to us asked all the same: a contact counts wherever it lies."""
    if added.relation not in rule.relations or state.status in ANSWERED:
        return None
    # Never less than before: of very many contacts the earliest are forgotten.
    return max(state.askings, askings_of(with_asked(state, added), rule.same_asking))
