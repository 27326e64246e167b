"""Who sits at the console: a signed cookie, nothing kept on the server.

The signature is made with a key that follows from the HMAC keys and the API key, so a session
outlives a restart of the console and ends when the API key is changed.
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.domain.clock import Clock
from services.runtime.settings import Settings

COOKIE: Final = "console"
LIFETIME: Final = timedelta(hours=12)
"""A working day: after it a clerk signs in again."""
_CLERK: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True)
class Session:
    """A clerk, by id, until a time."""

    clerk: str
    until: datetime


class Sessions:
    """Makes and reads the cookie."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        secrets = (settings.hmac_keys, settings.api_key)
        material = "\x1f".join(secret.get_secret_value() for secret in secrets)
        self._clock = clock
        self._key = hashlib.sha256(b"console session\x1f" + material.encode()).digest()

    def seal(self, clerk: str) -> str:
        """Return the cookie of a new session."""
        until = int((self._clock.now() + LIFETIME).timestamp())
        body = _encoded(json.dumps([clerk, until]).encode())
        return f"{body}.{self._signature(body)}"

    def read(self, cookie: str | None) -> Session | None:
        """Return the session of a cookie that we made and that is not over."""
        body, _, signature = (cookie or "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return None
        clerk, until = json.loads(base64.urlsafe_b64decode(body + "=="))
        ends = datetime.fromtimestamp(until, UTC)
        return Session(clerk, ends) if self._clock.now() < ends else None

    def _signature(self, body: str) -> str:
        return _encoded(hmac.new(self._key, body.encode(), hashlib.sha256).digest())


def clerk_id(written: str) -> str | None:
    """Return a clerk's id as it was typed, or None when it cannot be one.

    >>> clerk_id(" clerk-101 "), clerk_id("clerk:7"), clerk_id("王芳"), clerk_id("")
    ('clerk-101', '7', None, None)
    """
    found = written.strip().removeprefix("clerk:")
    return found if _CLERK.fullmatch(found) else None


def safe_next(written: str | None) -> str:
    """Return a path on this console to go on to, whatever a link says.

    >>> safe_next("/cases?level=4"), safe_next(None)
    ('/cases?level=4', '/')
    >>> safe_next("//evil.example"), safe_next("/\\\\evil.example")
    ('/', '/')
    """
    path = written or "/"
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
