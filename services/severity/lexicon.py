"""Finds the policy's signs in a text, in one pass over its characters.

A pattern is looked for only where its first characters stand (two Chinese characters, or
four of a Latin word): some 3,000 patterns then cost a few dozen tries a text.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from services.severity.denial import Denials, is_denied
from services.severity.patterns import KEY_LENGTHS, Classes, is_latin, keys_of, to_regex
from services.severity.places import Place, factor_at

_WORDS: Final = re.compile(r"[a-z0-9]+")
_DENIAL: Final = re.compile(r"[没不未无]|\b(?:not|no|never)\b|n't", re.ASCII)
_MAX_SHOWN: Final = 24
_LATIN_LENGTHS: Final = range(KEY_LENGTHS[True], 0, -1)


@dataclass(frozen=True, slots=True)
class Found:
    """A sign in a text: how much it counts there, and the words that show it."""

    strength: float
    match: "re.Match[str]"

    @property
    def word(self) -> str:
        """The words that show it; made only where they are shown."""
        return _shown(self.match)


@dataclass(frozen=True, slots=True)
class Entry:
    """All patterns of one sign that begin with the same characters."""

    sign: str
    match: "re.Pattern[str]"
    denial: "re.Pattern[str] | None"


_WORTH_ONE: Final = 3
Compile = Callable[[str], "re.Pattern[str]"]


class Group:
    """All patterns that begin with the same characters, of whatever sign.

    They are compiled when a text first has these characters: a worker starts a second sooner,
    and most it never meets.
    """

    def __init__(
        self, sources: Sequence[tuple[str, str, "re.Pattern[str] | None"]], compiled: Compile
    ) -> None:
        self._sources = sources
        self._compiled = compiled

    @cached_property
    def first(self) -> "re.Pattern[str] | None":
        """Finds any of them, where there are several signs: mostly there is none, and one look
        says so."""
        if len(self._sources) < _WORTH_ONE:
            return None
        return re.compile("|".join(source for _, source, _ in self._sources), re.ASCII)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """One for each sign."""
        return tuple(
            Entry(sign, self._compiled(source), denial) for sign, source, denial in self._sources
        )


@dataclass(frozen=True, slots=True)
class SignWords:
    """What the lexicon needs of a sign."""

    patterns: Sequence[str]
    denials: tuple[str, ...]


class Lexicon:
    """All signs of a policy, ready to be found."""

    def __init__(self, signs: Mapping[str, SignWords], classes: Classes, denials: Denials) -> None:
        grouped: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for name, sign in signs.items():
            for pattern in sign.patterns:
                regex = to_regex(pattern, classes)
                for key in keys_of(pattern, classes):
                    grouped[key][name].append(regex)
        self._latin: dict[str, Group] = {}
        self._others: dict[str, Group] = {}
        compiled = cache(lambda source: re.compile(source, re.ASCII))
        for key, by_sign in grouped.items():
            sources = [
                # Longest first: the word shown as the reason is then the most telling.
                (
                    name,
                    "|".join(sorted(regexes, key=len, reverse=True)),
                    denials.pattern(signs[name].denials),
                )
                for name, regexes in by_sign.items()
            ]
            (self._latin if is_latin(key) else self._others)[key] = Group(sources, compiled)
        self._firsts = frozenset(key[0] for key in self._others)

    def find(self, text: str, places: Sequence[Place]) -> dict[str, Found]:
        """Return the signs that ``text`` shows and does not deny, each at its strongest."""
        best: dict[str, Found] = {}
        usual = 1.0
        for position, group in self._candidates(text):
            if group.first is not None and group.first.match(text, position) is None:
                continue
            strength = factor_at(places, position) if places else usual
            for entry in group.entries:
                known = best.get(entry.sign)
                if known is not None and known.strength >= strength:
                    continue
                found = entry.match.match(text, position)
                if found is None:
                    continue
                if entry.denial is not None and (
                    is_denied(entry.denial, text, position) or _is_denied_inside(found)
                ):
                    continue
                best[entry.sign] = Found(strength, found)
        return best

    def _candidates(self, text: str) -> Iterator[tuple[int, "Group"]]:
        others, firsts = self._others, self._firsts
        if not text.isascii():
            for position, character in enumerate(text):
                if character not in firsts:
                    continue
                group = others.get(text[position : position + 2])
                if group is not None:
                    yield position, group
                group = others.get(character)
                if group is not None:
                    yield position, group
        latin = self._latin
        for word in _WORDS.finditer(text):
            start = word.start()
            for length in _LATIN_LENGTHS:
                group = latin.get(text[start : start + length])
                if group is not None:
                    yield start, group


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
