"""How a case is kept: an append-only log, and a small projection of it.

The commit point of the whole case is one insert into the log. The projection may be
behind (a worker died between the two writes) but is never wrong: it is the fold of the
log's first ``n`` entries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from schemas.cases import CaseState


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One ``cases.changed`` record as it was produced; ``source`` caused it."""

    seq: int
    source: str
    value: bytes


@dataclass(frozen=True, slots=True)
class LoggedSettlement:
    """One ``case.commands.settled`` record as it was produced."""

    command_id: str
    source: str
    digest: str
    value: bytes


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """One ``case.commands`` record to another case that followed from the events."""

    case_key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What one batch did to one case.

    ``n`` counts the case's entries from 1 without a gap. ``sources`` are all inputs the
    entry accounts for, also those that caused no event. ``tokens`` make commands unique
    across sources (``cmd:<id>``). Unique in the store: (case, n) and each (case, source)
    and (case, token).
    """

    case_key: str
    n: int
    at: datetime
    sources: tuple[str, ...]
    tokens: tuple[str, ...] = ()
    events: tuple[LoggedEvent, ...] = ()
    settlements: tuple[LoggedSettlement, ...] = ()
    sent: tuple[LoggedCommand, ...] = ()


@dataclass(frozen=True, slots=True)
class Projection:
    """The case after its first ``n`` log entries.

    ``state`` is None while nothing opened the case (only refused commands). ``tip`` are
    the sources of entry ``n``: whoever reads the projection sees from them whether the
    last entry may still have to be produced. ``encoded`` is the state as it is produced,
    where the writer has it at hand.
    """

    case_key: str
    n: int
    tip: tuple[str, ...]
    state: CaseState | None
    encoded: bytes | None = field(default=None, compare=False, repr=False)


class CaseStore(Protocol):
    """Durable, shared by all ``cases`` workers; ``case_key`` is ``<tenant>|<case id>``.

    Reads see only what a majority has; writes return when a majority has them. Every
    method raises OutageError when the database cannot do its part.
    """

    def projections(self, case_keys: Iterable[str]) -> dict[str, Projection]:
        """Return the projections that exist, by case key."""
        ...

    def entries_after(self, case_key: str, n: int) -> list[LogEntry]:
        """Return the log entries with a number above ``n``, in order."""
        ...

    def newest_entries(self, case_key: str, limit: int, up_to_n: int) -> list[LogEntry]:
        """Return up to ``limit`` entries numbered at most ``up_to_n``, newest first."""
        ...

    def entries_holding(self, case_key: str, marks: Iterable[str]) -> list[LogEntry]:
        """Return the entries that hold any of these sources or tokens, in order of n."""
        ...

    def append(self, entries: Sequence[LogEntry]) -> frozenset[str]:
        """Insert one entry per case; return the case keys whose entry met a conflict and was
        not written (another writer has the number, a source or a token)."""
        ...

    def project(self, projections: Sequence[Projection]) -> None:
        """Write projections, each only over an older one of its case."""
        ...

    def barrier(self) -> None:
        """Return after a majority acknowledged a write made now: what was read before is
        then known to come from the primary that still is one."""
        ...
