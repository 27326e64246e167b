"""How commands reach the HTTP API of an instance."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from services.cli.instance import connect, data_option

if TYPE_CHECKING:
    import httpx

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Api:
    """Where the API is and what opens it; ``hint`` repeats the options that led there."""

    url: str
    headers: dict[str, str]
    hint: str

    def ask(self, method: str, path: str, **options: Any) -> "httpx.Response":
        """Ask one question.

        Raises:
            ClickException: nobody answers there, or not as our API does.
        """
        import httpx

        headers = self.headers | options.pop("headers", {})
        try:
            answer = httpx.request(
                method, self.url + path, headers=headers, timeout=15, trust_env=False, **options
            )
        except httpx.TransportError as error:
            raise click.ClickException(
                f"the API at {self.url} does not answer ({type(error).__name__})"
            ) from None
        if not answer.headers.get("content-type", "").startswith("application/json"):
            raise click.ClickException(f"what answers at {self.url} is not our API")
        return answer


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
        return function(*arguments, api=_reach(data, url, tenant), **named)

    return wrapped  # type: ignore[return-value]


def _reach(data: Path | None, url: str | None, tenant: str | None) -> Api:
    hint = f" --data {data}" if data else f" --api {url}" if url else ""
    if url is None:
        settings = connect(data)
        url, key = f"http://127.0.0.1:{settings.api_port}", settings.api_key.get_secret_value()
    else:
        key = os.environ.get("COMPLAINTS_API_KEY", "")
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if tenant:
        headers["X-Tenant"] = tenant
        hint += f" --tenant {tenant}"
    return Api(url.rstrip("/"), headers, hint)


def problem_of(answer: "httpx.Response") -> str:
    """Return what the API said against it, as one line."""
    try:
        body = answer.json()
    except json.JSONDecodeError:
        return f"status {answer.status_code}"
    field = f"{body.get('field')}: " if body.get("field") else ""
    return f"{field}{body.get('message')} ({body.get('rule') or body.get('error')})"
