"""Every way in which the API says no, in one form.

``{"error", "field", "rule", "message"}``: ``error`` is the kind (few words, for programs),
``field`` and ``rule`` say what broke which rule, ``message`` is for a person. A value that
was sent is never quoted: it may be personal data, and answers end up in logs.
"""

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from services.domain.errors import OutageError

RETRY_SECONDS: Final = 2
_WORDS: Final = {
    400: "invalid",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    421: "wrong_host",
    429: "too_many",
}


class Problem(Exception):
    """A refusal, raised anywhere below an endpoint and answered as problem JSON."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        field: str = "",
        rule: str = "",
        retry_after: int | None = None,
        **more: object,
    ) -> None:
        super().__init__(f"{status} {error} {field} {rule}")
        self.status = status
        self.body = {"error": error, "field": field, "rule": rule, "message": message, **more}
        self.retry_after = retry_after

    def response(self) -> JSONResponse:
        """Return the answer."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(self.body, self.status, headers)


def invalid(field: str, rule: str, message: str) -> Problem:
    """Return the refusal of one field."""
    return Problem(422, "invalid", message, field=field, rule=rule)


def unavailable(service: str) -> Problem:
    """Return the answer while a backing service is away: nothing was lost, try again."""
    return Problem(
        503,
        "unavailable",
        "The service cannot do this right now. Send it again, with the same id or "
        "Idempotency-Key if you gave one.",
        rule=f"{service}_away",
        retry_after=RETRY_SECONDS,
    )


def refused(error: ValidationError) -> Problem:
    """Turn pydantic's report into ours: the first field, its rule, and the sentence for it."""
    first = error.errors(include_url=False, include_input=False)[0]
    rule, message = first["type"], first["msg"]
    if rule == "json_invalid":
        return Problem(400, "invalid", message, rule=rule)
    if rule == "unknown_field":
        context: dict[str, Any] = first.get("ctx", {})
        field = str(context.get("names", "")).partition(", ")[0]
    else:
        field = ".".join(str(part) for part in first["loc"])
    return invalid(field, rule, message)


def install(app: FastAPI) -> None:
    """Answer every error of the app in this form."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return error.response()

    async def on_outage(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, OutageError)
        return unavailable(error.service).response()

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        word = _WORDS.get(error.status_code, "error")
        return Problem(error.status_code, word, str(error.detail)).response()

    async def on_parameter(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        # FastAPI's own answer quotes what was sent; the first part of the place is only "query".
        field = ".".join(str(part) for part in first["loc"][1:])
        return invalid(field, first["type"], first["msg"]).response()

    async def on_defect(request: Request, error: Exception) -> JSONResponse:
        return Problem(500, "internal", "This is our mistake, and it is logged.").response()

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(OutageError, on_outage)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_parameter)
    app.add_exception_handler(Exception, on_defect)
