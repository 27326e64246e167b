"""A small installation in memory, good to begin with, for planting one defect at a time.

Two contacts opened and joined a case, a third opened one of its own, one was sent again, one
died; a clerk acknowledged the first case. Everything has been read and produced.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NamedTuple

from schemas.added import ContactAdded
from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled
from schemas.codec import encode
from schemas.dead import DeadFacts, to_headers
from schemas.vocabulary import ChangeKind, CommandKind, Relation, Settlement
from services.audit.logic.checks import Checks
from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import CaseDocument, Entry, Event, History, Settled, opened
from services.audit.logic.payments import PaymentsCheck
from services.audit.logic.places import Places, Span
from services.domain.approval import load_approval
from services.domain.teams import load_teams
from tests.support.builders import (
    NOON,
    TENANT,
    a_command,
    a_contact,
    a_deduplicated,
    a_routed,
    at,
)

RECEIVED, DEDUPLICATED, SCORED, ROUTED, COMMANDS, SETTLED, CHANGED, STATE = TOPICS = (
    "received", "deduplicated", "scored", "routed", "commands", "settled", "changed", "state",
)  # fmt: skip
EXPRESS = tuple(f"{name}.express" for name in TOPICS[:4])
IDS = {name: f"id/{name}" for name in (*TOPICS, *EXPRESS, "received.dead", "deduplicated.dead")}


class Record(NamedTuple):
    """A Kafka record, as far as the checks look at it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Row(NamedTuple):
    contact_key: str
    source: str
    case_key: str
    out: bytes


