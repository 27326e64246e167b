"""Finds the policy's signs in a text, in one pass over its characters.

A pattern is looked for only where its first characters stand (three or four Chinese ones, eight
of a Latin word): one automaton finds these beginnings of all 3,000 patterns at once, and what
is left are a dozen tries a text.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick

from services.severity.denial import Denials, is_denied
from services.severity.groups import Found, Group, Signs
from services.severity.patterns import (
    Classes,
    any_of,
    beginnings_of,
    is_latin,
    keys_of,
    quickened,
    to_parts,
)
from services.severity.places import Places, factor_at

_IN_WORD: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_DENIAL: Final = re.compile(
    r"[没不未无]|差点|险些|\b(?:not|no|never|nearly|almost)\b|n't", re.ASCII
)

_POSITION_BITS: Final = 32
_POSITION: Final = (1 << _POSITION_BITS) - 1
"""A place in a batch is one whole number: which text, and where in it."""


class Begins(NamedTuple):
    """What begins with the same few characters."""

    groups: tuple[int, ...]
    is_latin: bool
    """Then it begins no word's middle."""
    marks_place: bool
    denies: bool


class Hit(NamedTuple):
    """Where some pattern of a group stands in a text; hits are tried in their order."""

    is_latin: bool
    position: int
    number: int
    shown: list[tuple[str, "re.Match[str]", "re.Pattern[str] | None"]]
    """Signs that are there, and what would deny each."""


class Begun(NamedTuple):
    """What begins in some texts."""

    tries: Mapping[int, Collection[int]]
    """Of each group, at which places it is to be tried."""
    marked: list[list[int]]
    """For each text, where marks of places begin."""
    denied: list[list[int]]
    """For each text, where denials do."""


@dataclass(frozen=True, slots=True)
class SignWords:
    """What the lexicon needs of a sign."""

    patterns: Sequence[str]
    denials: tuple[str, ...]


class Lexicon:
    """All signs of a policy, ready to be found; ``places`` say where words count for less, and
    where the sign ``unmeant`` is, no other sign is."""

    def __init__(
        self,
        signs: Mapping[str, SignWords],
        classes: Classes,
        denials: Denials,
        places: Places | None = None,
        unmeant: str | None = None,
    ) -> None:
        self._places = places
        self._unmeant = unmeant
        grouped: dict[str, dict[str, list[list[str]]]] = defaultdict(lambda: defaultdict(list))
        begun: dict[str, set[str]] = defaultdict(set)
        for name, sign in signs.items():
            for pattern in sign.patterns:
                parts, longer = to_parts(pattern, classes), beginnings_of(pattern, classes)
                for key in keys_of(pattern, classes):
                    grouped[key][name].append(parts)
                    begun[key].update(_spaced(one) for one in longer if one.startswith(key))
        compiled = cache(lambda source: re.compile(quickened(source), re.ASCII))
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
                by_beginning[beginning].append(len(self._groups))
            self._groups.append(Group(sources, any_of_them, compiled, is_latin=is_latin(key)))
        marks = {_spaced(one) for one in places.beginnings} if places is not None else set()
        denies = set(map(_spaced, denials.beginnings))
        beginnings = sorted({*by_beginning, *marks, *denies})
        self._begins = [
            Begins(tuple(by_beginning.get(one, ())), is_latin(one), one in marks, one in denies)
            for one in beginnings
        ]
        self._automaton = AhoCorasick(beginnings)
        self._says_unmeant = {
            number
            for number, group in enumerate(self._groups)
            if unmeant is not None and group.has(unmeant)
        }

    def find(self, text: str) -> dict[str, Found]:
        """Return the signs that ``text`` shows and does not deny, each at its strongest."""
        return self.find_all([text])[0].found

    def find_all(self, texts: Sequence[str]) -> list[Signs]:
        """Return the same for each of ``texts``, and what of it is not meant.

        Group by group over all of them: the expression of a group is large, and then in the
        processor's cache.
        """
        begun = self._begun(texts)
        hits: list[list[Hit]] = [[] for _ in texts]
        for number, places in begun.tries.items():
            group = self._groups[number]
            match = group.first.match
            for place in places:
                which, position = place >> _POSITION_BITS, place & _POSITION
                first = match(texts[which], position)
                if first is not None:
                    shown = group.shown(first, position)
                    hits[which].append(Hit(group.is_latin, position, number, shown))
        return [
            self._strongest(*each)
            for each in zip(texts, hits, begun.marked, begun.denied, strict=True)
        ]

    def _strongest(
        self, text: str, hits: list[Hit], marked: Sequence[int], denied: Sequence[int]
    ) -> Signs:
        """Return the signs of the groups that hit a text. Of equally strong ones the first counts:
        Chinese before Latin, in the order of the text, longer beginnings first."""
        best: dict[str, Found] = {}
        if not hits:
            return Signs(best, [])
        places = self._places.find(text, marked) if marked and self._places is not None else ()
        unmeant = self._stretches(hits)
        strength = 1.0
        hits.sort()
        for _, position, _, shown in hits:
            if unmeant and any(begin <= position < end for begin, end in unmeant):
                continue
            if places:
                strength = factor_at(places, position)
            for sign, found, denial in shown:
                known = best.get(sign)
                if known is not None and known.strength >= strength:
                    continue
                if denial is not None and (
                    is_denied(denial, text, position, denied) or _is_denied_inside(found)
                ):
                    continue
                best[sign] = Found(strength, found)
        return Signs(best, unmeant)

    def _stretches(self, hits: Sequence[Hit]) -> list[tuple[int, int]]:
        return [
            found.span()
            for hit in hits
            if hit.number in self._says_unmeant
            for sign, found, _ in hit.shown
            if sign == self._unmeant
        ]

    def _begun(self, texts: Sequence[str]) -> Begun:
        """Return what begins in ``texts``, and where."""
        tries: defaultdict[int, set[int]] = defaultdict(set)
        begun = Begun(tries, [], [])
        begins, matches_in = self._begins, self._automaton.find_matches_as_indexes
        for number, text in enumerate(texts):
            first_place = number << _POSITION_BITS
            marked: list[int] = []
            denied: list[int] = []
            for index, start, _ in matches_in(_spaced(text), overlapping=True):
                groups, latin, marks, denies = begins[index]
                if groups and not (latin and start > 0 and text[start - 1] in _IN_WORD):
                    place = first_place + start
                    for group in groups:
                        tries[group].add(place)
                if marks:
                    marked.append(start)
                if denies:
                    denied.append(start)
            begun.marked.append(marked)
            begun.denied.append(denied)
        return begun


def _spaced(text: str) -> str:
    """Read what may stand between Latin words as a space, as the notation does."""
    return text.replace("\n", " ").replace("-", " ")


def _is_denied_inside(found: "re.Match[str]") -> bool:
    """Return whether a gap holds a denial: 东西[没]丢,态度[不]差."""
    return found.re.groups > 0 and any(gap and _DENIAL.search(gap) for gap in found.groups())
