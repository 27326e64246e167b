"""Finds the policy's signs in a text, in one pass over its characters.

A pattern is looked for only where its first characters stand (three or four Chinese ones, eight
of a Latin word): one automaton finds these beginnings of all 3,000 patterns at once, and what
is left are a dozen tries a text.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick

from services.severity.denial import Denials, is_denied
from services.severity.patterns import Classes, any_of, beginnings_of, is_latin, keys_of, to_parts
from services.severity.places import Places, factor_at

_IN_WORD: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_DENIAL: Final = re.compile(r"[没不未无]|\b(?:not|no|never)\b|n't", re.ASCII)
_MAX_SHOWN: Final = 24

_NUMBER_BITS: Final = 20
_NUMBER: Final = (1 << _NUMBER_BITS) - 1
_LATIN: Final = 1 << 60
_POSITION: Final = _LATIN - 1
"""A candidate is one whole number: whether it is Latin, where it stands, which group."""


class Found(NamedTuple):
    """A sign in a text: how much it counts there, and the words that show it."""

    strength: float
    match: "re.Match[str]"

    @property
    def word(self) -> str:
        """The words that show it; made only where they are shown."""
        return _shown(self.match)


@dataclass(frozen=True, slots=True)
class Entry:
    """All patterns of one sign that begin with the same two (Latin: four) characters."""

    sign: str
    match: "re.Pattern[str]"
    denial: "re.Pattern[str] | None"


Compile = Callable[[str], "re.Pattern[str]"]


class Group:
    """All patterns that begin with the same characters, of whatever sign.

    They are compiled when a text first has these characters: a worker starts a second sooner,
    and most it never meets.
    """

    def __init__(
        self,
        sources: Sequence[tuple[str, str, "re.Pattern[str] | None"]],
        any_of_them: str,
        compiled: Compile,
    ) -> None:
        self._sources = sources
        self._any_of_them = any_of_them
        self._compiled = compiled

    @cached_property
    def first(self) -> "re.Pattern[str]":
        """Says whether any of them is there: mostly there is none, and one look says so."""
        return self._compiled(self._any_of_them)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """One for each sign."""
        return tuple(
            Entry(sign, self._compiled(source), denial) for sign, source, denial in self._sources
        )


class Begins(NamedTuple):
    """What begins with the same few characters."""

    groups: tuple[int, ...]
    is_latin: bool
    """Then it begins no word's middle."""
    marks_place: bool
    denies: bool


@dataclass(frozen=True, slots=True)
class SignWords:
    """What the lexicon needs of a sign."""

    patterns: Sequence[str]
    denials: tuple[str, ...]


class Lexicon:
    """All signs of a policy, ready to be found; ``places`` say where words count for less."""

    def __init__(
        self,
        signs: Mapping[str, SignWords],
        classes: Classes,
        denials: Denials,
        places: Places | None = None,
    ) -> None:
        self._places = places
        grouped: dict[str, dict[str, list[list[str]]]] = defaultdict(lambda: defaultdict(list))
        begun: dict[str, set[str]] = defaultdict(set)
        for name, sign in signs.items():
            for pattern in sign.patterns:
                parts, longer = to_parts(pattern, classes), beginnings_of(pattern, classes)
                for key in keys_of(pattern, classes):
                    grouped[key][name].append(parts)
                    begun[key].update(_spaced(one) for one in longer if one.startswith(key))
        compiled = cache(lambda source: re.compile(source, re.ASCII))
        self._groups: list[Group] = []
        by_beginning: dict[str, list[int]] = defaultdict(list)
        # Where several groups begin alike, the one with the longer key comes first.
        for key in sorted(grouped, key=lambda key: -len(key)):
            sources = [
                # Longest first: the word shown as the reason is then the most telling.
                (
                    name,
                    any_of(sorted(several, key=lambda parts: -sum(map(len, parts)))),
                    denials.pattern(signs[name].denials),
                )
                for name, several in grouped[key].items()
            ]
            any_of_them = any_of(parts for some in grouped[key].values() for parts in some)
            for beginning in begun[key]:
                number = len(self._groups) + (_LATIN if is_latin(key) else 0)
                by_beginning[beginning].append(number)
            self._groups.append(Group(sources, any_of_them, compiled))
        marks = {_spaced(one) for one in places.beginnings} if places is not None else set()
        denies = set(map(_spaced, denials.beginnings))
        beginnings = sorted({*by_beginning, *marks, *denies})
        self._begins = [
            Begins(tuple(by_beginning.get(one, ())), is_latin(one), one in marks, one in denies)
            for one in beginnings
        ]
        self._automaton = AhoCorasick(beginnings)

    def find(self, text: str) -> dict[str, Found]:
        """Return the signs that ``text`` shows and does not deny, each at its strongest."""
        best: dict[str, Found] = {}
        candidates, marked, denied = self._candidates(text)
        places = self._places.find(text, marked) if marked and self._places is not None else ()
        groups, strength = self._groups, 1.0
        for candidate in candidates:
            position = (candidate & _POSITION) >> _NUMBER_BITS
            group = groups[candidate & _NUMBER]
            first = group.first.match(text, position)
            if first is None:
                continue
            if places:
                strength = factor_at(places, position)
            for entry in group.entries:
                known = best.get(entry.sign)
                if known is not None and known.strength >= strength:
                    continue
                is_only = entry.match is group.first
                found = first if is_only else entry.match.match(text, position)
                if found is None:
                    continue
                if entry.denial is not None and (
                    is_denied(entry.denial, text, position, denied) or _is_denied_inside(found)
                ):
                    continue
                best[entry.sign] = Found(strength, found)
        return best

    def _candidates(self, text: str) -> tuple[list[int], list[int], list[int]]:
        """Return which groups are to be tried where, in order; where marks of places begin; and
        where denials do."""
        found: set[int] = set()
        marked, denied = [], []
        begins = self._begins
        begun = self._automaton.find_matches_as_indexes(_spaced(text), overlapping=True)
        for index, start, _ in begun:
            numbers, latin, marks, denies = begins[index]
            if numbers and not (latin and start > 0 and text[start - 1] in _IN_WORD):
                place = start << _NUMBER_BITS
                for number in numbers:
                    found.add(number + place)
            if marks:
                marked.append(start)
            if denies:
                denied.append(start)
        return sorted(found), marked, denied


def _spaced(text: str) -> str:
    """Read what may stand between Latin words as a space, as the notation does."""
    return text.replace("\n", " ").replace("-", " ")


def _is_denied_inside(found: "re.Match[str]") -> bool:
    """Return whether a gap holds a denial: 东西[没]丢,态度[不]差."""
    return found.re.groups > 0 and any(gap and _DENIAL.search(gap) for gap in found.groups())


def _shown(found: "re.Match[str]") -> str:
    """Return the words of a match without what stood in its gaps, which may name people."""
    text, start = found[0], found.start()
    for number in range(found.re.groups, 0, -1):
        first, last = found.span(number)
        if first >= 0 and last > first:
            text = f"{text[: first - start]}~{text[last - start :]}"
    return " ".join(text.split())[:_MAX_SHOWN]
