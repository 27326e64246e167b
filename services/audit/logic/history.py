"""One case as the database holds it: its log, entry by entry, and its document.

Values are opened once, here; a value that cannot be opened is a finding of check D and
counts as an empty record everywhere else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

Body = Mapping[str, Any]
_NOTHING: Final[Body] = {}


def opened(value: bytes | None) -> Body | None:
    """Return the fields of a JSON object, or None when the bytes are something else."""
    if value is None:
        return None
    try:
        body = from_json(value)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


@dataclass(frozen=True, slots=True)
class Event:
    """A logged ``cases.changed`` record; ``n`` is the entry it stands in."""

    n: int
    seq: int
    source: str
    value: bytes
    body: Body
    is_silenced: bool = False
    """What people wrote was removed from its entry on purpose: other bytes than were produced."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A logged ``case.commands.settled`` record."""

    command_id: str
    source: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A logged command to another case."""

    case_key: str
    command_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One insert into ``case_log``; ``marks`` are sources, and tokens ``cmd:<id>``."""

    n: int
    marks: tuple[str, ...]
    events: tuple[Event, ...]
    settlements: tuple[Settled, ...]
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseDocument:
    """The projection: ``value`` is None while nothing opened the case; ``fields`` is the
    document as it stands, for the plain fields beside it."""

    n: int
    tip: tuple[str, ...]
    value: bytes | None
    fields: Body


@dataclass(frozen=True, slots=True)
class History:
    """Everything about one case. The document was read before the log: never newer."""

    case_key: str
    entries: Sequence[Entry]
    document: CaseDocument | None

    @property
    def events(self) -> Iterator[Event]:
        return (event for entry in self.entries for event in entry.events)

    def marks_after(self, n: int) -> Iterator[str]:
        """Yield the marks of the entries after number ``n``."""
        return (mark for entry in self.entries if entry.n > n for mark in entry.marks)


def read_entry(document: Body) -> Entry:
    """Read a document of ``case_log``."""
    n, is_silenced = document["n"], "words_removed_at" in document
    return Entry(
        n=n,
        marks=tuple(document["marks"]),
        events=tuple(
            Event(
                n,
                item["seq"],
                item["source"],
                item["value"],
                opened(item["value"]) or _NOTHING,
                is_silenced,
            )
            for item in document["events"]
        ),
        settlements=tuple(
            Settled(item["command_id"], item["source"], item["value"])
            for item in document["settlements"]
        ),
        sent=tuple(
            Sent(item["case_key"], str((opened(item["value"]) or _NOTHING).get("command_id")))
            for item in document.get("sent", ())
        ),
    )


def read_document(document: Body) -> CaseDocument:
    """Read a document of ``cases``."""
    return CaseDocument(document["n"], tuple(document["tip"]), document.get("value"), document)
