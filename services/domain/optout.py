"""The way out of notices that nobody has to get: a link that needs no login and no code. Pure.

The token names the notice that carried it and is signed, so that nobody is opted out by guessing
and what a mail program shows of the link opens nothing else.
"""

import hmac
import re
from typing import Final

from schemas.personal import KeyRing

_PURPOSE: Final = "optout"
_MAC_LENGTH: Final = 16
"""Characters of base 32: 80 bits."""
_TOKEN: Final = re.compile(r"(N[0-9A-Z]{24})-([A-Z2-7]{16})")
PATH: Final = "/o/"
"""Where the API answers; short, because it stands in messages."""


def optout_token(keys: KeyRing, notice_id: str) -> str:
    """Return the token of a notice: the same one for ever."""
    return f"{notice_id}-{_mac(keys, notice_id)}"


def notice_of_token(keys: KeyRing, token: str) -> str | None:
    """Return the notice that a token was given with; None when we did not give it."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    genuine = hmac.compare_digest(found[2].encode(), _mac(keys, found[1]).encode())
    return found[1] if genuine else None


def _mac(keys: KeyRing, notice_id: str) -> str:
    return keys.permanent(_PURPOSE, "", notice_id).partition(".")[2][:_MAC_LENGTH]
