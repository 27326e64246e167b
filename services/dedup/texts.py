"""What a complaint's text says about *which item* and *which defect*, without understanding it.

Pure. Pieces are kept as 32-bit hashes (:mod:`services.dedup.pieces`).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final
from zlib import crc32

from services.dedup.policy import DedupPolicy
from services.domain.telling import HAN, fold, pieces_in, telling

MAX_PIECES: Final = 96
MAX_SHINGLES: Final = 64
_SHINGLE: Final = 4
"""Characters of a shingle: long enough to be rare, short enough for the name of a thing."""


def fingerprint(folded: str) -> str:
    """Return what is left of a folded text without spaces and punctuation: equal for texts that
    were typed, or sent, twice."""
    return "".join(filter(str.isalnum, folded))


def pieces_of(runs: Sequence[str], policy: DedupPolicy) -> tuple[int, ...]:
    """Return the hashes of the telling pieces of a text's words, at most MAX_PIECES; sorted, so
    that every process stores the same bytes for a text."""
    return tuple(sorted(policy.hashes.hashed(pieces_in(runs)))[:MAX_PIECES])


def shingles_of(runs: Sequence[str]) -> tuple[int, ...]:
    """Return the hashes of stretches that few other texts have, sorted, at most MAX_SHINGLES.

    The smallest hashes are a sample on which two texts agree without knowing of each other.
    """
    return tuple(sorted({crc32(one.encode()) for one in _shingles(runs)})[:MAX_SHINGLES])


def _shingles(runs: Sequence[str]) -> Iterator[str]:
    common = telling().common_pieces
    words = []
    for run in runs:
        if run[0] < HAN:
            if run not in common:
                words.append(run)
            continue
        tells = [run[i : i + 2] not in common for i in range(len(run) - 1)]
        for start in range(max(1, len(run) - _SHINGLE + 1)):
            if sum(tells[start : start + _SHINGLE - 1]) >= 2:
                yield run[start : start + _SHINGLE]
    for one, next_one in pairwise(words):
        yield f"{one} {next_one}"


def defects_in(text: str, policy: DedupPolicy) -> frozenset[str]:
    """Return the kinds of defect that ``text`` names and does not deny."""
    folded = fold(text)
    return defects_of(folded, policy.spotter.likely(folded), policy)


def defects_of(folded: str, likely: frozenset[str], policy: DedupPolicy) -> frozenset[str]:
    """Return the same of a folded text, of the lists that are ``likely``."""
    patterns, denials = policy.spotter.patterns, policy.denials
    return frozenset(
        [one for one in likely & policy.defects.keys() if _is_named(patterns[one], folded, denials)]
    )


def _is_named(words: re.Pattern[str], folded: str, denials: tuple[str, ...]) -> bool:
    found = words.search(folded)
    while found is not None:
        if not folded.endswith(denials, 0, found.start()):
            return True
        found = words.search(folded, found.end())
    return False
