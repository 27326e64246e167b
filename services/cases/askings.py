"""How often a matter was brought up before it was solved: what asking again is. Pure.

It follows from the contacts alone, in whatever order they come: the most of them that lie apart
from each other, the earliest first. Whoever calls every fifty minutes all day has asked again.
Whoever answers a question of ours has not: the first contact since the question, while we wait for
the customer, is the reply to it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from schemas.added import Asked, ContactAdded
from schemas.cases import CaseState
from schemas.ledger import Wait
from schemas.vocabulary import ANSWERED
from services.cases.asked import asked_by, with_asked
from services.cases.levels import AskedAgain
from services.cases.story import CUSTOMER
from services.domain.clocks.stages import clocks_of

_FIRST: Final = 1


def askings_of(asked: Iterable[Asked], same_asking: timedelta, waits: Iterable[Wait] = ()) -> int:
    """Return how often was asked: of contacts that are no more than ``same_asking`` apart only one
    counts, what a contact says of earlier ones elsewhere (``prior_contacts``) comes before it, and
    of those that came in one of ``waits`` for the customer the first one is the reply.

    >>> from datetime import UTC, datetime
    >>> hour = timedelta(hours=1)
    >>> at = [Asked(at=datetime(2026, 3, 2, 9, tzinfo=UTC) + n * hour / 6) for n in (0, 5, 10)]
    >>> askings_of(at, hour), askings_of(at[:2], hour)
    (2, 1)
    >>> askings_of([at[0].model_copy(update={"prior_contacts": 2})], hour)
    3
    >>> askings_of(at, hour, [Wait(waiting_for="customer", since=at[2].at)])
    1
    """
    known = sorted(asked, key=_turn)
    replies = set(_replies(known, waits))
    saying = [place for place, one in enumerate(known) if one.asks is not False]
    times = [known[place].at for place in saying if place not in replies]
    apart_from = [0] * (len(times) + 1)
    for place in range(len(times) - 1, -1, -1):
        apart_from[place] = _FIRST + apart_from[bisect_right(times, times[place] + same_asking)]
    most = _FIRST
    for place in saying:
        after = apart_from[bisect_left(times, known[place].at)]
        most = max(most, (known[place].prior_contacts or 0) + after)
    return most


def first_asking(added: ContactAdded, rule: AskedAgain) -> int:
    """Return how often was asked by the contact that opens a case."""
    return askings_of((asked_by(added),), rule.same_asking)


def as_heard(state: CaseState, added: ContactAdded, rule: AskedAgain) -> ContactAdded:
    """Return a contact marked where it was waited for, but is of no kind that asks: it may be the
    reply, so that another one is not."""
    if added.relation in rule.relations or not _is_waited_for(state, added):
        return added
    return added.model_copy(update={"asks": False})


def asks_again(state: CaseState, added: ContactAdded, rule: AskedAgain) -> int | None:
    """Return how often was asked once this contact is added; None where it neither asks nor was
    waited for. Whoever comes late to us asked all the same: a contact counts wherever it lies."""
    is_kept = added.relation in rule.relations or _is_waited_for(state, added)
    if not is_kept or state.status in ANSWERED:
        return None
    # Never less than before: of very many contacts the earliest are forgotten.
    asked = with_asked(state, added)
    return max(state.askings, askings_of(asked, rule.same_asking, clocks_of(state).waits))


def _is_waited_for(state: CaseState, added: ContactAdded) -> bool:
    waits = clocks_of(state).waits
    return any(_is_within(added.received_at, one) for one in waits if one.waiting_for == CUSTOMER)


def _replies(known: Sequence[Asked], waits: Iterable[Wait]) -> Iterator[int]:
    """Yield the place of the first contact of each wait for the customer. A wait ends with the
    first contact that the case hears of, or later: which came first is the same in any order."""
    for wait in waits:
        within = (place for place, one in enumerate(known) if _is_within(one.at, wait))
        reply = next(within, None) if wait.waiting_for == CUSTOMER else None
        if reply is not None:
            yield reply


def _is_within(at: datetime, wait: Wait) -> bool:
    return wait.since <= at and (wait.until is None or at <= wait.until)


def _turn(one: Asked) -> tuple[datetime, bool, int]:
    return one.at, one.asks is not False, one.prior_contacts or 0
