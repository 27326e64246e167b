"""Texts of complaints as words that can be compared, without understanding them. Pure.

Pieces are pairs of Chinese characters and whole Latin words and numbers; those that every
complaint has, and so tell nothing, are left out (``telling.yaml``).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from operator import add
from pathlib import Path
from typing import Final

from services.domain.policies import PolicyPart, load_policy_file
from services.domain.traditional import traditional

HAN: Final = "\u3400"
"""Words that begin at or after it are Chinese."""
_LAST_HAN: Final = "\u9fff"
_TRADITIONAL: Final = re.compile(f"[{''.join(sorted(traditional()))}]")
"""Most texts have none of them, and to see that takes a tenth of translating them."""


class Telling(PolicyPart):
    """See ``telling.yaml``."""

    joining_characters: str
    common: tuple[str, ...]

    @cached_property
    def common_pieces(self) -> frozenset[str]:
        """``common``, split into pieces; English words in the singular too."""
        words = {word for line in self.common for word in line.lower().split()}
        return frozenset(words | {word[:-1] for word in words if word[-1] == "s"})

    @cached_property
    def runs(self) -> re.Pattern[str]:
        """Matches stretches of Chinese between joining characters, Latin words and numbers."""
        joints = "".join(sorted(set(self.joining_characters)))
        ends = zip(chr(ord(HAN) - 1) + joints, joints + chr(ord(_LAST_HAN) + 1), strict=True)
        ranges = [
            f"{chr(ord(after) + 1)}-{chr(ord(before) - 1)}"
            for after, before in ends
            if ord(before) - ord(after) > 1
        ]
        return re.compile(rf"[{''.join(ranges)}]+|[a-z][a-z']{{2,}}|[0-9]{{3,}}")


@cache
def telling() -> Telling:
    """Return what tells complaints apart."""
    path = Path(__file__).with_name("telling.yaml")
    return load_policy_file(Telling, "telling pieces", path)


def fold(text: str) -> str:
    """Return ``text`` with widths, case, white space and the two Chinese scripts evened out."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", text).lower()
    return " ".join(_TRADITIONAL.sub(_simplified, folded).split())


def _simplified(found: re.Match[str]) -> str:
    return traditional()[found[0]]


def runs_in(folded: str) -> list[str]:
    """Return the words of a folded text: stretches of Chinese between the characters that only
    join words, Latin words without their plural's s, and numbers."""
    return [singular(run) for run in telling().runs.findall(folded)]


def singular(word: str) -> str:
    """Return a Latin word without its plural's s, any other as it is."""
    return word[:-1] if word[-1] == "s" and len(word) > 4 else word


def pieces_in(runs: Sequence[str]) -> set[str]:
    """Return the telling pieces of the words of a text."""
    found: set[str] = set()
    for run in runs:
        if run[0] >= HAN:
            found.update(map(add, run, run[1:]))
        else:
            found.add(run)
    return found - telling().common_pieces


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return what finds any of the words in folded text; those in Latin letters begin where a
    word begins, which may be right behind a Chinese character.

    The first characters stand in front: most places of a text are passed by with one look.
    """
    folded = [word.lower() for word in words]
    firsts = "".join(sorted({word[0] for word in folded}))
    alike = "|".join(
        rf"(?<![a-z0-9]){re.escape(word)}" if word.isascii() else word for word in folded
    )
    return re.compile(rf"(?=[{re.escape(firsts)}])(?:{alike})")
