"""What only one of can be true of one item: its order number, owner, measure, brand, receiver.

Pure. A particular is kept as 64 bits: which kind, and a hash of the value, so that two contacts
can be asked whether they name another one without being read. What says something of a person
or a purchase is hashed with a key.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Final
from zlib import crc32

from ahocorasick_rs import AhoCorasick, MatchKind
from pydantic import Field

from schemas.personal import KeyRing
from services.domain.policies import PolicyPart

MAX_PARTICULARS: Final = 24
"""So many are kept of a text; who names more names many items, and says little of each."""
_VALUE_BITS: Final = 48
_LOOKUP: Final = (1 << 32) - 1
_LATIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz")
_NUMERALS: Final = {
    **{numeral: place for place, numeral in enumerate("零一二三四五六七八九")},
    "两": 2,
}
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_DAY: Final = re.compile("([一二三四五六七八九十]{1,3})[号日]")
_RARE: Final = "rare"


class Apart(PolicyPart):
    """A kind of particular, and how it is said in folded text: lower case, simplified Chinese."""

    words: tuple[str, ...] = ()
    """A line is one value by all its names, an underscore for a space in one. Without ``patterns``
    they count wherever they stand."""
    unless: tuple[str, ...] = ()
    """Longer words that have one of these in them and name none."""
    cues: tuple[str, ...] = ()
    """The patterns are tried only on a text with one of these, which stand alone if they are
    Latin; without, on each with one of the words or units."""
    parts: dict[str, str] = Field(default_factory=dict)
    """Pieces of patterns, put in for their name in braces, in this order; ``{words}`` are the
    words, ``{units}`` the units and ``{goods}`` the words of ``goods`` in Latin letters."""
    patterns: tuple[str, ...] = ()
    """Regular expressions. Each named group is a kind of its own: a day compares with a day."""
    units: dict[str, float] = Field(default_factory=dict)
    """What one of each unit is in the first of them, for the groups ``number`` and ``unit``."""
    personal: bool = False
    """Hashed with a key."""
    rare_from: Annotated[int, Field(ge=1)] | None = None
    """A value of so many characters is rare: strangers who name the same are found by it."""

    def names(self) -> dict[str, str]:
        """Return what each word is a name of."""
        lines = (line.lower().split() for line in self.words)
        return {name.replace("_", " "): line[0] for line in lines for name in line}

    def hints(self) -> tuple[str, ...]:
        """Return what a text must have for the patterns to be tried on it."""
        return (self.cues or (*self.names(), *self.units)) if self.patterns else ()

    def compiled(self, goods: Iterable[str]) -> tuple[re.Pattern[str], ...]:
        """Return the patterns; ``goods`` are names of goods in Latin letters.

        Raises:
            ValueError: one is no regular expression, or names no group.
        """
        names: dict[str, Iterable[str]] = {
            "words": self.names(),
            "units": self.units,
            "goods": goods,
        }
        parts = self.parts | {name: _any_of(words) for name, words in names.items()}
        compiled = []
        for pattern in self.patterns:
            whole = pattern
            for name, part in parts.items():
                whole = whole.replace(f"{{{name}}}", part)
            try:
                found = re.compile(whole)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
            if not found.groupindex:
                raise ValueError(f"{pattern!r} names no group")
            compiled.append(found)
        return tuple(compiled)


def _any_of(words: Iterable[str]) -> str:
    """Return what matches the longest of the words."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, longest_first))})"


