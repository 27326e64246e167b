"""Words that take away the meaning of what stands right after them.

A denial is followed by nothing but fillers and then the word, in one clause: "not visibly
damaged", "没有任何破损", "怕丢". The policy names kinds of denial; each sign says which hold.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from services.severity.patterns import Classes, keys_of, quickened, to_regex

_LOOK_BACK: Final = 20
_LOOK_BACK_LATIN: Final = 48
_CLAUSE_ENDS: Final = ",。;!?\n"


class Denials:
    """All kinds of denial of a policy, joined as the signs need them."""

    def __init__(
        self, kinds: Mapping[str, tuple[Sequence[str], Sequence[str]]], classes: Classes
    ) -> None:
        self._sources = {
            kind: _before(words, fillers, classes) for kind, (words, fillers) in kinds.items()
        }
        self._compiled: dict[tuple[str, ...], re.Pattern[str]] = {}
        self.beginnings = frozenset(
            key for words, _ in kinds.values() for word in words for key in keys_of(word, classes)
        )
        """A text without any of these denies nothing."""

    def pattern(self, kinds: tuple[str, ...]) -> "re.Pattern[str] | None":
        """Return the expression that finds any of ``kinds`` at the end of what precedes."""
        if not kinds:
            return None
        if kinds not in self._compiled:
            source = "|".join(self._sources[kind] for kind in kinds)
            self._compiled[kinds] = re.compile(rf"(?:{quickened(source)})[ \n]*$", re.ASCII)
        return self._compiled[kinds]


def is_denied(pattern: "re.Pattern[str]", text: str, position: int, begun: Sequence[int]) -> bool:
    """Return whether ``pattern`` ends right before ``position``.

    ``begun`` are all places in ``text`` where the beginning of a denial stands.
    """
    reach = _LOOK_BACK_LATIN if text[position - 1 : position] < "\u2000" else _LOOK_BACK
    first = max(0, position - reach)
    near = [place for place in begun if first <= place < position]
    if not near:
        return False
    denying = [place for place in near if pattern.match(text, place, position)]
    if not denying:
        return False
    clause = max(text.rfind(mark, first, position) for mark in _CLAUSE_ENDS) + 1
    return max(denying) >= clause


def _before(words: Sequence[str], fillers: Sequence[str], classes: Classes) -> str:
    starts = "|".join(to_regex(word, classes) for word in words)
    between = "|".join(to_regex(word, classes) for word in fillers)
    return rf"(?:{starts})(?:[ \n]*(?:{between}))*"
