"""Who may talk to the API.

On loopback everyone on this machine may, but only under loopback's names: a web page that
points its own name at 127.0.0.1 gets nothing. Beyond loopback a key is needed. Tracking
pages are for customers: there the code itself is the key. Providers sign what they say.
"""

import hashlib
import hmac
import ipaddress
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.errors import Problem
from services.domain.errors import SettingsError
from services.runtime.settings import Settings

_SHORTEST_KEY: Final = 16
_OPEN_PATHS: Final = ("/healthz", "/readyz", "/track")
_OPEN_PREFIXES: Final = ("/track/", "/rate/", "/v1/track/", "/v1/receipts/", "/v1/inbound/")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def required_key(settings: Settings) -> str | None:
    """Return the key that clients must show, or None when none is needed.

    Raises:
        SettingsError: the API would be open to others without one, or it is too short.
    """
    key = settings.api_key.get_secret_value()
    if not key and not _is_loopback(settings.host):
        raise SettingsError(
            f"COMPLAINTS_API_KEY is not set, and {settings.host} is not loopback: anyone who "
            "reaches this machine could read complaints and act on them"
        )
    if key and len(key) < _SHORTEST_KEY:
        raise SettingsError(f"COMPLAINTS_API_KEY is shorter than {_SHORTEST_KEY} characters")
    return key or None


class Gate:
    """ASGI middleware that lets through who may."""

    def __init__(self, app: ASGIApp, key: str | None) -> None:
        self._app = app
        self._digest = None if key is None else _digest(key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (problem := self._problem(scope)) is not None:
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _problem(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        if self._digest is None:
            if _host_of(headers) in _LOOPBACK_NAMES:
                return None
            return Problem(421, "wrong_host", "Ask under the name localhost.", rule="host")
        path = scope["path"]
        if path in _OPEN_PATHS or path.startswith(_OPEN_PREFIXES):
            return None
        if hmac.compare_digest(_digest(_shown_key(headers)), self._digest):
            return None
        return Problem(
            401,
            "unauthorized",
            "Send the API key as Authorization: Bearer or X-API-Key.",
            rule="key",
        )


def _shown_key(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _host_of(headers: Headers) -> str:
    host = headers.get("host", "").lower()
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
