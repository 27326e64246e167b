"""How commands reach the HTTP API of an instance."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, TypeVar

import click

from services.cli.instance import DEFAULT_DATA, api_port, data_option, in_environment, keys_of

F = TypeVar("F", bound=Callable[..., Any])
_SECONDS: Final = 15.0
_PROOF: Final = timedelta(minutes=1)


class Reply(NamedTuple):
    """What the API answered."""

    status: int
    body: dict[str, Any]

    @property
    def problem(self) -> str:
        """What the API said against it, as one line."""
        field = f"{self.body.get('field')}: " if self.body.get("field") else ""
        rule = self.body.get("rule") or self.body.get("error")
        return f"{field}{self.body.get('message')} ({rule})"


@dataclass(frozen=True)
class Api:
    """Where the API is and what opens it; ``hint`` repeats the options that led there."""

    url: str
    headers: dict[str, str]
    hint: str
    secrets: tuple[str, str] | None = None
    """Of an instance whose secrets we hold: what is said under them is believed."""

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Ask one question, past any proxy; with the standard library, which is there at once.

        Raises:
            ClickException: nobody answers there, or not as our API does.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, self.headers | (headers or {}), method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                return Reply(answer.status, json.load(answer))
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, self._read(error))
        except (OSError, HTTPException) as error:
            raise click.ClickException(
                f"the API at {self.url} does not answer ({type(error).__name__})"
            ) from None
        except ValueError:
            raise click.ClickException(f"what answers at {self.url} is not our API") from None

    def act(self, path: str, body: dict[str, Any], actor: str) -> Reply:
        """Post what ``actor`` does. Who holds the secrets of the instance proves by them that it
        is so; for others it is a word beside the key's holder.

        Raises:
            ClickException: as :meth:`ask`.
        """
        from services.adapters.clock import SystemClock
        from services.domain.sessions import HEADER, Sessions, is_actor

        if self.secrets is None:
            return self.ask("POST", path, body | {"actor": actor})
        if not is_actor(actor):
            raise click.ClickException("--actor: write it like clerk:clerk-101")
        proof = Sessions(self.secrets, SystemClock()).seal(actor, _PROOF)
        return self.ask("POST", path, body, {HEADER: proof})

    def _read(self, answer: IO[bytes]) -> dict[str, Any]:
        try:
            problem: dict[str, Any] = json.load(answer)
        except ValueError:
            raise click.ClickException(f"what answers at {self.url} is not our API") from None
        return problem


def api_options(function: F) -> F:
    """Give a command ``--data``, ``--api`` and ``--tenant``, and an :class:`Api` as ``api``."""

    @data_option
    @click.option(
        "--api",
        "url",
        metavar="URL",
        default=None,
        help="An API elsewhere; COMPLAINTS_API_KEY is sent along.",
    )
    @click.option("--tenant", default=None, help="The courier network.  [default: default]")
    @wraps(function)
    def wrapped(
        *arguments: Any, data: Path | None, url: str | None, tenant: str | None, **named: Any
    ) -> Any:
        if click.get_current_context().invoked_subcommand is not None:
            return None  # the command of a group that was asked for reaches it by itself
        return function(*arguments, api=_reach(data, url, tenant), **named)

    return wrapped  # type: ignore[return-value]


def _reach(data: Path | None, url: str | None, tenant: str | None) -> Api:
    hint = f" --data {data}" if data else f" --api {url}" if url else ""
    hmac_keys = os.environ.get("COMPLAINTS_HMAC_KEYS", "")
    if url is None:
        url = f"http://127.0.0.1:{api_port(data)}"
        hmac_keys = hmac_keys if in_environment(data) else keys_of(data or DEFAULT_DATA)
    key = os.environ.get("COMPLAINTS_API_KEY", "")
    secrets = (hmac_keys, key) if hmac_keys else None
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if tenant:
        headers["X-Tenant"] = tenant
        hint += f" --tenant {tenant}"
    return Api(url.rstrip("/"), headers, hint, secrets)
