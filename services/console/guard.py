"""Who may see the console, and what a browser may do with its pages.

On loopback everyone on this machine may look, but only under loopback's names: a web page that
points its own name at 127.0.0.1 gets nothing. Beyond loopback one signs in with the API key.
What changes something must come from a page of our own: the browser says so in ``Origin``.

Complaint texts are hostile input. No inline script, no inline style, no string becomes code or
markup (Trusted Types), nothing is loaded from elsewhere.
"""

import hashlib
import hmac
import ipaddress
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console.context import TENANT
from services.console.sessions import COOKIE
from services.domain.access import Access
from services.domain.errors import SettingsError
from services.domain.sessions import Sessions
from services.runtime.settings import Settings

SHORTEST_KEY: Final = 16
LONGEST: Final = 256 * 1024
"""Bytes of a body: every field of the largest form filled, with 12 for a rare character."""
_OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics", "/sign-in", "/language"})
_OPEN_PREFIX: Final = "/static/"
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Under no-referrer a browser sends Origin: null with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def required_key(settings: Settings) -> str | None:
    """Return the key that opens the console, or None when it is open to this machine only.

    Raises:
        SettingsError: it would be open to others without one, or the key is too short.
    """
    key = settings.api_key.get_secret_value()
    if key and len(key) < SHORTEST_KEY:
        raise SettingsError(f"COMPLAINTS_API_KEY is shorter than {SHORTEST_KEY} characters")
    if not key and not is_loopback(settings.host):
        raise SettingsError(
            f"COMPLAINTS_API_KEY is not set, and {settings.host} is not loopback: anyone who "
            "reaches this machine could read complaints and act on them"
        )
    return key or None


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_same_key(shown: str, key: str) -> bool:
    """Compare keys without telling by the time taken how much of one is right."""
    return hmac.compare_digest(_digest(shown), _digest(key))


class Guard:
    """ASGI middleware: refuses what may not be, and adds the headers."""

    def __init__(self, app: ASGIApp, key: str | None, sessions: Sessions, access: Access) -> None:
        self._app = app
        self._key = key
        self._access = access
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        session = self._sessions.read(request.cookies.get(COOKIE))
        if session and not self._access.may_look(session.actor, TENANT, self._sessions.now()):
            session = None
        scope.setdefault("state", {})["session"] = session
        refusal = self._refusal(request)
        await (refusal or self._app)(scope, receive, adding)

    def _refusal(self, request: Request) -> Response | None:
        if self._key is None and _host_of(request.headers) not in _LOOPBACK_NAMES:
            return PlainTextResponse("请用 localhost 打开。Ask under the name localhost.\n", 421)
        if request.method not in ("GET", "HEAD") and not _is_from_our_page(request.headers):
            return PlainTextResponse(
                "表单并非来自本站页面，请返回后重新打开页面。\n"
                "This form was sent from somewhere else: go back and open the page again.\n",
                403,
            )
        if _is_too_long(request.headers):
            return PlainTextResponse("提交的内容过长。This is too long for any form here.\n", 413)
        path = request.url.path
        if self._key is None or path in _OPEN_PATHS or path.startswith(_OPEN_PREFIX):
            return None
        if request.state.session is not None:
            return None
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("请先登录。Sign in first.\n", 401)
        wanted = path + (f"?{request.url.query}" if request.url.query else "")
        if request.method != "GET":
            # To the page of the form, where the browser still has what was typed.
            is_of_page = path.startswith(("/cases/", "/incidents"))
            wanted = path.removesuffix("/commands") if is_of_page else "/"
        return RedirectResponse(f"/sign-in?onwards={quote(wanted, safe='')}", 303)


def _is_from_our_page(headers: Headers) -> bool:
    origin = urlsplit(headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc.lower() == headers.get("host", "").lower()


def _is_too_long(headers: Headers) -> bool:
    """Return whether a body is longer than a form of ours, or does not say how long it is, which
    browsers do: forms are read before anybody knows who sent them."""
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdecimal() or int(length[:20]) > LONGEST


def _host_of(headers: Headers) -> str:
    host = headers.get("host", "").lower()
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
