"""Security headers of every answer, and the content policy of pages.

Complaint texts are hostile input. Pages carry no script at all, and their one style sheet is
named by its hash.
"""

import base64
import hashlib
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NO_CONTENT: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


def page_policy(style: str) -> str:
    """Return the Content-Security-Policy of a page whose inline style is exactly ``style``."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return f"{_NO_CONTENT}; style-src 'sha256-{digest}'; form-action 'self'"


def secure(headers: MutableHeaders) -> None:
    """Add the headers that an answer does not bring itself."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", _NO_CONTENT)


class SecurityHeaders:
    """ASGI middleware that adds the headers an answer does not bring itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, adding)
