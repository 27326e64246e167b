"""Lines of a file as the records that intake would make of them, without any service."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.codec import malformed
from schemas.contacts import ContactReceived
from schemas.personal import KeyRing
from services.api.errors import Problem
from services.api.forms import ContactForm
from services.api.intake import take
from services.cli.sending.lines import BadLine, Sendable, sendables

KEYS: Final = KeyRing({"offline": bytes(32)}, "offline")
"""Offline results are compared with each other only, so their indexes need no secret."""
TENANT: Final = "default"


class Line(NamedTuple):
    """A readable line; ``id`` is what the file calls it."""

    id: str
    contact: ContactReceived


def contacts_in(lines: Iterable[bytes], now: datetime) -> Iterator[Line | BadLine]:
    """Yield what each line that is not blank becomes; ``now`` dates lines without ``at``."""
    for line in sendables(lines):
        yield _read(line, now) if isinstance(line, Sendable) else line


def _read(line: Sendable, now: datetime) -> Line | BadLine:
    content: dict[str, Any] = json.loads(line.body)
    try:
        form = ContactForm.model_validate_json(line.body)
        taken = take(form, KEYS, TENANT, str(content["id"]), max(now, form.at or now))
    except ValidationError as error:
        first = malformed(error)
        return BadLine(line.number, first.field, first.rule, first.problem)
    except Problem as problem:
        body = problem.body
        return BadLine(line.number, str(body["field"]), str(body["rule"]), str(body["message"]))
    return Line(str(content["id"]), taken.record)


def as_json(answer: dict[str, Any]) -> str:
    """Return one line of output."""
    return json.dumps(answer, ensure_ascii=False)
