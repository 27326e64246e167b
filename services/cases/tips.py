"""Which entries of a case's log may not have been produced, by where their inputs stood. Pure."""

from collections.abc import Sequence

from services.cases.burying import seal_token
from services.domain.case_store import LogEntry
from services.runtime.records import Positions, Source


def is_unproduced(sources: Sequence[str], positions: Positions) -> bool:
    """Return whether any source lies at or after its committed position."""
    for text in sources:
        source = Source.parse(text)
        position = positions.get((source.topic_id, source.partition))
        if position is not None and source.offset >= position:
            return True
    return False


def tip_of(sources: Sequence[str]) -> tuple[str, ...]:
    """Return the newest source of each partition: all that `is_unproduced` needs."""
    newest: dict[tuple[str, int], Source] = {}
    for text in sources:
        source = Source.parse(text)
        spot = (source.topic_id, source.partition)
        if spot not in newest or newest[spot].offset < source.offset:
            newest[spot] = source
    return tuple(str(source) for source in newest.values())


def tip_after(tip: Sequence[str], entries: Sequence[LogEntry]) -> tuple[str, ...]:
    """Return the tip behind ``entries``, which follow an entry whose tip is ``tip``.

    A seal produces nothing, so what stands before it may still have to be produced.
    """
    for entry in entries:
        tip = tip_of((*tip, *entry.sources) if says_nothing(entry) else entry.sources)
    return tuple(tip)


def says_nothing(entry: LogEntry) -> bool:
    """Return whether nobody ever has to produce ``entry``: it only seals sources."""
    return all(seal_token(source) in entry.tokens for source in entry.sources)
