"""What the contacts of a case say about a compensation: where guidance begins. Pure.

What customers stated is a claim, not a finding: a clerk checks it before he decides.
"""

from collections.abc import Iterable
from typing import Final

from schemas.contacts import ContactReceived
from schemas.places import CasePlace, Reach
from schemas.vocabulary import Category
from services.domain.compensation.guidance import Facts

_HARM: Final = {
    Category.LOSS: "lost",
    Category.DAMAGE: "damaged",
    Category.DELAY: "delayed",
    Category.DELIVERY: "lost",
}
_PERISHABLE: Final = (
    "鲜", "水果", "蛋糕", "海鲜", "冷冻", "冷链", "牛奶", "疫苗", "fresh", "fruit", "frozen",
)  # fmt: skip


def facts_of(
    category: Category, contacts: Iterable[ContactReceived], place: CasePlace | None = None
) -> Facts | None:
    """Return the facts that contacts state, the newest statement first; None for a matter
    without a parcel's harm. ``place`` is where the case belongs: its rules count."""
    harm = _HARM.get(category)
    if harm is None:
        return None
    stated: dict[str, object] = {}
    if place is not None:
        stated["jurisdiction"] = place.jurisdiction.lower()
        stated["is_abroad"] = place.reach is Reach.INTERNATIONAL
    goods = ""
    for contact in contacts:
        facts = contact.facts
        goods += facts.goods or ""
        for name, value in (
            ("value", facts.declared_value_cny),
            ("insured", facts.insured_cny),
            ("postage", facts.postage_cny),
        ):
            if value is not None:
                stated.setdefault(name, round(value * 100))
        if facts.product is not None:
            stated.setdefault("product", facts.product)
    is_perishable = any(word in goods.lower() for word in _PERISHABLE)
    if is_perishable and harm == "damaged":
        harm = "spoilt"
    return Facts.model_validate({"harm": harm, "perishable": is_perishable, **stated})
