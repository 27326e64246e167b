"""By what ways somebody can be reached: said beside the sealed part, so that whoever decides whom
to tell needs no key. Pure."""

import re
from typing import Final

from schemas.errors import MalformedRecordError
from schemas.personal import Personal, Sealed, Way, unseal

_BY_NAME: Final[dict[str, Way]] = {"customer": "account", "phone": "phone", "email": "email"}


def ways_of(personal: Personal) -> tuple[Way, ...]:
    """Return the ways for which something is given that is more than blank."""
    given: dict[Way, str | None] = {
        "email": personal.email,
        "phone": personal.phone,
        "account": personal.customer,
        "post": personal.address,
    }
    return tuple([way for way, value in given.items() if value and value.strip()])


def calling_code_of(phone: str | None) -> str | None:
    """Return the digits that an international number begins with, four at most: enough to find
    its country by the longest prefix, too few to find its owner."""
    written = re.sub(r"[\s().-]", "", phone or "")
    found = re.match(r"(?:\+|00)([1-9][0-9]{0,3})", written)
    return found[1] if found else None


def ways_to(sealed: Sealed | None) -> tuple[tuple[Way, ...], str | None]:
    """Return by what ways whoever is sealed can be reached, and the calling code of his phone; none
    where the part is absent, or broken. What was stored before there was a cipher is read."""
    if sealed is None:
        return (), None
    if sealed.ways is not None:
        return sealed.ways, sealed.calling_code
    if sealed.cipher != "null":
        # Sealed before the ways were said beside it: what names somebody reaches him as well.
        return tuple([_BY_NAME[name] for name in sealed.names]), None
    try:
        personal = unseal(sealed)
    except MalformedRecordError:
        return (), None
    return ways_of(personal), calling_code_of(personal.phone)
