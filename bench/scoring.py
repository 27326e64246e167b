"""How many texts a second are scored: rules and model as the worker uses them, in its batches."""

from pathlib import Path
from typing import Final

from bench.timing import Round, timed
from services.severity.loading import load_judge
from services.severity.training import corpus

BATCH: Final = 500
HELD_OUT: Final = Path(__file__).parents[1] / "services" / "severity" / "training" / "corpus"
"""The texts of the code that measures, whichever code is measured."""


def prepare() -> Round:
    """Return a round over all held-out texts."""
    judge = load_judge()
    contacts = [example.line.contact() for example in corpus.read_held_out(HELD_OUT)]

    def score() -> None:
        for start in range(0, len(contacts), BATCH):
            judge.judge_all(contacts[start : start + BATCH])

    return lambda: timed(score, len(contacts))
