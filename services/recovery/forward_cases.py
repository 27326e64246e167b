"""Rolling the cases' logs forward: what was produced becomes what must have been logged.

Only where a change was produced its entry counted; an entry whose changes never left MongoDB is
not missed: its inputs were not committed and come again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.cases import CaseChanged, CaseCommand, CommandSettled
from schemas.clocks import ClockFired
from schemas.codec import decode
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.routes import ContactRouted
from schemas.topics import CHANGED, COMMANDS, FIRED, ROUTED, SETTLED, Topic, lanes
from services.adapters.instants import to_micros
from services.adapters.mongo import Document
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_labels import MongoLabelStore
from services.cases.commands import command_digest
from services.domain.case_store import LogEntry, LoggedEvent, LoggedSettlement
from services.domain.label_store import labels_of
from services.notification.recipients import who_of
from services.recovery.tail import Tail

_AT_A_TIME: Final = 500
_AFTER_LOG: Final = "$"


Read = ContactRouted | CaseCommand | ClockFired


class Change(NamedTuple):
    """A change as it stands on its topic."""

    case_key: str
    record: CaseChanged
    value: bytes
    place: str


class CasesForward:
    """See :meth:`run`."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._log = tail.database["case_log"]
        self._store = MongoCaseStore(tail.database, "restore")
        self._labels = MongoLabelStore(tail.database)

    def run(self) -> int:
        """Write the log entries that the backup misses; return how many changes they hold."""
        self._find_sources()
        self._find_settlements()
        count = 0
        spans = self._tail.produced(CHANGED, "notification")
        for records in self._tail.read(spans, "changes"):
            for some in _pieces(list(self._changes(records))):
                self._remember(some)
                count += self._append(some)
        self._refusals()
        return count

    # ------------------------------------------------------------------ what is needed

    def _find_sources(self) -> None:
        """Find where the contacts, commands and fired clocks stood that ``cases`` has read."""
        kinds: tuple[tuple[Topic, type[Read]], ...] = (
            *((topic, ContactRouted) for topic in lanes(ROUTED)),
            (COMMANDS, CaseCommand),
            (FIRED, ClockFired),
        )
        for topic, kind in kinds:
            topic_id = self._tail.topic_id(topic)
            spans = self._tail.consumed(topic, "cases")
            for records in self._tail.read(spans, f"inputs: {topic.name}"):
                found: dict[str, Document] = {}
                for record in records:
                    with suppress(MalformedRecordError):
                        read = decode(kind, record.value)
                        source = f"{topic_id}:{record.partition}:{record.offset}"
                        found.setdefault(_input_key(read), _input(read, source))
                self._tail.finds.put(found)

    def _find_settlements(self) -> None:
        for records in self._tail.read(self._tail.produced(SETTLED), "settlements"):
            found: dict[str, Document] = {}
            for record in records:
                with suppress(MalformedRecordError):
                    settled = decode(CommandSettled, record.value)
                    key = case_key(settled.tenant, settled.case_id).decode()
                    found.setdefault(f"s|{key}|{settled.command_id}", {"value": record.value})
            self._tail.finds.put(found)

    def _changes(self, records: Sequence[Any]) -> Iterator[Change]:
        topic_id = self._tail.topic_id(CHANGED)
        for record in records:
            with suppress(MalformedRecordError):
                change = decode(CaseChanged, record.value)
                key = case_key(change.tenant, change.case_id).decode()
                place = f"{topic_id}:{record.partition}:{record.offset}"
                yield Change(key, change, record.value, place)

    def _remember(self, changes: Sequence[Change]) -> None:
        """Keep what the notices about these changes will be asked for."""
        self._tail.finds.put(
            {
                f"e|{change.case_key}|{change.record.seq:08}": {
                    "source": change.place,
                    "seq": change.record.seq,
                    "at_us": to_micros(change.record.at),
                    "who": who_of(change.record),
                }
                for change in changes
            }
        )

    # ------------------------------------------------------------------ writing

    def _append(self, changes: Sequence[Change]) -> int:
        cases: dict[str, dict[int, Change]] = {}
        for change in changes:
            cases.setdefault(change.case_key, {}).setdefault(change.record.seq, change)
        ends = self._log_ends(cases)
        finds = self._tail.finds.get(key for change in changes for key in _change_keys(change))
        entries, count = [], 0
        for key, found in cases.items():
            n, last_seq = ends.get(key, (0, 0))
            new = [found[seq] for seq in sorted(found) if seq > last_seq]
            if new:
                entries.append(_entry(key, n + 1, new, finds))
                count += len(new)
        self._store.append(entries)
        self._labels.keep(labels_of(entries))
        return count

    def _log_ends(self, case_keys: Mapping[str, object]) -> dict[str, tuple[int, int]]:
        """Return the last entry and the last change of each case's log."""
        ends: dict[str, tuple[int, int]] = {}
        for key in case_keys:
            span = {"$gte": f"{key}#", "$lt": f"{key}{_AFTER_LOG}"}
            fields = {"n": 1, "last_seq": 1}
            n = seq = 0
            for entry in self._log.find({"_id": span}, fields, sort=[("_id", -1)]):
                n = n or entry["n"]
                if "last_seq" in entry:
                    seq = entry["last_seq"]
                    break
            ends[key] = (n, seq)
        return ends

    def _refusals(self) -> None:
        """Log the settlements that no change came of: refused commands, and ids used again."""
        for records in self._tail.read(self._tail.produced(SETTLED), "refusals"):
            for some in _pieces(records):
                self._refused(some)

    def _refused(self, records: Sequence[Any]) -> None:
        seen: set[bytes] = set()
        for record in records:
            if record.value in seen:
                continue
            seen.add(record.value)
            with suppress(MalformedRecordError):
                settled = decode(CommandSettled, record.value)
                key = case_key(settled.tenant, settled.case_id).decode()
                self._refuse(key, settled, record)

    def _refuse(self, key: str, settled: CommandSettled, record: Any) -> None:
        token = f"cmd:{settled.command_id}"
        holders = self._store.entries_holding(key, [token])
        logged = [one.value for entry in holders for one in entry.settlements]
        others = self._log.find(
            {"case": key, "settlements.value": record.value}, {"_id": 1}, limit=1
        )
        if record.value in logged or list(others):
            return
        mark = f"c|{key}|{settled.command_id}"
        found = self._tail.finds.get([mark]).get(mark, {})
        source = str(found.get("source") or f"restored:{record.partition}:{record.offset}")
        if holders:  # the id belongs to another command; this one stood somewhere else
            source = f"restored:{record.partition}:{record.offset}"
        entry = LogEntry(
            key,
            self._log_ends({key: None})[key][0] + 1,
            settled.at,
            (source,),
            () if holders else (token,),
            (),
            (
                LoggedSettlement(
                    settled.command_id, source, str(found.get("digest", "")), record.value
                ),
            ),
        )
        self._store.append([entry])


