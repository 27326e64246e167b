"""The patterns of signs that begin with the same characters, and what they find."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

_MAX_SHOWN: Final = 24


class Found(NamedTuple):
    """A sign in a text: how much it counts there, and the words that show it."""

    strength: float
    match: "re.Match[str]"

    @property
    def word(self) -> str:
        """The words that show it; made only where they are shown."""
        return _shown(self.match)


class Signs(NamedTuple):
    """What a text says."""

    found: dict[str, Found]
    unmeant: list[tuple[int, int]]
    """Stretches that are said, but not meant: no sign begins in them."""


class Entry(NamedTuple):
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
        *,
        is_latin: bool,
    ) -> None:
        self.is_latin = is_latin
        self._sources = sources
        self._any_of_them = any_of_them
        self._compiled = compiled

    def has(self, sign: str) -> bool:
        """Return whether some of the patterns are those of ``sign``."""
        return any(name == sign for name, _, _ in self._sources)

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

    def shown(
        self, first: "re.Match[str]", position: int
    ) -> list[tuple[str, "re.Match[str]", "re.Pattern[str] | None"]]:
        """Return the signs that stand where ``first`` was found, and what would deny each."""
        signs = []
        for sign, pattern, denial in self.entries:
            # Where there is one entry, it is the group's own expression.
            found = first if pattern is first.re else pattern.match(first.string, position)
            if found is not None:
                signs.append((sign, found, denial))
        return signs


def _shown(found: "re.Match[str]") -> str:
    """Return the words of a match without what stood in its gaps, which may name people."""
    text, start = found[0], found.start()
    for number in range(found.re.groups, 0, -1):
        first, last = found.span(number)
        if first >= 0 and last > first:
            text = f"{text[: first - start]}~{text[last - start :]}"
    return " ".join(text.split())[:_MAX_SHOWN]
