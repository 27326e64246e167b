"""Where a record key is placed: murmur2 as in Java, kafka-python and librdkafka's
``murmur2_random``, so that a case has one partition whoever produces (ADR 0004)."""

from functools import lru_cache
from typing import Final

_SEED: Final = 0x9747B28C
_MIX: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF


@lru_cache(10_000)
def murmur2(data: bytes) -> int:
    """Return the unsigned 32-bit hash that Kafka's clients place keys by."""
    length = len(data)
    state = _SEED ^ length
    whole = length & ~3
    for at in range(0, whole, 4):
        piece = int.from_bytes(data[at : at + 4], "little") * _MIX & _MASK
        piece = (piece ^ piece >> 24) * _MIX & _MASK
        state = (state * _MIX & _MASK) ^ piece
    if whole < length:
        rest = int.from_bytes(data[whole:], "little")
        state = (state ^ rest) * _MIX & _MASK
    state = (state ^ state >> 13) * _MIX & _MASK
    return state ^ state >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of ``key`` in a topic of so many partitions."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