def _input_key(read: Read) -> str:
    key = case_key(read.tenant, read.case_id).decode()
    match read:
        case ContactRouted():
            return f"k|{key}|{read.scored.deduplicated.contact.contact_id}"
        case CaseCommand():
            return f"c|{key}|{read.command_id}"
        case ClockFired():
            return f"f|{key}|{read.clock}|{to_micros(read.due_at)}"


def _input(read: Read, source: str) -> Document:
    if isinstance(read, CaseCommand):
        return {"source": source, "digest": command_digest(read)}
    return {"source": source}


def _cause_key(change: Change) -> str | None:
    """Return under which key the input of this change was found; None: it came of the one
    before it."""
    record = change.record
    if record.contact is not None:
        return f"k|{change.case_key}|{record.contact.contact_id}"
    if record.command_id is not None:
        return f"c|{change.case_key}|{record.command_id}"
    if record.clock is not None and record.due_at is not None:
        return f"f|{change.case_key}|{record.clock}|{to_micros(record.due_at)}"
    return None


def _change_keys(change: Change) -> Iterator[str]:
    cause = _cause_key(change)
    if cause is not None:
        yield cause
    if change.record.command_id is not None:
        yield f"s|{change.case_key}|{change.record.command_id}"


def _entry(key: str, n: int, changes: Sequence[Change], finds: Mapping[str, Document]) -> LogEntry:
    """Return the entry that holds these changes of one case, in order."""
    sources: dict[str, None] = {}
    tokens: dict[str, None] = {}
    events: list[LoggedEvent] = []
    settlements: dict[str, LoggedSettlement] = {}
    source = _unknown(changes[0])
    for change in changes:
        record, cause = change.record, _cause_key(change)
        if cause is not None:
            source = str(finds.get(cause, {}).get("source") or _unknown(change))
        sources[source] = None
        events.append(LoggedEvent(record.seq, source, change.value))
        if record.contact is not None:
            tokens[f"con:{record.contact.contact_id}"] = None
        command_id = record.command_id
        settled = finds.get(f"s|{key}|{command_id}") if command_id else None
        if command_id and settled and command_id not in settlements:
            tokens[f"cmd:{command_id}"] = None
            digest = str(finds.get(cause or "", {}).get("digest", ""))
            settlements[command_id] = LoggedSettlement(
                command_id, source, digest, bytes(settled["value"])
            )
    at: datetime = max(change.record.at for change in changes)
    return LogEntry(
        key, n, at, tuple(sources), tuple(tokens), tuple(events), tuple(settlements.values())
    )


def _unknown(change: Change) -> str:
    """Return a source for a change whose input is not known any more: unlike any real one."""
    return f"restored:0:{change.record.seq}"


def _pieces(records: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(records), _AT_A_TIME):
        yield records[begin : begin + _AT_A_TIME]
