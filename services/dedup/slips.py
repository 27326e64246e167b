"""Two waybill numbers that differ by one slip of a finger: a wrong digit, two swapped, one
missing or one too many.

Pure. Numbers are compared by keyed hashes of what is left of them without one character (a
number's *marks*): two numbers one slip apart have one of these in common. They are found by
keyed hashes of their outer parts (*lookups*): one slip leaves one of four combinations whole.
"""

import hashlib
import struct
from enum import StrEnum
from functools import cache, reduce
from itertools import chain
from operator import xor
from typing import Final

from schemas.personal import KeyRing

_RUNNING: Final = 3
"""So many last characters count the parcels of one sender, who gets numbers by the thousand:
two that differ there alone may be two parcels of theirs."""
_PLACES: Final = 64
"""As long as a waybill can be."""


class Likeness(StrEnum):
    """How the waybills of two contacts relate."""

    MISSING = "missing"
    """At least one of the contacts has none."""
    SAME = "same"
    SLIP = "slip"
    """One slip apart."""
    NEIGHBOUR = "neighbour"
    """As long, and different in the last three characters alone: a slip, or another parcel of one
    sender."""
    OTHER = "other"


def marks_of(keys: KeyRing, waybill: str) -> tuple[int, ...]:
    """Return the hash of the whole number, and of the number without each of its characters.

    Tabulation hashing: a hash is the exclusive or of one secret word for each character at its
    place, so that all of them take two walks over the number.
    """
    table = _words(keys.keys[keys.active])
    places = [table[place][ord(char) & 127] for place, char in enumerate(waybill)]
    moved = [table[place - 1][ord(char) & 127] for place, char in enumerate(waybill)]
    whole = reduce(xor, places)
    after = reduce(xor, moved)
    before = 0
    marks = [whole]
    for place, word in enumerate(places):
        after ^= moved[place]
        marks.append(before ^ after)
        before ^= word
    return tuple(marks)


@cache
def _words(key: bytes) -> tuple[tuple[int, ...], ...]:
    """Return the secret words: for each place of a number one per ASCII character."""
    stream = hashlib.shake_256(b"waybill marks" + hashlib.sha256(key).digest())
    words = struct.unpack(f"<{_PLACES * 128}I", stream.digest(_PLACES * 128 * 4))
    return tuple(words[place * 128 : (place + 1) * 128] for place in range(_PLACES))


def likeness(left: tuple[int, ...], right: tuple[int, ...]) -> Likeness:
    """Compare the marks of two numbers (empty: no number)."""
    if not left or not right:
        return Likeness.MISSING
    if left[0] == right[0]:
        return Likeness.SAME
    if len(left) != len(right):
        short, long = sorted((left, right), key=len)
        is_slip = len(long) - len(short) == 1 and short[0] in long[1:]
        return Likeness.SLIP if is_slip else Likeness.OTHER
    pairs = range(1, len(left))
    differs_at = next((i for i in pairs if left[i] == right[i]), None)
    if differs_at is not None:
        is_running = differs_at >= len(left) - _RUNNING
        return Likeness.NEIGHBOUR if is_running else Likeness.SLIP
    swapped_at = next(
        (i for i in pairs[:-1] if left[i] == right[i + 1] and left[i + 1] == right[i]), None
    )
    if swapped_at is None:
        return Likeness.OTHER
    return Likeness.NEIGHBOUR if swapped_at >= len(left) - _RUNNING else Likeness.SLIP


OWN_LOOKUPS: Final = 4


def lookups_of(keys: KeyRing, tenant: str, waybill: str) -> tuple[int, ...]:
    """Return what finds a number and those one slip away from it. By the first OWN_LOOKUPS it is
    found itself; the others are those of numbers one longer and one shorter."""
    parts = dict.fromkeys(chain.from_iterable(_parts(waybill, by) for by in (0, 1, -1)))
    return keys.marks(tenant, parts)


def _parts(waybill: str, longer: int) -> tuple[str, ...]:
    """Leave out the head, the tail and two places between; each overlaps the next by one, so
    that swapped digits lie in one of them. All are long enough to be rare."""
    start = len(waybill) + longer
    return (
        f">{waybill[-8:]}",
        f"{waybill[: start - 9]}>{waybill[-6:]}",
        f"{waybill[: start - 7]}>{waybill[-3:]}",
        f"{waybill[: start - 4]}>",
    )
