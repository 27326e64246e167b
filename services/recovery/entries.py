"""Log entries from changes as they were produced. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

from schemas.cases import CaseChanged
from schemas.vocabulary import ChangeKind
from services.adapters.instants import to_micros
from services.adapters.mongo import Document
from services.domain.case_store import LogEntry, LoggedEvent, LoggedSettlement


class Change(NamedTuple):
    """A change as it stands on its topic."""

    case_key: str
    record: CaseChanged
    value: bytes
    place: str


def _cause_key(change: Change) -> str | None:
    """Return under which key the input of this change was found; None: it came of the one
    before it."""
    record = change.record
    if record.contact is not None:
        return f"k|{change.case_key}|{record.contact.contact_id}"
    if record.command_id is not None:
        return f"c|{change.case_key}|{record.command_id}"
    # A breach is taken back by a command, long after it was fired.
    is_fired = record.kind is not ChangeKind.BREACH_RETRACTED
    if is_fired and record.clock is not None and record.due_at is not None:
        return f"f|{change.case_key}|{record.clock}|{to_micros(record.due_at)}"
    return None


def keys_of(change: Change) -> Iterator[str]:
    """Yield under which keys the input of this change, and its settlement, were found."""
    cause = _cause_key(change)
    if cause is not None:
        yield cause
    if change.record.command_id is not None:
        yield f"s|{change.case_key}|{change.record.command_id}"


def entry_of(
    key: str,
    n: int,
    changes: Sequence[Change],
    finds: Mapping[str, Document],
    held: AbstractSet[str] = frozenset(),
) -> LogEntry:
    """Return the entry that holds these changes of one case, in order; ``held`` are marks that
    the log has already."""
    sources: dict[str, None] = {}
    tokens: dict[str, None] = {}
    events: list[LoggedEvent] = []
    settlements: dict[str, LoggedSettlement] = {}
    source = _unknown(changes[0])
    for change in changes:
        record, cause = change.record, _cause_key(change)
        if cause is not None:
            source = str(finds.get(cause, {}).get("source") or _unknown(change))
            if source in held:
                source = _unknown(change)
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
    ends = tuple(one for one in settlements.values() if f"cmd:{one.command_id}" not in held)
    left = tuple(token for token in tokens if token not in held)
    return LogEntry(key, n, at, tuple(sources), left, tuple(events), ends)


def _unknown(change: Change) -> str:
    """Return a source for a change whose input is not known any more: unlike any real one."""
    return f"restored:0:{change.record.seq}"
