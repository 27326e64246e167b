"""Texts as n-grams, hashed many texts at a time: what the model reads.

Two blocks: runs of 1 to 4 characters of the folded text, and runs of 1 to 3 Latin words or
numbers. A gram is its hash of 64 bits; which ones the model knows, and how rare each is, comes
from training.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

MOST_CHARACTERS: Final = 2000
"""The rest of a longer text is not read by the model: what it is about was said by then."""
_CHARACTER_RUNS: Final = 4
_WORD_RUNS: Final = 3
_WORDS: Final = re.compile(r"[a-z']+|[0-9]+")
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_CHARACTERS_SEED: Final = np.uint64(0x1F83D9ABFB41BD6B)
_WORDS_SEED: Final = np.uint64(0x5BE0CD19137E2179)
_SHIFT: Final = np.uint64(32)

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Grams:
    """Every gram of a batch, as often as it stands there: its hash, and where.

    Places count the characters of all texts, or their words when ``is_words``.
    """

    hashes: Hashes
    places: Ints
    """Where each gram begins; shorter ones come first."""
    lengths: Ints
    """How many grams there are of one token, of two tokens …"""
    owners: Ints
    """Of which text each place is."""
    is_words: bool
    tokens: Sequence[Sequence[str]]
    """What the runs are of: each text's characters or words."""

    @property
    def texts(self) -> Ints:
        """Of which text each gram is."""
        return self.owners[self.places]

    def texts_of(self, some: Ints) -> Ints:
        """Return of which text ``some`` of the grams are."""
        return self.owners[self.places[some]]

    def shown(self, gram: int) -> str:
        """Return a gram as it stands in its text."""
        place = int(self.places[gram])
        text = int(self.owners[place])
        start = place - int(self.owners.searchsorted(text))
        length = 1 + int(np.cumsum(self.lengths).searchsorted(gram, side="right"))
        run = self.tokens[text][start : start + length]
        return run if isinstance(run, str) else " ".join(run)


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
    hashes = map(crc32, map(str.encode, chain.from_iterable(words)))
    codes = np.fromiter(hashes, dtype=np.uint64, count=int(sizes.sum()))
    return _grams(codes, sizes, _WORD_RUNS, _WORDS_SEED, words)


BLOCKS: Final[tuple[Callable[[Sequence[str]], Grams], ...]] = (character_grams, word_grams)


def _grams(
    codes: Hashes, sizes: Ints, longest: int, seed: np.uint64, tokens: Sequence[Sequence[str]]
) -> Grams:
    """Hash every run of ``codes`` that lies inside one text."""
    owners = np.repeat(np.arange(len(sizes)), sizes)
    # How many tokens there are from each place to the end of its text.
    left_over = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(codes))
    found, places = [], []
    hashes = np.full(len(codes), seed)
    for run in range(1, min(longest, len(codes)) + 1):
        count = len(codes) - run + 1
        with np.errstate(over="ignore"):
            hashes = (hashes[:count] ^ codes[run - 1 :]) * _MULTIPLIER
            hashes ^= hashes >> _SHIFT
        inside = np.flatnonzero(left_over[:count] >= run)
        places.append(inside)
        found.append(hashes[inside])
    return Grams(
        hashes=np.concatenate(found or [np.zeros(0, dtype=np.uint64)]),
        places=np.concatenate(places or [np.zeros(0, dtype=np.int64)]),
        lengths=np.array([len(some) for some in places], dtype=np.int64),
        owners=owners,
        is_words=seed == _WORDS_SEED,
        tokens=tokens,
    )
