"""How many cases a list has in all, at a bounded cost: a page is asked for anew every few seconds
by everybody who has it open, and for a rare value the whole index would be walked each time.

An index bounds what is looked at, by a part of the filter; of that no more than LOOKED_AT entries
are compared with the rest. Where there are more, what was found is what there is at least.
"""

from typing import Any, Final, NamedTuple

from pymongo.collection import Collection

from services.adapters.case_search import COUNT_LIMIT, CaseFilter, Order
from services.adapters.mongo import Document
from services.adapters.mongo_case_filters import narrowing

LOOKED_AT: Final = 10_000


class Counted(NamedTuple):
    """So many were found; ``is_more``: there may be more."""

    number: int
    is_more: bool


class Bounds(NamedTuple):
    """The part of a filter by which an index alone finds cases, and that index."""

    wanted: Document
    by: str


def counted(cases: Collection[Document], tenant: str, wanted: CaseFilter) -> Counted:
    """Return how many cases there are, up to COUNT_LIMIT."""
    whole, bounds = _whole(tenant, wanted), bounds_of(tenant, wanted)
    if whole == bounds.wanted:
        number = cases.count_documents(whole, limit=COUNT_LIMIT, hint=bounds.by)
        return Counted(number, number >= COUNT_LIMIT)
    found = next(iter(cases.aggregate(pipeline_of(tenant, wanted), hint=bounds.by)), None)
    number = 0 if found is None else int(found["cases"])
    if number >= COUNT_LIMIT:
        return Counted(number, is_more=True)
    some = cases.count_documents(bounds.wanted, limit=LOOKED_AT + 1, hint=bounds.by)
    return Counted(number, some > LOOKED_AT)


def pipeline_of(tenant: str, wanted: CaseFilter) -> list[dict[str, Any]]:
    """Return the steps that count, of what the bounds find, what is wanted."""
    return [
        {"$match": bounds_of(tenant, wanted).wanted},
        {"$limit": LOOKED_AT},
        {"$match": _whole(tenant, wanted)},
        {"$limit": COUNT_LIMIT},
        {"$count": "cases"},
    ]


def bounds_of(tenant: str, wanted: CaseFilter) -> Bounds:
    """Return by what the cases are found: by what is rarest as a rule."""
    whole = _whole(tenant, wanted)
    if "_id" in whole:
        return Bounds({"_id": whole["_id"]}, "_id_")
    for name in ("asked", "left_unpaid"):
        if name in whole:
            return Bounds({"tenant": whole["tenant"], name: whole[name]}, name)
    if wanted.assignee is not None:
        return _bounds(whole, "assignee", "assigned")
    if wanted.team is not None and wanted.open_only:
        return _bounds(whole, "team", "of_team")
    if wanted.status is not None and not wanted.open_only:
        return Bounds({name: whole[name] for name in ("tenant", "status")}, "status_newest")
    return _bounds(whole, "urgency", "list_urgent")


def page_by(wanted: CaseFilter, order: Order) -> str | None:
    """Return the index by which a page is read that is one clerk's or one team's; None where
    MongoDB is to choose. Here it might choose one that has all cases: that serves as well while
    there are few, and a plan that was good then is kept."""
    by = bounds_of("", wanted).by
    is_urgent = order is Order.URGENT
    if by == "assigned":
        return by if is_urgent or wanted.open_only else None
    return by if by == "of_team" and is_urgent else None


class KnownIndexes:
    """Which indexes there are. Workers make them when they start, and whoever reads may be of a
    newer version than all that run: to name one that is missing is refused."""

    def __init__(self, cases: Collection[Document]) -> None:
        self._cases = cases
        self._names: frozenset[str] = frozenset()

    def serve(self, wanted: CaseFilter) -> bool:
        """Return whether what a filter is read and counted by is there."""
        by = bounds_of("", wanted).by
        if by not in self._names:
            self._names = frozenset(self._cases.index_information())
        return by in self._names


def _bounds(whole: Document, name: str, by: str) -> Bounds:
    names = dict.fromkeys(("tenant", name, "urgency"))
    return Bounds({one: whole[one] for one in names if one in whole}, by)


def _whole(tenant: str, wanted: CaseFilter) -> Document:
    """Return the filter; what is open is so by its urgency alone, which stands in the index."""
    whole = narrowing(tenant, wanted, Order.URGENT)
    whole.pop("$and", None)
    return whole
