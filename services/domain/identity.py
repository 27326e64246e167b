"""Identifiers, all derived: the same input gives the same id on every machine.

Contact ids that come from an idempotency key and tracking codes are HMACs (nobody can
guess them or work out the key); a case id is a hash of the contact that opens the case.
"""

import hashlib
import re
import unicodedata
from typing import Final

from schemas.personal import KeyRing, base32

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO_CROCKFORD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD)
_LOOKALIKES: Final = str.maketrans("OIL", "011")
_COUNTRY_PREFIX: Final = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)")
_PHONE: Final = re.compile(r"[+(]?\d[\d ().-]{4,30}")
TRACKING_LENGTH: Final = 20
"""Characters of a tracking code without hyphens: 100 bits."""


def contact_id_of(keys: KeyRing, tenant: str, idempotency_key: str) -> str:
    """Return the id of the contact that ``idempotency_key`` names: the same for ever."""
    blind = keys.permanent("contact", tenant, idempotency_key)
    return blind.partition(".")[2].lower()


def tracking_code(keys: KeyRing, tenant: str, contact_id: str) -> str:
    """Return the customer's code, in four groups of five."""
    blind = keys.permanent("tracking", tenant, contact_id).partition(".")[2]
    code = blind.translate(_TO_CROCKFORD)[:TRACKING_LENGTH]
    return "-".join(code[i : i + 5] for i in range(0, TRACKING_LENGTH, 5))


def read_tracking_code(written: str) -> str | None:
    """Return the code as :func:`tracking_code` writes it, however a person typed it
    (case, spaces, full width, O for 0, I or L for 1), or None when it cannot be one."""
    folded = unicodedata.normalize("NFKC", written).upper()
    code = "".join(c for c in folded if c.isalnum()).translate(_LOOKALIKES)
    if len(code) != TRACKING_LENGTH or any(c not in _CROCKFORD for c in code):
        return None
    return "-".join(code[i : i + 5] for i in range(0, TRACKING_LENGTH, 5))


def person_index(keys: KeyRing, tenant: str, customer: str) -> str:
    """Return the blind index of a complainant, however the customer number is typed."""
    return person_indexes(keys, tenant, customer)[0]


def person_indexes(keys: KeyRing, tenant: str, customer: str) -> tuple[str, ...]:
    """Return the same under every key, the active one first: contacts from before a rotation
    of keys are found by the others."""
    folded = unicodedata.normalize("NFKC", customer).casefold()
    return keys.blinds("person", tenant, "".join(folded.split()))


def dialled(phone: str | None) -> str | None:
    """Return ``phone`` as one dials it at home, however it was written.

    >>> dialled("+86 138-0013-8000"), dialled("１３８００１３８０００"), dialled(" - ")
    ('13800138000', '13800138000', None)
    """
    folded = unicodedata.normalize("NFKC", phone or "")
    digits = "".join(c for c in folded if c.isdigit() or c == "+")
    return _COUNTRY_PREFIX.sub("", digits) or None


def is_way_to_reach(written: str) -> bool:
    """Return whether what somebody typed looks like a phone number or an e-mail address.

    >>> [is_way_to_reach(one) for one in ("138 0013 8000", "(010) 6512-3456", "li@example.com")]
    [True, True, True]
    >>> [is_way_to_reach(one) for one in ("C0ABC", "CUST-77", "", "12")]
    [False, False, False, False]
    """
    return _PHONE.fullmatch(unicodedata.normalize("NFKC", written)) is not None or "@" in written


def indexes_typed(keys: KeyRing, tenant: str, written: str) -> tuple[str, ...]:
    """Return the blind indexes, under every key, of whoever is known by what somebody typed: a
    customer number, a phone or an e-mail address."""
    names = [written]
    if _PHONE.fullmatch(unicodedata.normalize("NFKC", written)):
        names.append(dialled(written) or written)
    return tuple(dict.fromkeys(i for name in names for i in person_indexes(keys, tenant, name)))


def waybill_index(keys: KeyRing, tenant: str, normal_waybill: str) -> str:
    """Return the blind index of a waybill in normal form."""
    return keys.blind("waybill", tenant, normal_waybill)


def case_id_of(tenant: str, contact_id: str) -> str:
    """Return the id of the case that this contact opens (80 bits)."""
    digest = hashlib.sha256(f"case|{tenant}|{contact_id}".encode()).digest()
    return "C" + base32(digest[:10]).translate(_TO_CROCKFORD)