@dataclass
class World:
    """Topics, ledger and cases; ``audit`` runs every check over them."""

    topics: dict[str, list[Record]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    absorbed: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    """The cases of claims on waybills."""
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    documents: dict[str, CaseDocument] = field(default_factory=dict)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    timers: list[tuple[str, int, int | None]] = field(default_factory=list)

    def put(self, topic: str, key: str, value: bytes, **facts: Any) -> str:
        """Append a record; return its source. Every record is followed by a marker."""
        log = self.topics.setdefault(topic, [])
        offset = log[-1].offset + 2 if log else self.starts.get(topic, 0)
        log.append(Record(topic, 0, offset, key.encode(), value, **facts))
        return f"{IDS.get(topic, topic)}:0:{offset}"

    def read_up_to(self, topic: str, offset: int | None = None) -> None:
        """Let the group of ``topic`` stand at ``offset``, or at the end."""
        log = self.topics.get(topic, [])
        end = log[-1].offset + 1 if log else 0
        self.positions[topic, 0] = end if offset is None else offset

    def dead_letter(self, topic: str, source: str, value: bytes) -> None:
        """Put a dead letter for what stood at ``source`` of ``topic``."""
        facts = DeadFacts(
            topic=topic, topic_id=IDS[topic], partition=0, offset=int(source.rpartition(":")[2]),
            worker="dedup", reason="malformed", error="no", field="", rule="json_invalid",
            at=NOON, code_version="1",
        )  # fmt: skip
        self.put(f"{topic}.dead", "k", value, headers=to_headers(facts))

    def drop(self, topic: str, index: int) -> Record:
        """Take a record away as if it had never been there."""
        return self.topics[topic].pop(index)

    def stop_at(self, topic: str, index: int) -> None:
        """Take a contact's records away from behind ``topic``, as if it had got no further."""
        for later in (DEDUPLICATED, SCORED, ROUTED)[(DEDUPLICATED, SCORED).index(topic) + 1 :]:
            self.drop(later, index)

    def change(self, topic: str, index: int, **changes: Any) -> None:
        """Alter a record where it stands."""
        log = self.topics[topic]
        log[index] = log[index]._replace(**changes)

    def audit(self) -> dict[str, Findings]:
        """Run all checks; findings by the check's letter."""
        spans = {
            (topic, 0): Span(self.starts.get(topic, 0), log[-1].offset + 2 if log else 0)
            for topic in (*TOPICS, *EXPRESS)
            for log in [self.topics.get(topic, [])]
        }
        way = [(name, f"{name}.express") for name in TOPICS[:4]]
        payments = PaymentsCheck(load_approval(), load_teams())
        checks = Checks(Places(IDS, spans, self.positions), way, TOPICS[4:], NOON, payments)
        for topic, feed in checks.feeds():
            for record in self.topics.get(topic, []):
                feed(record)
        for case_key in sorted({*self.entries, *self.documents}):
            log = self.entries.get(case_key, [])
            checks.case(History(case_key, log, self.documents.get(case_key)))
        for row in self.rows:
            checks.row(*row)
        for claimed in self.claims:
            checks.claim(claimed)
        for source in self.absorbed:
            checks.absorbed(source)
        for timer in self.timers:
            checks.timer(*timer)
        return {found.check: found for found in checks.findings()}

    def defects(self) -> list[tuple[str, Defect, str]]:
        """Return every violation as (check, defect, id)."""
        return [(c, one.defect, one.id) for c, f in self.audit().items() for one in f.listed]


def case_key_of(case_id: str) -> str:
    return f"{TENANT}|{case_id}"


def good_world() -> World:
    """Return the installation described above."""
    world = World()
    first, second, other = (a_contact(name) for name in ("one", "two", "three"))
    opening = a_deduplicated(first)
    joining = a_deduplicated(second, case_id=opening.case_id, relation=Relation.SECOND_COMPLAINANT)
    alone = a_deduplicated(other)
    sources = {}
    for contact in (first, second, other):
        sources[contact.contact_id] = world.put(RECEIVED, "hint", encode(contact))
    again = world.put(RECEIVED, "hint", encode(first))
    world.absorbed.append(again)
    bad = world.put(RECEIVED, "hint", b"{")
    world.dead_letter(RECEIVED, bad, b"{")
    caused = {}
    for record in (opening, joining, alone):
        key = case_key_of(record.case_id)
        contact_id = record.contact.contact_id
        world.put(DEDUPLICATED, key, encode(record))
        routed = a_routed(record)
        world.put(SCORED, key, encode(routed.scored))
        caused[contact_id] = world.put(ROUTED, key, encode(routed))
        contact_key = f"{TENANT}|{contact_id}"
        world.rows.append(Row(contact_key, sources[contact_id], key, encode(record)))
    command = a_command(CommandKind.ACKNOWLEDGE, opening.case_id, "cmd-1")
    commanded = world.put(COMMANDS, case_key_of(opening.case_id), encode(command))
    joined = [
        (caused[first.contact_id], added(opening, 1)),
        (caused[second.contact_id], added(joining, 2)),
    ]
    log_entry(world, opening.case_id, joined)
    log_entry(world, opening.case_id, [(commanded, acknowledged(command, 3))], command)
    log_entry(world, alone.case_id, [(caused[other.contact_id], added(alone, 1))])
    summarise(world, opening.case_id, contacts=2, complainants=2, seq=3, status="acknowledged")
    summarise(world, alone.case_id, contacts=1, complainants=1, seq=1, status="received")
    for topic in (RECEIVED, DEDUPLICATED, SCORED, ROUTED, COMMANDS, STATE):
        world.read_up_to(topic)
    return world


def added(record: Any, seq: int) -> CaseChanged:
    contact = record.contact
    part = ContactAdded(
        contact_id=contact.contact_id,
        relation=record.relation,
        channel=contact.channel,
        received_at=contact.received_at,
    )
    kind = ChangeKind.OPENED if seq == 1 else ChangeKind.CONTACT_ADDED
    return CaseChanged(
        tenant=TENANT, case_id=record.case_id, seq=seq, at=NOON, kind=kind, actor="customer",
        status="received", contact=part,
    )  # fmt: skip


def acknowledged(command: CaseCommand, seq: int) -> CaseChanged:
    return CaseChanged(
        tenant=TENANT, case_id=command.case_id, seq=seq, at=at(minutes=10),
        kind=ChangeKind.ACKNOWLEDGED, actor="clerk:7", status="acknowledged",
        command_id=command.command_id,
    )  # fmt: skip


def settlement_of(command: CaseCommand, seq: int) -> CommandSettled:
    return CommandSettled(
        tenant=TENANT, case_id=command.case_id, command_id=command.command_id, kind=command.kind,
        settlement=Settlement.ACCEPTED, seq=seq, status="acknowledged", at=at(minutes=10),
    )  # fmt: skip


def log_entry(
    world: World,
    case_id: str,
    changes: list[tuple[str, CaseChanged]],
    command: CaseCommand | None = None,
) -> None:
    """Append an entry to the case's log and produce what it holds."""
    key = case_key_of(case_id)
    n = len(world.entries.get(key, [])) + 1
    events = []
    for source, change in changes:
        value = encode(change)
        events.append(Event(n, change.seq, source, value, opened(value) or {}))
        world.put(CHANGED, key, value)
    settlements = []
    if command is not None:
        value = encode(settlement_of(command, changes[-1][1].seq))
        settlements.append(Settled(command.command_id, changes[-1][0], value))
        world.put(SETTLED, key, value)
    marks = tuple(source for source, _ in changes)
    world.entries.setdefault(key, []).append(Entry(n, marks, tuple(events), tuple(settlements)))


def summarise(world: World, case_id: str, **counted: Any) -> None:
    """Write the case's document and its newest state."""
    key = case_key_of(case_id)
    log = world.entries[key]
    state = CaseState(
        tenant=TENANT, case_id=case_id, opened_at=NOON, last_contact_at=NOON,
        updated_at=NOON + timedelta(minutes=10), first_contact_id="c", channel="phone", **counted,
    )  # fmt: skip
    value = encode(state)
    fields = {**counted, "reopened": 0, "level": 1}
    world.documents[key] = CaseDocument(log[-1].n, log[-1].marks, value, fields)
    world.put(STATE, key, value)
    world.timers.append((key, state.seq, 1))


def rewritten(world: World, case: str, n: int, edit: Callable[[Event], Event]) -> None:
    """Edit the events of entry ``n`` of a case's log, where they stand."""
    log = world.entries[case]
    log[n - 1] = replace(log[n - 1], events=tuple(map(edit, log[n - 1].events)))


def with_value(event: Event, value: bytes) -> Event:
    return replace(event, value=value, body=opened(value) or {})


def forget_case(world: World, case: str) -> None:
    del world.entries[case], world.documents[case]
    for topic in (CHANGED, STATE):
        world.topics[topic] = [r for r in world.topics[topic] if r.key.decode() != case]
