"""How a transaction ended, according to the coordinator's own log (``__transaction_state``).

The log is Kafka's and internal, but its form is stable and published
(``TransactionLogValue.json``); a version we do not know tells us nothing, and then nothing is
done. Pure: the shell fetches the records.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from schemas.errors import MalformedRecordError

_VERSION: Final = 1
_HEAD: Final = struct.Struct(">hq")


class State(IntEnum):
    """States of a transaction that matter here, as the log numbers them."""

    ONGOING = 1
    PREPARE_COMMIT = 2
    PREPARE_ABORT = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the log: where a producer's transaction stood."""

    producer: int
    epoch: int
    state: int
    partitions: frozenset[tuple[str, int]]


def read_entry(value: bytes) -> Entry | None:
    """Return what ``value`` says, or None when it is of another version.

    Raises:
        MalformedRecordError: it breaks off.
    """
    try:
        version, producer = _HEAD.unpack_from(value)
        if version != _VERSION:
            return None
        reader = _Reader(value, _HEAD.size)
        # In between may stand tagged fields; they come last in this version.
        epoch, _timeout, state = reader.take(struct.Struct(">hib"))
        partitions: set[tuple[str, int]] = set()
        for _ in range(reader.length()):
            topic = reader.text()
            numbers = [reader.take(struct.Struct(">i"))[0] for _ in range(reader.length())]
            partitions.update((topic, number) for number in numbers)
            reader.skip_tags()
    except (struct.error, IndexError, UnicodeDecodeError):
        raise MalformedRecordError("", "transaction_log", "an entry breaks off") from None
    return Entry(producer, epoch, state, frozenset(partitions))


def is_commit(
    entries: Iterable[Entry], producer: int, epoch: int, place: tuple[str, int]
) -> bool | None:
    """Return whether the transaction that ``producer`` left open in ``place`` was to be
    committed (True) or aborted (False); None when the log does not say.

    The coordinator raises the epoch by one when it aborts what timed out.
    """
    verdict: bool | None = None
    for entry in entries:
        if entry.producer != producer or place not in entry.partitions:
            continue
        if entry.state == State.ONGOING and entry.epoch == epoch:
            verdict = None  # a later one, of which nothing is decided yet
        elif entry.state == State.PREPARE_COMMIT and entry.epoch == epoch:
            verdict = True
        elif entry.state == State.PREPARE_ABORT and entry.epoch in (epoch, epoch + 1):
            verdict = False
    return verdict


class _Reader:
    """Takes Kafka's flexible encoding apart, from left to right."""

    def __init__(self, value: bytes, position: int) -> None:
        self._value = value
        self._position = position

    def take(self, form: struct.Struct) -> tuple[int, ...]:
        taken = form.unpack_from(self._value, self._position)
        self._position += form.size
        return taken

    def varint(self) -> int:
        result = shift = 0
        while True:
            byte = self._value[self._position]
            self._position += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7

    def length(self) -> int:
        """Lengths are written one larger, so that 0 can mean absent."""
        return max(0, self.varint() - 1)

    def text(self) -> str:
        size = self.length()
        start, self._position = self._position, self._position + size
        if self._position > len(self._value):
            raise IndexError
        return self._value[start : self._position].decode()

    def skip_tags(self) -> None:
        for _ in range(self.varint()):
            self.varint()
            self._position += self.varint()
