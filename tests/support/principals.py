"""Proofs of who acts, as the console and whoever holds the secrets of an instance give them."""

from services.adapters.clock import SystemClock
from services.domain.clock import Clock
from services.domain.sessions import HEADER, Sessions
from services.runtime.settings import Settings


def as_actor(actor: str, settings: Settings, clock: Clock | None = None) -> dict[str, str]:
    """Return the headers of a request in the session of ``actor``."""
    sessions = Sessions(settings.session_secrets, clock or SystemClock())
    return {HEADER: sessions.seal(actor)}
