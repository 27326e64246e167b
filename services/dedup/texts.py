"""What a complaint's text says about *which item* and *which defect*, without understanding it.

Pure. Pieces are pairs of Chinese characters and whole Latin words; they are kept as
32-bit hashes, enough to compare and too little to read.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from services.dedup.policy import DedupPolicy
from services.domain.traditional import traditional

MAX_PIECES: Final = 96
MAX_SHINGLES: Final = 64
_HAN: Final = "\u3400"
_RUNS: Final = re.compile(r"[\u3400-\u9fff]+|[a-z][a-z']{2,}|[0-9]{3,}")
_SIMPLIFIED: Final = str.maketrans(traditional())
_SHINGLE: Final = 4
"""Characters of a shingle: long enough to be rare, short enough for the name of a thing."""


def fold(text: str) -> str:
    """Return ``text`` with widths, case, white space and the two Chinese scripts evened out."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", text).lower().translate(_SIMPLIFIED)
    return " ".join(folded.split())


def fingerprint(text: str) -> str:
    """Return what is left of ``text`` without spaces and punctuation: equal for texts that
    were typed, or sent, twice."""
    return "".join(filter(str.isalnum, fold(text)))


def runs_in(folded: str, policy: DedupPolicy) -> list[str]:
    """Return the words of a folded text: stretches of Chinese between the characters that only
    join words, Latin words without their plural's s, and numbers."""
    return [
        run[:-1] if run[-1] == "s" and run[0] < _HAN and len(run) > 4 else run
        for run in _RUNS.findall(folded.translate(policy.joints))
    ]


def pieces(text: str, policy: DedupPolicy) -> tuple[int, ...]:
    """Return the hashes of the telling pieces of ``text``, sorted, at most ``MAX_PIECES``."""
    return pieces_of(runs_in(fold(text), policy), policy)


def pieces_of(runs: Sequence[str], policy: DedupPolicy) -> tuple[int, ...]:
    """Return the same of words already found."""
    found: set[str] = set()
    for run in runs:
        if run[0] >= _HAN:
            found.update(map("".join, pairwise(run)))
        else:
            found.add(run)
    found -= policy.common_pieces
    return tuple(sorted([zlib.crc32(piece.encode()) for piece in found])[:MAX_PIECES])


def shingles_of(runs: Sequence[str], policy: DedupPolicy) -> tuple[int, ...]:
    """Return the hashes of stretches that few other texts have, sorted, at most
    ``MAX_SHINGLES``.

    The smallest hashes are a sample on which two texts agree without knowing of each other.
    """
    found = sorted({zlib.crc32(one.encode()) for one in _shingles(runs, policy)})
    return tuple(found[:MAX_SHINGLES])


def _shingles(runs: Sequence[str], policy: DedupPolicy) -> Iterator[str]:
    common = policy.common_pieces
    words = []
    for run in runs:
        if run[0] < _HAN:
            if run not in common:
                words.append(run)
            continue
        telling = [run[i : i + 2] not in common for i in range(len(run) - 1)]
        for start in range(max(1, len(run) - _SHINGLE + 1)):
            if sum(telling[start : start + _SHINGLE - 1]) >= 2:
                yield run[start : start + _SHINGLE]
    for one, next_one in pairwise(words):
        yield f"{one} {next_one}"


def defects_in(text: str, policy: DedupPolicy) -> frozenset[str]:
    """Return the kinds of defect that ``text`` names and does not deny."""
    return defects_of(fold(text), policy)


def defects_of(folded: str, policy: DedupPolicy) -> frozenset[str]:
    """Return the same of a folded text."""
    return frozenset(
        kind
        for kind, words in policy.defect_words.items()
        if _is_named(words, folded, policy.denials)
    )


def _is_named(words: re.Pattern[str], folded: str, denials: tuple[str, ...]) -> bool:
    found = words.search(folded)
    while found is not None:
        if not folded.endswith(denials, 0, found.start()):
            return True
        found = words.search(folded, found.end())
    return False
