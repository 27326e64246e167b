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
    if wanted.status is not None and not wanted.open_only:
        return Bounds({name: whole[name] for name in ("tenant", "status")}, "status_newest")
    names = ("tenant", "urgency")
    return Bounds({name: whole[name] for name in names if name in whole}, "list_urgent")


def _whole(tenant: str, wanted: CaseFilter) -> Document:
    """Return the filter; what is open is so by its urgency alone, which stands in the index."""
    whole = narrowing(tenant, wanted, Order.URGENT)
    whole.pop("$and", None)
    return whole
