"""Which legal limit a case is under, picked a second time from the plain file: code of its own, as
the rest of the audit."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.audit.logic.open_minutes import as_date

_HOURS_AHEAD: Final = {"CN": 8, "EU": 1, "US": -5, "AU": 10}
_ENDINGS: Final = {
    "same-city": ["same-city", "domestic"],
    "domestic": ["domestic"],
    "international": ["international"],
}
Row = Mapping[str, Any]


def law_of(
    rows: Iterable[Row], own: Row, place: Row, is_appeal: bool, start: datetime
) -> Row | None:
    """Return the row of the limits that holds; None where there is none.

    ``own`` is what the policy says of the legal clock, ``place`` where the case belongs.
    """
    home = str(place["jurisdiction"])
    on = (start + timedelta(hours=_HOURS_AHEAD.get(home, 0))).date()
    kept = [
        one
        for one in rows
        if as_date(one.get("effective_from") or date.min)
        <= on
        <= as_date(one.get("effective_to") or date.max)
    ]
    words = _words(place)
    first = [] if is_appeal else list(own.get("product_matters") or ())
    last = own["appeal_matter"] if is_appeal else own["matter"]
    for country in [home, *(["UPU"] if place.get("reach") == "international" else [])]:
        here = [one for one in kept if one["jurisdiction"] == country and _fits(one, place, words)]
        here.sort(key=lambda one: _narrowness(one, words), reverse=True)
        for matter in first:
            found = next((one for one in here if one["matter"] == matter), None)
            if found is not None and found.get("product"):
                return found
        found = next((one for one in here if one["matter"] == last), None)
        if found is not None:
            return found
    return None


def _words(place: Row) -> list[str]:
    """The names of a product from the widest to the narrowest."""
    endings = _ENDINGS.get(str(place.get("reach")), [])
    product = place.get("product")
    named = [product, *(f"{product}-{one}" for one in reversed(endings))] if product else []
    return [*reversed(endings), *named]


def _fits(row: Row, place: Row, words: list[str]) -> bool:
    if row.get("product") and row["product"] not in words:
        return False
    return all(not row.get(name) or row[name] == place.get(name) for name in ("province", "city"))


def _narrowness(row: Row, words: list[str]) -> tuple[bool, bool, int]:
    product = row.get("product")
    return bool(row.get("city")), bool(row.get("province")), words.index(product) if product else -1