class ParticularFinder:
    """Finds the particulars that a text names.

    Raises:
        ValueError: a pattern is wrong, or two kinds have one code.
    """

    def __init__(self, kinds: Mapping[str, Apart], goods: Iterable[str] = ()) -> None:
        self._kinds = kinds
        self._names = {kind: one.names() for kind, one in kinds.items()}
        self._patterns = {kind: one.compiled(goods) for kind, one in kinds.items()}
        words: dict[str, list[tuple[str, str | None]]] = {}
        cues: dict[str, list[str]] = {}
        for kind, one in kinds.items():
            if not one.patterns:
                for word, name in self._names[kind].items():
                    words.setdefault(word, []).append((kind, name))
            for word in one.unless:
                words.setdefault(word.lower().replace("_", " "), [])
            for cue in one.hints():
                cues.setdefault(cue.lower(), []).append(kind)
        self._words = list(words.items())
        self._cues = list(cues.items())
        self._find_words = AhoCorasick(list(words), matchkind=MatchKind.LeftmostLongest)
        self._find_cues = AhoCorasick(list(cues))
        self._codes = self._coded()
        self._rare = frozenset(code for name, code in self._codes.items() if _is_rare(name))

    def _coded(self) -> dict[str, int]:
        """Return the code of each kind and group; a kind's stays when others come or go."""
        groups = [
            f"{kind}.{group}"
            for kind, patterns in self._patterns.items()
            for pattern in patterns
            for group in (*pattern.groupindex, _RARE)
        ]
        names = {*self._kinds, *groups}
        codes = {name: crc32(name.encode()) >> 16 for name in sorted(names)}
        if len(set(codes.values())) < len(codes):
            raise ValueError("two kinds have one code: give one another name")
        return codes

    def codes(self, kinds: Iterable[str]) -> frozenset[int]:
        """Return the codes of kinds, ``kind`` or ``kind.group``.

        Raises:
            ValueError: one is none.
        """
        wanted = tuple(kinds)
        if unknown := [one for one in wanted if one not in self._codes]:
            raise ValueError(f"{unknown[0]} is no kind of apart, or none of its groups")
        return frozenset(self._codes[one] for one in wanted)

    def lookups(self, particulars: Iterable[int]) -> tuple[int, ...]:
        """Return the 32 bits by which strangers find who names a rare one of ``particulars``."""
        rare = [one for one in particulars if one >> _VALUE_BITS in self._rare]
        return tuple([one & _LOOKUP for one in rare])

    def found(
        self, folded: str, keys: KeyRing, tenant: str, waybills: Iterable[str] = ()
    ) -> tuple[int, ...]:
        """Return the particulars of a folded text, sorted, at most MAX_PARTICULARS. A value that
        is one of the ``waybills`` is no particular."""
        said = self._said(folded)
        if not said:
            return ()
        known = {one.lower() for one in waybills}
        hashed = [
            self._codes[kind] << _VALUE_BITS | self._hash(kind, value, keys, tenant)
            for kind, value in said
            if value not in known
        ]
        return tuple(sorted(hashed)[:MAX_PARTICULARS])

    def _said(self, folded: str) -> set[tuple[str, str]]:
        """Return the kinds and values that the text names."""
        said: set[tuple[str, str]] = set()
        for word, start, end in self._find_words.find_matches_as_indexes(folded):
            name, meant = self._words[word]
            if meant and (not name.isascii() or _stands_alone(folded, start, end, _LATIN)):
                said.update([(kind, value) for kind, value in meant if value])
        for kind in self._hinted(folded):
            for pattern in self._patterns[kind]:
                for match in pattern.finditer(folded):
                    said.update(self._of_match(kind, match))
        return said

    def _hinted(self, folded: str) -> set[str]:
        hinted: set[str] = set()
        for cue, start, end in self._find_cues.find_matches_as_indexes(folded, overlapping=True):
            name, kinds = self._cues[cue]
            if not name.isascii() or _stands_alone(folded, start, end, _LETTERS):
                hinted.update(kinds)
        return hinted

    def _of_match(self, kind: str, match: re.Match[str]) -> Iterable[tuple[str, str]]:
        one, names = self._kinds[kind], self._names[kind]
        said = {group: value for group, value in match.groupdict().items() if value}
        if one.units and (number := said.pop("number", None)) is not None:
            amount = _amount(number) * one.units.get(said.pop("unit", ""), 1.0)
            yield f"{kind}.number", f"{amount:g}"
        for group, value in said.items():
            plain = names.get(value) or "".join(filter(str.isalnum, value))
            if (day := _DAY.fullmatch(plain)) is not None:
                plain = f"{_amount(day[1]):g}"
            if plain.isdigit() and not one.rare_from:
                plain = plain.lstrip("0")
            yield f"{kind}.{group}", plain
            if one.rare_from is not None and len(plain) >= one.rare_from:
                yield f"{kind}.{_RARE}", plain

    def _hash(self, kind: str, value: str, keys: KeyRing, tenant: str) -> int:
        one = self._kinds[kind.partition(".")[0]]
        if not one.personal:
            return crc32(value.encode()) << 16 | crc32(f"{kind}={value}".encode()) >> 16
        # Under the oldest key, as the marks of waybills: both sides of a rotation compare.
        key = hashlib.sha256(keys.keys[keys.oldest]).digest()
        said = f"{tenant}\x1f{kind}={value}".encode()
        keyed = hashlib.blake2b(said, key=key, digest_size=6, person=b"particular")
        return int.from_bytes(keyed.digest(), "big")


def _is_rare(kind: str) -> bool:
    return kind.endswith(f".{_RARE}")


def _stands_alone(folded: str, start: int, end: int, others: frozenset[str]) -> bool:
    """Return whether what stands between is a word, its plural's or owner's s aside."""
    if start > 0 and folded[start - 1] in others:
        return False
    if folded[end : end + 1] == "s":
        end += 1
    return folded[end : end + 1] not in others


def _amount(written: str) -> float:
    """Return a number written in digits or in Chinese numerals."""
    if written[0].isdigit():
        return float(written)
    if written == "半":
        return 0.5
    total, digit = 0, 0
    for numeral in written:
        if (ten := _TENS.get(numeral)) is not None:
            total, digit = total + (digit or 1) * ten, 0
        else:
            digit = _NUMERALS.get(numeral, 0)
    return float(total + digit)


Grouped = Mapping[int, frozenset[int]]


def grouped(particulars: Iterable[int]) -> Grouped:
    """Return particulars by the code of their kind."""
    groups: dict[int, set[int]] = {}
    for one in particulars:
        groups.setdefault(one >> _VALUE_BITS, set()).add(one)
    return {code: frozenset(values) for code, values in groups.items()}


def contradict(own: Grouped, theirs: Grouped) -> bool:
    """Return whether each names what the other does not, of any one kind.

    >>> contradict({1: frozenset({7})}, {1: frozenset({8})})
    True
    >>> contradict({1: frozenset({7})}, {2: frozenset({8})})
    False
    """
    return any(values.isdisjoint(theirs[code]) for code, values in own.items() if code in theirs)
