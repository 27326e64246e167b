"""How much of two texts is the same, by their runs of four characters."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

RUN: Final = 4
LEAST: Final = 12
"""Letters and digits that a text must have: greetings and cries are anybody's."""
_BETWEEN: Final = re.compile(r"[\W_]+")


def runs_of(text: str) -> frozenset[str]:
    """Return the runs of a text's letters and digits; none of a text that is too short."""
    plain = _BETWEEN.sub("", text.lower())
    if len(plain) < LEAST:
        return frozenset()
    return frozenset(plain[start : start + RUN] for start in range(len(plain) - RUN + 1))


def near(judging: Iterable[str], learned: Iterable[str], least: float) -> Iterator[tuple[str, str]]:
    """Yield each pair of a text that judges and one that is learned from which share at least this
    part of all their runs (Jaccard)."""
    texts = [(text, runs) for text in learned if (runs := runs_of(text))]
    having: dict[str, list[int]] = defaultdict(list)
    for number, (_, runs) in enumerate(texts):
        for run in runs:
            having[run].append(number)
    for text in judging:
        own = runs_of(text)
        shared = Counter(number for run in own for number in having.get(run, ()))
        for number, count in shared.items():
            other, runs = texts[number]
            if count >= least * (len(own) + len(runs) - count):
                yield text, other
