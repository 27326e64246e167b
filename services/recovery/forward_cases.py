"""Rolling the cases' logs forward: what was produced becomes what must have been logged.

Only where a change was produced its entry counted; an entry whose changes never left MongoDB is
not missed: its inputs were not committed and come again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

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
from services.domain.case_store import LogEntry, LoggedSettlement
from services.domain.label_store import labels_of
from services.notification.recipients import who_of
from services.recovery.entries import Change, entry_of, keys_of
from services.recovery.manifest import RecoveryError
from services.recovery.tail import Tail

_AT_A_TIME: Final = 500
_AFTER_LOG: Final = "$"


Read = ContactRouted | CaseCommand | ClockFired


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
        finds = self._tail.finds.get(key for change in changes for key in keys_of(change))
        new: dict[str, list[Change]] = {}
        for key, found in cases.items():
            if left := [found[seq] for seq in sorted(found) if seq > ends[key][1]]:
                new[key] = left
        entries = {key: entry_of(key, ends[key][0] + 1, left, finds) for key, left in new.items()}
        for key in self._store.append(list(entries.values())):
            entries[key] = self._without_marks_held(entries[key], new[key], finds)
        self._labels.keep(labels_of(list(entries.values())))
        return sum(map(len, new.values()))

    def _without_marks_held(
        self, entry: LogEntry, changes: Sequence[Change], finds: Mapping[str, Document]
    ) -> LogEntry:
        """Append an entry that met a conflict: what came of one input may lie in two pieces, and
        a mark stands in a log once.

        Raises:
            RecoveryError: it meets one still, so somebody writes to this log.
        """
        marks = (*entry.sources, *entry.tokens)
        holders = self._store.entries_holding(entry.case_key, marks)
        held = {mark for one in holders for mark in (*one.sources, *one.tokens)}
        again = entry_of(entry.case_key, entry.n, changes, finds, held)
        if self._store.append([again]):
            raise RecoveryError(f"{entry.case_key}: another writes to its log: stop everything")
        return again

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


def _pieces(records: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(records), _AT_A_TIME):
        yield records[begin : begin + _AT_A_TIME]
