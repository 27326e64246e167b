"""Sealing a source in a case's log: what stood there ends as a dead letter (ADR 0036).

A worker that was given up for dead may still append to the log long after its heir has buried
the record: an entry before the committed position, which nobody would produce. So whoever buries
first takes the record's place in the log, with an entry that says nothing.
"""

from typing import Final

from services.domain.case_store import CaseStore, LogEntry
from services.domain.clock import Clock
from services.domain.errors import ConflictPersists
from services.runtime.records import DeadLetter, DeadReason, Inbound

_ROUNDS: Final = 12
_ANY_N: Final = 10**9
"""Above every number an entry has."""


def is_seal(entry: LogEntry, source: str) -> bool:
    """Return whether ``entry`` only keeps the place of ``source``, which is a dead letter."""
    return seal_token(source) in entry.tokens


def seal_token(source: str) -> str:
    """Return the token by which a seal is known."""
    return f"dead:{source}"


def seal(store: CaseStore, clock: Clock, key: str, source: str) -> bool:
    """Take the place of ``source`` in the log of ``key``; return False when it took effect.

    Raises:
        ConflictPersists: other writers were faster again and again.
    """
    for _ in range(_ROUNDS):
        for entry in store.entries_holding(key, [source]):
            return is_seal(entry, source)
        newest = store.newest_entries(key, 1, _ANY_N)
        n = newest[0].n + 1 if newest else 1
        if not store.append([LogEntry(key, n, clock.now(), (source,), (seal_token(source),))]):
            return True
    raise ConflictPersists("mongodb", f"lost a case to another writer in {_ROUNDS} rounds")


def buried(inbound: Inbound) -> DeadLetter:
    """Return the dead letter of a record that was sealed, and perhaps never got one."""
    reason = DeadReason.HANDLER_ERROR
    return DeadLetter(inbound, reason, "it was sealed before", "", str(reason))
