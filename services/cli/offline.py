"""Lines of a file as the records that intake would make of them, without any service."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.codec import decode, encode, malformed
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.personal import KeyRing
from schemas.vocabulary import Relation
from services.adapters.memory_dedup import MemoryDedupStore
from services.api.errors import Problem
from services.api.forms import ContactForm
from services.api.intake import take
from services.cli.sending.lines import BadLine, Sendable, sendables
from services.dedup.evaluation import Judged
from services.dedup.handler import DedupHandler
from services.dedup.policy import DedupPolicy
from services.domain.clock import Clock
from services.domain.incidents.detection import Cluster, Detection
from services.domain.incidents.memory import Sighting, sighting_of
from services.domain.incidents.policy import IncidentPolicy
from services.domain.vault import Vault
from services.runtime.records import Handled, Inbound
from services.runtime.watching import always

KEYS: Final = KeyRing({"offline": bytes(32)}, "offline")
_VAULT: Final = Vault(KEYS.keys)
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
        # Taken when it came: whose hours it fell into is part of what is decided about it.
        taken = take(form, KEYS, _VAULT, TENANT, str(content["id"]), form.at or now)
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
    decisions: dict[str, ContactDeduplicated] = {}
    refused: dict[int, BadLine] = {}
    for handled in _handled([line.contact for line in in_time], policy, clock):
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


def decide(
    contacts: Sequence[ContactReceived], policy: DedupPolicy, clock: Clock
) -> Iterator[ContactDeduplicated]:
    """Yield dedup's decision about each contact, in this order; each is in it once."""
    for handled in _handled(contacts, policy, clock):
        for out in handled.outbound:
            yield decode(ContactDeduplicated, out.value)


def _handled(
    contacts: Sequence[ContactReceived], policy: DedupPolicy, clock: Clock
) -> Iterator[Handled]:
    handler = DedupHandler(MemoryDedupStore(), KEYS, always(policy), clock, {"in": "out"})
    for start in range(0, len(contacts), _BATCH):
        yield handler.handle(
            [
                Inbound("in", 0, offset, "in", None, encode(contacts[offset]))
                for offset in range(start, min(start + _BATCH, len(contacts)))
            ],
            {},
        )


def incidents_in(decided: Iterable[Decided], policy: IncidentPolicy) -> dict[str, str]:
    """Return the incident of each case that belongs to one, named by the first of its contacts
    as the file calls it."""
    lines = sorted(decided, key=lambda one: (one.line.contact.received_at, one.line.number))
    first: dict[str, str] = {}
    detection = Detection(policy)
    cases: dict[Cluster, list[str]] = {}
    for one in lines:
        first.setdefault(one.deduplicated.case_id, one.line.id)
        for found in detection.see(sighting_by(one.deduplicated, policy)):
            cases.setdefault(found.cluster, []).append(found.sighting.case_id)
    order = {case: number for number, case in enumerate(first)}
    named: dict[str, str] = {}
    for members in cases.values():
        named |= dict.fromkeys(members, first[min(members, key=order.__getitem__)])
    return named


def sighting_by(
    deduplicated: ContactDeduplicated, policy: IncidentPolicy, category: str = "unknown"
) -> Sighting:
    """Return what a contact of a file shows of an incident, in the case that it came to."""
    contact = deduplicated.contact
    return sighting_of(
        contact.contact_id,
        deduplicated.case_id,
        contact.person or contact.contact_id,
        contact.received_at,
        contact.text,
        policy,
        hub=contact.facts.hub,
        category=category,
    )


class _Labels(BaseModel):
    """What people said about a contact of a stream."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    case: str = Field(min_length=1, max_length=80)
    relation: Relation
    incident: str | None = Field(default=None, max_length=80)


def judged(
    lines: Sequence[bytes], policy: DedupPolicy, incident_policy: IncidentPolicy, clock: Clock
) -> list[Judged | BadLine]:
    """Return, for each line of a labelled stream, the labels beside what dedup decided."""
    decisions = deduplicate(lines, policy, clock)
    decided = [one for one in decisions if isinstance(one, Decided)]
    incidents = incidents_in(decided, incident_policy)
    return [
        one if isinstance(one, BadLine) else _judged(one, lines[one.line.number - 1], incidents)
        for one in decisions
    ]


def _judged(one: Decided, line: bytes, incidents: dict[str, str]) -> Judged | BadLine:
    try:
        labels = _Labels.model_validate_json(line.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        first = malformed(error)
        return BadLine(one.line.number, first.field, first.rule, first.problem)
    decision = one.deduplicated
    return Judged(
        one.line.id,
        labels.case,
        labels.relation,
        labels.incident,
        decision.case_id,
        decision.relation,
        incidents.get(decision.case_id),
    )


def as_json(answer: Mapping[str, object]) -> str:
    """Return one line of output."""
    return json.dumps(answer, ensure_ascii=False)
