"""Who acts: a signed word that lasts a while, nothing kept on the server.

The console seals it when a clerk signs in, and the API reads the same word when the console acts
for that clerk: whoever only knows an API key cannot say that he is a clerk. The signature is made
with a key that follows from the HMAC keys and the API key, so a session outlives a restart and
ends when the API key is changed.
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

HEADER: Final = "X-Session"
"""In which the API is shown a session."""
LIFETIME: Final = timedelta(hours=12)
"""A working day: after it a clerk signs in again."""
_LONGEST: Final = 1_000
_ACTOR: Final = re.compile(r"system|[a-z]+:[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True)
class Session:
    """Who acts (``clerk:<id>``), until a time."""

    actor: str
    until: datetime

    @property
    def clerk(self) -> str:
        """The clerk's id."""
        return self.actor.partition(":")[2]


class Sessions:
    """Seals and reads sessions; ``secrets`` are the HMAC keys and the API key, as they are set."""

    def __init__(self, secrets: tuple[str, str], clock: Clock) -> None:
        self._clock = clock
        self._key = hashlib.sha256(b"session\x1f" + "\x1f".join(secrets).encode()).digest()

    def seal(self, actor: str, lifetime: timedelta = LIFETIME) -> str:
        """Return the word of a new session."""
        until = int((self._clock.now() + lifetime).timestamp())
        body = _encoded(json.dumps([actor, until]).encode())
        return f"{body}.{self._signature(body)}"

    def read(self, word: str | None) -> Session | None:
        """Return the session of a word that we sealed and that is not over."""
        body, _, signature = (word or "")[:_LONGEST].partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return None
        actor, until = json.loads(base64.urlsafe_b64decode(body + "=="))
        ends = datetime.fromtimestamp(until, UTC)
        return Session(actor, ends) if self._clock.now() < ends else None

    def now(self) -> datetime:
        """Return the time by which sessions end."""
        return self._clock.now()

    def _signature(self, body: str) -> str:
        return _encoded(hmac.new(self._key, body.encode(), hashlib.sha256).digest())


def is_actor(written: str) -> bool:
    """Return whether a session can be somebody's of this name.

    >>> [is_actor(one) for one in ("clerk:clerk-101", "system", "clerk:", "clerk:王芳", "anyone")]
    [True, True, False, False, False]
    """
    return _ACTOR.fullmatch(written) is not None


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
