"""Who may talk to the API.

On loopback everyone on this machine may hand in contacts and look, but only under loopback's
names: a web page that points its own name at 127.0.0.1 gets nothing. Beyond loopback a key is
needed. Tracking pages are for customers: there the code itself is the key. Providers sign what
they say.

Who acts is never what a client writes (ADR 0048): it is the holder of the session or of the key
that was shown. What is written stands beside it as "on behalf of".
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from typing import Final, cast

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from schemas.vocabulary import CommandKind
from services.api.error_answers import answer, is_of_customers
from services.api.errors import Problem
from services.api.requests import DEFAULT_TENANT
from services.domain.access import HOUSE_ACTOR, Access, Deed, Key
from services.domain.clock import Clock
from services.domain.errors import SettingsError
from services.domain.sessions import HEADER, Sessions
from services.runtime.settings import Settings

_SHORTEST_KEY: Final = 16
_OPEN_PATHS: Final = ("/", "/healthz", "/readyz", "/track")
_OPEN_PREFIXES: Final = ("/track/", "/rate/", "/o/", "/v1/track/", "/v1/receipts/", "/v1/inbound/")
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


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a request proved to come from; ``actor`` is None where it proved nobody."""

    actor: str | None
    key: Key | None = None
    """The key that was shown, where it is one of the policy."""
    own: tuple[Key, ...] | None = None
    """Of who sits in a session: his keys that open this, where clerks have keys."""

    def commands_it(self, kind: CommandKind | None) -> bool:
        """Return whether he may give this command (None: do what is no command of a case)."""
        shown = self.key is None or self.key.commands_it(kind)
        return shown and (self.own is None or any(key.commands_it(kind) for key in self.own))


class Gate:
    """ASGI middleware that lets through who may, and tells the endpoints who it is."""

    def __init__(
        self, app: ASGIApp, key: str | None, access: Access, sessions: Sessions, clock: Clock
    ) -> None:
        self._app = app
        self._digest = None if key is None else _digest(key)
        self._access = access
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                scope.setdefault("state", {})["principal"] = self._admit(scope)
            except Problem as problem:
                await _answer_to(scope, problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> Principal:
        """Return who it is.

        Raises:
            Problem: who it is may not do this.
        """
        headers = Headers(scope=scope)
        is_local = self._digest is None
        if is_local and _host_of(headers) not in _LOOPBACK_NAMES:
            raise Problem(421, "wrong_host", "Ask under the name localhost.", rule="host")
        path = scope["path"]
        if path in _OPEN_PATHS or path.startswith(_OPEN_PREFIXES):
            return Principal(None)
        principal = self._holder(_shown_key(headers), is_local)
        key = principal.key
        tenant = headers.get("x-tenant", DEFAULT_TENANT)
        deed = _deed(scope["method"], path)
        if key is not None and not key.opens(deed, tenant):
            raise _forbidden("The key does not open this.")
        word = headers.get(HEADER)
        return principal if word is None else self._sitting(word, key, deed, tenant)

    def _holder(self, shown: str, is_local: bool) -> Principal:
        if self._digest is not None and hmac.compare_digest(_digest(shown), self._digest):
            return Principal(HOUSE_ACTOR)
        if is_local and not shown:
            return Principal(None)
        key = self._access.key_for(shown, self._clock.now())
        if key is None:
            message = "Send the API key as Authorization: Bearer or X-API-Key."
            raise Problem(401, "unauthorized", message, rule="key")
        return Principal(key.actor, key)

    def _sitting(self, word: str, key: Key | None, deed: Deed, tenant: str) -> Principal:
        session, now = self._sessions.read(word), self._clock.now()
        if session is None or not self._access.may_sit(session.actor, now):
            message = "The session is over: sign in again."
            raise Problem(401, "unauthorized", message, field=HEADER, rule="session")
        own = self._access.keys_of(session.actor, now)
        if own is not None:
            # The console shows the key of the house for all clerks: it must not lend it to them.
            own = tuple(one for one in own if one.opens(deed, tenant))
            if not own:
                raise _forbidden("No key of who sits in this session opens this.")
        return Principal(session.actor, key, own)


def principal_of(request: Request) -> Principal:
    """Return whom the request proved to come from."""
    return cast(Principal, request.state.principal)


def acting(request: Request, said: str | None, kind: CommandKind | None = None) -> dict[str, str]:
    """Return the fields of a command that say who acts: the principal, and beside it whom the
    client named, where that is somebody else.

    Raises:
        Problem: nobody proved who he is, or his key does not give this command.
    """
    principal = principal_of(request)
    if principal.actor is None:
        message = (
            "Prove who acts: by the session of a clerk in X-Session, or by a key that names its "
            "holder (COMPLAINTS_ACCESS_POLICY). `actor` alone is nobody's proof."
        )
        raise Problem(401, "unauthorized", message, field="actor", rule="principal")
    if not principal.commands_it(kind):
        raise _forbidden(f"The key does not give {f'the command {kind}' if kind else 'this'}.")
    if said is None or said == principal.actor:
        return {"actor": principal.actor}
    return {"actor": principal.actor, "on_behalf_of": said}


def sender_key(request: Request, key: str | None) -> str | None:
    """Return an idempotency key as that of its sender, the holder of the key that was shown:
    another channel that counts its contacts from 1 as well must not be told the tracking code of
    this one's customer. What comes with the key of the house or without one is of one sender."""
    principal = principal_of(request)
    if key is None or principal.key is None:
        return key
    return f"{principal.key.actor}\x1f{key}"


def _forbidden(message: str) -> Problem:
    return Problem(403, "forbidden", message, rule="access")


def _answer_to(scope: Scope, refusal: Problem) -> Response:
    """Return how a refusal is answered. To who shows no key a page that is not open is none: to
    ask a customer with a wrong link for a key leads him nowhere."""
    if refusal.status == 401 and is_of_customers(scope["path"]):
        return answer(Request(scope), Problem(404, "not_found", "Not Found"))
    return refusal.response()


def _deed(method: str, path: str) -> Deed:
    if path == "/v1/contacts":
        return "intake"
    return "read" if method in ("GET", "HEAD") else "act"


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
