"""Which legal limits are a case's own, and what each rests on: for whoever explains it. Pure."""

from datetime import date, datetime
from typing import NamedTuple

from schemas.places import CasePlace
from services.domain.clocks.limits import LimitRule, Place
from services.domain.clocks.policy import date_at
from services.domain.clocks.terms import Terms


class Frame(NamedTuple):
    """The place of a case, and the limits that hold there on a date."""

    place: Place
    on: date
    places: str | None
    """Version of the places; None where the policy of the time limits says it for all."""
    answer: LimitRule | None
    """What its legal clock goes by; None: no limit is known there, and none is guessed."""
    others: tuple[LimitRule, ...]
    """All others, for what else is to be done in time."""


def frame_of(
    terms: Terms, place: CasePlace | None, opened_at: datetime, is_appeal: bool
) -> Frame | None:
    """Return the frame of a case on the date when it was opened; None where the policy has no
    legal clock at all."""
    own = terms.sla.statutory
    if own is None:
        return None
    where = own.place(place)
    on = date_at(where, opened_at)
    answer = terms.answer(where, on, is_appeal)
    others = tuple(one for one in terms.limits.holding(where, on) if one != answer)
    return Frame(where, on, place.policy if place else None, answer, others)
