"""Two waybill numbers that differ by one slip of a finger: a wrong digit, two swapped, one
missing or one too many.

Pure. Numbers are compared by keyed hashes of what is left of them without one character (a
number's *marks*): two numbers one slip apart have one of these in common. They are found by
keyed hashes of their outer parts (*lookups*): one slip leaves one of four combinations whole.
"""

import hashlib
import re
import sys
from array import array
from enum import StrEnum
from functools import cache
from itertools import accumulate, chain
from operator import mul, xor
from typing import Final

from schemas.personal import KeyRing

_RUNNING: Final = 3
"""So many last digits count the parcels of one sender, who gets numbers by the thousand:
two that differ there alone may be two parcels of theirs."""
_TAIL: Final = 8
"""So many last characters find a number alone."""
_CHECKED: Final = 1
"""A last mark that says: the number's check digit is right."""
_INTERNATIONAL: Final = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}")
_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
"""UPU standard S10: item numbers and their check digit."""
_PLACES: Final = 64
"""As long as a waybill can be."""


class Likeness(StrEnum):
    """How the waybills of two contacts relate."""

    MISSING = "missing"
    """At least one of the contacts has none."""
    SAME = "same"
    SLIP = "slip"
    """One slip apart."""
    MISTYPED = "mistyped"
    """One slip apart, and the check digit of one is wrong."""
    SWAPPED = "swapped"
    """Two of the last three digits change places: rarely another parcel of one sender."""
    NEIGHBOUR = "neighbour"
    """One of the last three digits is another one: as likely another parcel of one sender."""
    OTHER = "other"


def marks_of(keys: KeyRing, waybill: str) -> tuple[int, ...]:
    """Return the hash of the whole number, and of the number without each of its characters;
    and _CHECKED behind them where a check digit says that the number was typed right.

    Tabulation hashing: a hash is the exclusive or of one secret word for each character at its
    place, so that all of them take two walks over the number. Under the oldest key: marks of
    before a rotation of keys must compare with those after it, or they would be two numbers.
    """
    table = _words(keys.keys[keys.oldest])
    codes = waybill.encode()
    places = [row[code] for row, code in zip(table, codes, strict=False)]
    moved = [row[code] for row, code in zip(table, codes[1:], strict=False)]
    # Without a character there is left what stands before it, and what stands after it, moved.
    before = [*accumulate(places, xor, initial=0)]
    after = [*accumulate(reversed(moved), xor, initial=0)]
    marks = [before[-1], *map(xor, before, reversed(after))]
    if is_checked(waybill):
        marks.append(_CHECKED)
    return tuple(marks)


def is_checked(waybill: str) -> bool:
    """Return whether the number has a check digit that is right."""
    found = _INTERNATIONAL.fullmatch(waybill)
    if found is None:
        return False
    left = sum(map(mul, _WEIGHTS, map(int, found[1]))) % 11
    right: int = {0: 5, 1: 0}.get(left, 11 - left)
    return int(found[2]) == right


@cache
def _words(key: bytes, of: str = "marks") -> tuple["array[int]", ...]:
    """Return the secret words: for each place of a number one per ASCII character. Arrays: as
    whole numbers of their own they would fill a processor's cache."""
    stream = hashlib.shake_256(b"waybill " + of.encode() + hashlib.sha256(key).digest())
    words = array("I", stream.digest(_PLACES * 128 * 4))
    if sys.byteorder == "big":
        words.byteswap()
    return tuple(words[place * 128 : (place + 1) * 128] for place in range(_PLACES))


def likeness(left: tuple[int, ...], right: tuple[int, ...]) -> Likeness:
    """Compare the marks of two numbers (empty: no number).

    Two numbers with right check digits are two parcels; of two of which one is wrong, the
    wrong one is mistyped, wherever the slip is.
    """
    if not left or not right:
        return Likeness.MISSING
    if left[0] == right[0]:
        return Likeness.SAME
    checked = (left[-1] == _CHECKED) + (right[-1] == _CHECKED)
    if checked == 2:
        return Likeness.OTHER
    if checked:
        left, right = (one[:-1] if one[-1] == _CHECKED else one for one in (left, right))
    found = _slip(left, right)
    return Likeness.MISTYPED if checked and found is not Likeness.OTHER else found


def _slip(left: tuple[int, ...], right: tuple[int, ...]) -> Likeness:
    if len(left) != len(right):
        short, long = sorted((left, right), key=len)
        is_slip = len(long) - len(short) == 1 and short[0] in long[1:]
        return Likeness.SLIP if is_slip else Likeness.OTHER
    pairs = range(1, len(left))
    running = len(left) - _RUNNING
    differs_at = next((i for i in pairs if left[i] == right[i]), None)
    if differs_at is not None:
        return Likeness.NEIGHBOUR if differs_at >= running else Likeness.SLIP
    swapped_at = next(
        (i for i in pairs[:-1] if left[i] == right[i + 1] and left[i + 1] == right[i]), None
    )
    if swapped_at is None:
        return Likeness.OTHER
    return Likeness.SWAPPED if swapped_at >= running else Likeness.SLIP


OWN_LOOKUPS: Final = 4


def lookups_of(keys: KeyRing, waybill: str) -> tuple[int, ...]:
    """Return what finds a number and those one slip away from it. By the first OWN_LOOKUPS it is
    found itself; the others are those of numbers one longer and one shorter.

    What is left out are the head, the tail and two places between; each overlaps the next by
    one, so that swapped digits lie in one of them. All that is left is long enough to be rare.
    """
    key = keys.keys[keys.oldest]
    codes = waybill.encode()
    front = zip(_words(key), codes, strict=False)
    heads = [*accumulate([row[code] for row, code in front], xor, initial=0)]
    back = zip(_words(key, "tails"), codes[: -_TAIL - 1 : -1], strict=False)
    tails = [*accumulate([row[code] for row, code in back], xor, initial=0)]
    tail, last, few = tails[-1], tails[6], tails[3]
    places = len(codes) - 9, len(codes) - 8, len(codes) - 10
    return tuple(
        dict.fromkeys(
            chain.from_iterable(
                (tail, heads[at] ^ last, heads[at + 2] ^ few, heads[at + 5]) for at in places
            )
        )
    )
