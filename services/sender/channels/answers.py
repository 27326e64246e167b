"""Ask a provider over HTTP, and understand what it answers."""

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from services.domain.send_store import Outcome
from services.sender.channels.http_line import Away, Doubt, HttpLine, Reply
from services.sender.channels.port import SENT, Answer

_LATER: Final = frozenset(
    {401, 402, 403, 404, 405, 406, 407, 408, 409, 415, 421, 423, 425, 426, 429}
)
"""Answers that may be others later, or speak of the configuration or the account (402: no credit
is left) rather than the letter."""
UNCLEAR: Final = Answer(Outcome.UNKNOWN, "answer_unclear")
"""The status says yes, and where the body is to tell whether it means that there is nothing: cut
off, another page, another form. It may have been taken."""


Meaning = Callable[[Reply], Answer]


def posted(
    line: HttpLine,
    headers: dict[str, str],
    body: bytes,
    until: float,
    meaning: Meaning,
    query: str = "",
) -> Answer:
    """Post, and return what came of it."""
    try:
        return meaning(line.post(headers, body, until, query))
    except Away as away:
        return Answer(Outcome.AWAY, str(away))
    except Doubt as doubt:
        return Answer(Outcome.UNKNOWN, f"after_post_{doubt}")
    except ValueError:
        return Answer(Outcome.FAILED, "address_unusable")


def by_status(reply: Reply, now: Callable[[], datetime]) -> Answer:
    """Return what the status code says."""
    code = reply.status
    if 200 <= code < 300:
        return SENT
    if code in _LATER or code >= 500 or code < 400:
        return Answer(Outcome.REFUSED, f"http_{code}", seconds_of(reply.retry_after, now))
    return Answer(Outcome.FAILED, f"http_{code}")


def seconds_of(header: str | None, now: Callable[[], datetime]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now()).total_seconds())
    except (TypeError, ValueError):
        return None
