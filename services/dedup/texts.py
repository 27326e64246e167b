"""What a complaint's text says about *which item* and *which defect*, without understanding it.

Pure. Pieces are pairs of Chinese characters and whole Latin words; they are kept as
32-bit hashes, enough to compare and too little to read.
"""

import re
import unicodedata
import zlib
from typing import Final

from services.dedup.policy import DedupPolicy

MAX_PIECES: Final = 96
_RUNS: Final = re.compile(r"[\u3400-\u9fff]+|[a-z][a-z']{2,}|[0-9]{3,}")


def fold(text: str) -> str:
    """Return ``text`` with widths, case and white space evened out."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def fingerprint(text: str) -> str:
    """Return what is left of ``text`` without spaces and punctuation: equal for texts that
    were typed, or sent, twice."""
    return "".join(c for c in fold(text) if c.isalnum())


def pieces(text: str, policy: DedupPolicy) -> tuple[int, ...]:
    """Return the hashes of the telling pieces of ``text``, sorted, at most ``MAX_PIECES``."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        if run[0] >= "\u3400":
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        else:
            found.add(run)
    kept = sorted(zlib.crc32(piece.encode()) for piece in found - policy.common_pieces)
    return tuple(kept[:MAX_PIECES])


def shared_share(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, float]:
    """Return how many pieces two texts share, and which part of the shorter one that is."""
    shared = len(set(left) & set(right))
    shorter = min(len(left), len(right))
    return shared, shared / shorter if shorter else 0.0


def defects_in(text: str, policy: DedupPolicy) -> frozenset[str]:
    """Return the kinds of defect that ``text`` names and does not deny."""
    folded = fold(text)
    return frozenset(
        kind
        for kind, words in policy.defect_words.items()
        if any(
            not folded.endswith(policy.denials, 0, found.start())
            for found in words.finditer(folded)
        )
    )
