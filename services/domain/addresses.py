"""What an address is known by where it must be compared: a keyed index, never the address."""

import re
import unicodedata
from typing import Final

from schemas.personal import KeyRing

_COUNTRY: Final = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)")


def address_index(keys: KeyRing, tenant: str, kind: str, address: str) -> str:
    """Return the index of an address, however it was written; ``kind`` is ``email``, ``phone``,
    ``account`` or ``post``."""
    same = unicodedata.normalize("NFKC", address).strip().casefold()
    if kind == "phone":
        same = _COUNTRY.sub("", "".join(c for c in same if c.isdigit() or c == "+"))
    return keys.permanent("address", tenant, f"{kind}:{same}")
