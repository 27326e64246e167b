"""Every way in which the API says no, in one form.

``{"error", "field", "rule", "message"}``: ``error`` is the kind (few words, for programs),
``field`` and ``rule`` say what broke which rule, ``message`` is for a person. A value that
was sent is never quoted: it may be personal data, and answers end up in logs.
"""

from typing import Any, Final

from fastapi.responses import JSONResponse
from pydantic import ValidationError

RETRY_SECONDS: Final = 2


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
