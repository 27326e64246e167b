"""What a complaint's text says about *which item* and *which defect*, without understanding it.

Pure. Pieces are kept as 32-bit hashes (:mod:`services.dedup.pieces`).
"""

import re
from collections.abc import Sequence, Set
from itertools import pairwise
from operator import add
from typing import Final
from zlib import crc32

from services.dedup.policy import DedupPolicy
from services.dedup.spotting import Places
from services.domain.telling import HAN, fold

MAX_PIECES: Final = 96
MAX_SHINGLES: Final = 64
_SHINGLE: Final = 4
"""Characters of a shingle: long enough to be rare, short enough for the name of a thing."""
_BYTES: Final = 3
"""In UTF-8, of each character of a Chinese word."""


def fingerprint(folded: str) -> str:
    """Return what is left of a folded text without spaces and punctuation: equal for texts that
    were typed, or sent, twice."""
    return "".join(filter(str.isalnum, folded))


def pieces_of(told: Set[str], policy: DedupPolicy) -> tuple[int, ...]:
    """Return the hashes of the telling pieces of a text, at most MAX_PIECES; sorted, so that every
    process stores the same bytes for a text."""
    return tuple(sorted(policy.hashes.hashed(told))[:MAX_PIECES])


def shingles_of(runs: Sequence[str], told: Set[str]) -> tuple[int, ...]:
    """Return the hashes of stretches that few other texts have, sorted, at most MAX_SHINGLES.
    ``told`` are the telling pieces of the words.

    The smallest hashes are a sample on which two texts agree without knowing of each other.
    """
    return tuple(sorted(set(map(crc32, _shingles(runs, told))))[:MAX_SHINGLES])


def _shingles(runs: Sequence[str], told: Set[str]) -> list[bytes]:
    """Return the stretches, encoded."""
    words: list[str] = []
    found: list[bytes] = []
    for run in runs:
        if run[0] < HAN:
            if run in told:
                words.append(run)
            continue
        tells = [pair in told for pair in map(add, run, run[1:])]
        if len(run) < _SHINGLE:
            if sum(tells) >= 2:
                found.append(run.encode())
            continue
        encoded, bytes_in = run.encode(), _SHINGLE * _BYTES
        found += [
            encoded[start * _BYTES : start * _BYTES + bytes_in]
            for start, (a, b, c) in enumerate(zip(tells, tells[1:], tells[2:], strict=False))
            if a + b + c >= 2
        ]
    return found + [f"{one} {next_one}".encode() for one, next_one in pairwise(words)]


def defects_in(text: str, policy: DedupPolicy) -> frozenset[str]:
    """Return the kinds of defect that ``text`` names and does not deny."""
    folded = fold(text)
    return defects_of(folded, policy.spotter.places(folded), policy)


def defects_of(folded: str, places: Places, policy: DedupPolicy) -> frozenset[str]:
    """Return the same of a folded text, which has first words of lists at ``places``."""
    denials, defects = policy.denials, policy.defects
    return frozenset(
        [
            kind
            for kind, first in places.items()
            if kind in defects
            and (
                not folded.endswith(denials, 0, first)
                or _is_named(policy.spotter.patterns[kind], folded, denials)
            )
        ]
    )


def _is_named(words: re.Pattern[str], folded: str, denials: tuple[str, ...]) -> bool:
    found = words.search(folded)
    while found is not None:
        if not folded.endswith(denials, 0, found.start()):
            return True
        found = words.search(folded, found.end())
    return False
