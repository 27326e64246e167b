"""What every endpoint reads from a request: tenant, bounded body, fields, idempotency key."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qs

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from schemas.record import Id, Tenant
from services.api.errors import Problem, invalid, refused
from services.api.forms import MAX_BODY_BYTES

F = TypeVar("F", bound=BaseModel)

DEFAULT_TENANT: Final = "default"
_LONGEST_KEY: Final = 200
_LOST: Final = rb"\ufffd"
_HALVES: Final = re.compile(
    rb"(\\[^u]|\\u(?:[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Escapes in JSON: a backslash that escapes something else, or a whole pair; else half of one."""
_MOST_FIELDS: Final = 10
_TENANT: Final[TypeAdapter[str]] = TypeAdapter(Annotated[str, *Tenant.__metadata__])
_ID: Final[TypeAdapter[str]] = TypeAdapter(Annotated[str, *Id.__metadata__])


def tenant_of(request: Request) -> str:
    """Return the tenant the request is for.

    Raises:
        Problem: the header names none.
    """
    written = request.headers.get("x-tenant", DEFAULT_TENANT)
    if written == DEFAULT_TENANT:
        return written
    try:
        return _TENANT.validate_python(written)
    except ValidationError:
        raise invalid(
            "X-Tenant", "tenant", "1 to 40 lower-case letters, digits and hyphens"
        ) from None


def is_id(written: str) -> bool:
    """Return whether ``written`` can be an identifier of ours."""
    try:
        _ID.validate_python(written)
    except ValidationError:
        return False
    return True


async def read_form(request: Request, form: type[F]) -> F:
    """Read the body as ``form``, never more of it than allowed.

    Only JSON is taken: a browser sends that across sites only after asking, and is told no.

    Raises:
        Problem: it is too long, not JSON, or breaks a rule of the form.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(
            415,
            "unsupported_media_type",
            "Send JSON as Content-Type: application/json.",
            field="Content-Type",
            rule="json",
        )
    return as_form(await read_body(request), form)


def as_form(body: bytes, form: type[F]) -> F:
    """Return JSON as ``form``.

    Raises:
        Problem: it is not JSON, or breaks a rule of the form.
    """
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        whole = _without_halves(body)
        if whole == body:
            raise refused(error) from None
    try:
        return form.model_validate_json(whole)
    except ValidationError as error:
        raise refused(error) from None


def _without_halves(body: bytes) -> bytes:
    """Return JSON in which half characters are marked as lost.

    A text that was cut between the two escapes of an emoji is what a browser sends whose form
    counted to its limit, and a centre that sends a long message in parts: all else in it is sound.
    """
    return _HALVES.sub(lambda found: found[1] or _LOST, body)


async def read_body(request: Request) -> bytes:
    """Return the raw body, never more of it than allowed.

    Raises:
        Problem: it is too long, or its sender went away.
    """
    return b"".join([piece async for piece in pieces_of(request, MAX_BODY_BYTES)])


async def pieces_of(request: Request, most: int) -> AsyncIterator[bytes]:
    """Yield the raw body as it comes, at most so many bytes.

    Raises:
        Problem: it is longer, or its sender went away.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise _too_large(most)
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise _too_large(most)
            yield piece
    except ClientDisconnect:
        # No mistake of ours, which would be counted and alarm somebody; nobody reads the answer.
        raise Problem(400, "invalid", "The body ended too early.", rule="cut_off") from None


def form_fields(body: bytes) -> dict[str, str]:
    """Return the fields that a page's form sends, of each name the first. A browser ends lines with
    two characters, which its own limit counts as one: here they end with one.

    Raises:
        Problem: they are more than any form of ours has.
    """
    try:
        written = parse_qs(body.decode(errors="replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Problem(400, "invalid", "No form here has so many fields.", rule="fields") from None
    return {name: values[0].replace("\r\n", "\n") for name, values in written.items()}


def _too_large(most: int) -> Problem:
    return Problem(
        413,
        "too_large",
        f"A body may have {most} bytes; send long documents another way.",
        rule="body_size",
    )


def idempotency_key(request: Request, in_body: str | None) -> str | None:
    """Return the key of the header or of the body's ``id``.

    Raises:
        Problem: both are given and differ, or the header's is empty or too long.
    """
    in_header = request.headers.get("idempotency-key")
    if in_header is None:
        return in_body
    if not 1 <= len(in_header) <= _LONGEST_KEY:
        raise invalid("Idempotency-Key", "length", f"1 to {_LONGEST_KEY} characters")
    if in_body is not None and in_body != in_header:
        raise invalid("id", "two_keys", "differs from the Idempotency-Key header")
    return in_header
