"""Filters over ``cases``, built field by field from checked words."""

from schemas.keys import case_key
from services.adapters.case_search import SETTLED, CaseFilter, Order, Place
from services.adapters.instants import from_micros
from services.adapters.mongo import Document


def narrowing(tenant: str, wanted: CaseFilter, order: Order) -> Document:
    """Return the filter of MongoDB, field by field."""
    # A case that nothing opened has no tenant here, so it is in no list.
    found: Document = {"tenant": str(tenant)}
    for name in ("status", "category", "team", "assignee"):
        value = getattr(wanted, name)
        if value is not None:
            found[name] = str(value)
    if wanted.open_only:
        found["$and"] = [
            {"status": {"$nin": [str(status) for status in SETTLED]}},
            {"merged_into": {"$exists": False}},
        ]
        if order is Order.URGENT or wanted.team is not None or wanted.assignee is not None:
            found["urgency"] = {"$gt": 0}  # the same, said so that it bounds the index
    marks = {"unsure": wanted.to_check, "left_unpaid": wanted.left_unpaid}
    found |= {name: True for name, is_wanted in marks.items() if is_wanted}
    if wanted.level is not None:
        found["level"] = int(wanted.level)
    if wanted.asked is not None:
        found["asked"] = {"$in": [str(holder) for holder in wanted.asked]}
    if wanted.ids is not None:
        found["_id"] = {"$in": [case_key(tenant, case_id).decode() for case_id in wanted.ids]}
    elif wanted.id_prefix:
        first = case_key(tenant, wanted.id_prefix).decode()
        found["_id"] = {"$gte": first, "$lt": f"{first}\uffff"}
    return found


def beyond(tenant: str, field: str, place: Place) -> Document:
    """Return the filter of what comes after ``place`` when ``field`` falls."""
    rank: object = place.rank
    if field == "updated_at":
        rank = from_micros(place.rank * 1000)
    later = {field: rank, "_id": {"$gt": case_key(tenant, place.case_id).decode()}}
    return {"$or": [{field: {"$lt": rank}}, later]}
