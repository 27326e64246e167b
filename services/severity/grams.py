"""Texts as counted n-grams, hashed many texts at a time: what the model reads.

Two blocks, each of length one: runs of 1 to 4 characters of the folded text, and runs of 1 to
3 Latin words or numbers. A gram is a bucket of ``BUCKETS``; which ones the model knows, and
how rare each is, comes from training.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS: Final = 1 << 21
MOST_CHARACTERS: Final = 2000
"""The rest of a longer text is not read by the model: what it is about was said by then."""
_CHARACTER_RUNS: Final = (1, 2, 3, 4)
_WORD_RUNS: Final = (1, 2, 3)
_WORDS: Final = re.compile(r"[a-z']+|[0-9]+")
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_CHARACTERS_SEED: Final = np.uint64(0x1F83D9ABFB41BD6B)
_WORDS_SEED: Final = np.uint64(0x5BE0CD19137E2179)
_SHIFT: Final = np.uint64(32)

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grams:
    """The grams of a batch: which text, which bucket, how often, and where it stands first.

    ``starts`` and ``lengths`` are in characters of the text, or in its words when ``is_words``.
    """

    texts: Ints
    buckets: Ints
    counts: Ints
    starts: Ints
    lengths: Ints
    is_words: bool
    tokens: Sequence[Sequence[str]]
    """What the runs are of: each text's characters or words."""


def character_grams(texts: Sequence[str]) -> Grams:
    """Return the runs of characters of folded ``texts``."""
    short = [text[:MOST_CHARACTERS] for text in texts]
    codes = np.frombuffer("".join(short).encode("utf-32-le", "replace"), dtype=np.uint32)
    sizes = np.fromiter(map(len, short), dtype=np.int64, count=len(short))
    return _grams(codes.astype(np.uint64), sizes, _CHARACTER_RUNS, _CHARACTERS_SEED, short)


def words_of(text: str) -> list[str]:
    """Return the Latin words and numbers of a folded text."""
    return _WORDS.findall(text[:MOST_CHARACTERS])


def word_grams(texts: Sequence[str]) -> Grams:
    """Return the runs of Latin words of folded ``texts``."""
    words = [words_of(text) for text in texts]
    sizes = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    hashes = (crc32(word.encode()) for some in words for word in some)
    codes = np.fromiter(hashes, dtype=np.uint64, count=int(sizes.sum()))
    return _grams(codes, sizes, _WORD_RUNS, _WORDS_SEED, words)


BLOCKS: Final[tuple[Callable[[Sequence[str]], Grams], ...]] = (character_grams, word_grams)


def _grams(
    codes: NDArray[np.uint64],
    sizes: Ints,
    runs: Sequence[int],
    seed: np.uint64,
    tokens: Sequence[Sequence[str]],
) -> Grams:
    """Hash every run of ``codes`` that lies inside one text, and count equal ones per text."""
    is_words = not (tokens and isinstance(tokens[0], str))
    owners = np.repeat(np.arange(len(sizes)), sizes)
    found_texts, found_buckets, found_starts, found_lengths = [], [], [], []
    hashes = np.full(len(codes), seed)
    for run in range(1, max(runs) + 1):
        left = len(codes) - run + 1
        if left <= 0:
            break
        with np.errstate(over="ignore"):
            hashes = (hashes[:left] ^ codes[run - 1 :]) * _MULTIPLIER
            hashes ^= hashes >> _SHIFT
        inside = owners[:left] == owners[run - 1 :]
        if run in runs:
            starts = np.flatnonzero(inside)
            found_texts.append(owners[starts])
            found_buckets.append((hashes[starts] % np.uint64(BUCKETS)).astype(np.int64))
            found_starts.append(starts)
            found_lengths.append(np.full(len(starts), run))
    if not found_texts:
        nothing = np.zeros(0, dtype=np.int64)
        return Grams(nothing, nothing, nothing, nothing, nothing, is_words, tokens)
    texts, buckets = np.concatenate(found_texts), np.concatenate(found_buckets)
    keys, first, counts = np.unique(
        texts * BUCKETS + buckets, return_index=True, return_counts=True
    )
    first_of_text = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    owner = keys // BUCKETS
    return Grams(
        texts=owner,
        buckets=keys % BUCKETS,
        counts=counts.astype(np.int64),
        starts=np.concatenate(found_starts)[first] - first_of_text[owner],
        lengths=np.concatenate(found_lengths)[first],
        is_words=is_words,
        tokens=tokens,
    )
