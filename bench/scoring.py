"""How many texts one core scores in a second: rules and model as the worker uses them.

./complaints bench --scoring                 (or: python -m bench.scoring)
"""

import gc
import sys
from time import process_time
from typing import Final

from services.severity.loading import load_judge
from services.severity.logic import Contact, Judge
from services.severity.policy import load_policy
from services.severity.training import corpus

BATCH: Final = 500
ROUNDS: Final = 5


def main() -> int:
    """Print the speed with and without the model, in texts per second of processor time."""
    begun = process_time()
    judge = load_judge()
    loading = process_time() - begun
    contacts = [example.line.contact() for example in corpus.read_held_out()]
    characters = sum(len(one.text) for one in contacts) / len(contacts)
    print(f"{len(contacts)} held-out texts of {characters:.0f} characters, batches of {BATCH}")
    print(f"loading           {loading:8.2f} s")
    print(f"rules and model   {_speed(judge, contacts):8.0f} texts/s on one core")
    print(f"rules alone       {_speed(Judge(load_policy()), contacts):8.0f} texts/s on one core")
    return 0


def _speed(judge: Judge, contacts: list[Contact]) -> float:
    """Return the best of some rounds: other programs only make it slower."""
    gc.collect()
    gc.freeze()  # As the workers do once they are built, and collect as seldom as they do.
    gc.set_threshold(50_000, 20, 50)
    best = float("inf")
    for _ in range(ROUNDS):
        begun = process_time()
        for start in range(0, len(contacts), BATCH):
            judge.judge_all(contacts[start : start + BATCH])
        best = min(best, process_time() - begun)
    return len(contacts) / best


if __name__ == "__main__":
    sys.exit(main())
