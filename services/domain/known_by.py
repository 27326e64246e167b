"""Who somebody is, by all that was given of him: the same over every channel. Pure."""

import unicodedata
from typing import Final, Literal

from schemas.personal import KeyRing
from services.domain.identity import dialled, person_indexes

Name = Literal["customer", "phone", "email"]
"""What somebody is known by."""

_NOBODY: Final = frozenset(
    {
        "无", "無", "没有", "沒有", "未知", "不详", "不詳", "匿名", "保密", "暂无", "散客",
        "null", "none", "nil", "undefined", "nan", "n/a", "na", "-1",
        "anonymous", "unknown", "private", "withheld",
    }
)  # fmt: skip
"""What forms and programs write where they have to write something: many strangers' name."""
_FEWEST_DIGITS: Final = 5
"""Of a number at which somebody can be called."""
_IN_ORDER: Final = "12345678901234567890"


def persons_of(
    keys: KeyRing,
    tenant: str,
    customer: str | None = None,
    phone: str | None = None,
    email: str | None = None,
) -> tuple[str, ...]:
    """Return the blind indexes of who this is: the customer number, the phone, the e-mail, as far
    as given. The first is the person; the others find the same person again, also in contacts
    from before a rotation of keys. Empty where nobody is named: what stands in a field only
    because something had to must not make strangers one person.
    """
    names = names_given(customer, phone, email).values()
    found = [person_indexes(keys, tenant, name) for name in names]
    now = (indexes[0] for indexes in found)
    return tuple(dict.fromkeys([*now, *(old for indexes in found for old in indexes[1:])]))


def names_given(
    customer: str | None = None, phone: str | None = None, email: str | None = None
) -> dict[Name, str]:
    """Return what names somebody, the best name first: what stands in a field only because
    something had to is left out."""
    names: dict[Name, str] = {}
    if customer is not None and not _is_placeholder(customer):
        names["customer"] = customer
    number = dialled(phone)
    if number is not None and _is_number(number):
        names["phone"] = number
    if email is not None:
        names["email"] = email
    return names


def _is_placeholder(written: str) -> bool:
    folded = "".join(unicodedata.normalize("NFKC", written).casefold().split())
    signs = [one for one in folded if one.isalnum()]
    return not signs or set(signs) == {"0"} or folded in _NOBODY


def _is_number(digits: str) -> bool:
    bare = digits.lstrip("+")
    is_real = len(bare) >= _FEWEST_DIGITS and len(set(bare)) > 1
    return is_real and not _IN_ORDER.startswith(bare)
