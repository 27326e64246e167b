"""Lines of a file as the records that intake would make of them, without any service."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.codec import decode, encode, malformed
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.personal import KeyRing
from services.adapters.memory_dedup import MemoryDedupStore
from services.api.errors import Problem
from services.api.forms import ContactForm
from services.api.intake import take
from services.cli.sending.lines import BadLine, Sendable, sendables
from services.dedup.handler import DedupHandler
from services.dedup.policy import DedupPolicy
from services.domain.clock import Clock
from services.runtime.records import Inbound

KEYS: Final = KeyRing({"offline": bytes(32)}, "offline")
"""Offline results are compared with each other only, so their indexes need no secret."""
TENANT: Final = "default"
_BATCH: Final = 500


class Line(NamedTuple):
    """A readable line; ``id`` is what the file calls it."""

    number: int
    id: str
    contact: ContactReceived


class Decided(NamedTuple):
    """A line and what dedup made of its contact."""

    line: Line
    deduplicated: ContactDeduplicated


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
    return Line(line.number, str(content["id"]), taken.record)


def deduplicate(
    lines: Iterable[bytes], policy: DedupPolicy, clock: Clock
) -> list[Decided | BadLine]:
    """Return dedup's decision about each line that is not blank, in the order of the file.

    Contacts are taken in the order of their ``at``, as they would have come in. An id that
    comes again with other content is refused, as the pipeline does; with the same content it
    is the same contact.
    """
    read = list(contacts_in(lines, clock.now()))
    in_time = sorted(
        (line for line in read if isinstance(line, Line)),
        key=lambda line: (line.contact.received_at, line.number),
    )
    handler = DedupHandler(MemoryDedupStore(), KEYS, policy, clock, "out")
    decisions: dict[str, ContactDeduplicated] = {}
    refused: dict[int, BadLine] = {}
    for start in range(0, len(in_time), _BATCH):
        batch = [
            Inbound("in", 0, offset, "in", None, encode(in_time[offset].contact))
            for offset in range(start, min(start + _BATCH, len(in_time)))
        ]
        handled = handler.handle(batch, {})
        for out in handled.outbound:
            decision = decode(ContactDeduplicated, out.value)
            decisions[decision.contact.contact_id] = decision
        for dead in handled.dead:
            number = in_time[dead.inbound.offset].number
            refused[number] = BadLine(number, "id", dead.rule or dead.reason, dead.error)
    return [
        refused.get(line.number) or Decided(line, decisions[line.contact.contact_id])
        if isinstance(line, Line)
        else line
        for line in read
    ]


def as_json(answer: dict[str, Any]) -> str:
    """Return one line of output."""
    return json.dumps(answer, ensure_ascii=False)
