"""``python -m tests.simulation --seeds 1000 --start 0 --jobs 2``: hunt for a seed that fails."""

import argparse
import sys
import time
from collections.abc import Sequence
from multiprocessing import Pool

from tests.simulation.checker import violations
from tests.simulation.judge import fingerprint, judge, replay_command
from tests.simulation.mutants import BY_NAME
from tests.simulation.run import run_seed

MOST_SHOWN = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--start", type=int, default=0, help="the first")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--trace", action="store_true", help="show what happened in each")
    parser.add_argument("--mutant", choices=sorted(BY_NAME), help="break a rule first")
    chosen = parser.parse_args(arguments)
    if chosen.mutant:
        with BY_NAME[chosen.mutant].applied():
            return _hunt(chosen)
    return _hunt(chosen)


def _hunt(chosen: argparse.Namespace) -> int:
    seeds = range(chosen.start, chosen.start + chosen.seeds)
    if chosen.trace:
        for seed in seeds:
            _show(seed)
    started = time.perf_counter()
    failed = 0
    with Pool(chosen.jobs) as pool:
        for seed, found in zip(seeds, pool.imap(judge, seeds, chunksize=4), strict=True):
            failed += bool(found)
            if found and failed <= MOST_SHOWN:
                print(f"seed {seed} failed; replay: {replay_command(seed)}")
                print(*(f"    {problem}" for problem in found[:10]), sep="\n", flush=True)
    minutes = (time.perf_counter() - started) / 60
    print(f"{len(seeds)} seeds, {failed} failed, {len(seeds) / minutes:,.0f} seeds/minute")
    return 1 if failed else 0


def _show(seed: int) -> None:
    run = run_seed(seed, trace=True)
    print(*(run.world.faults.trace or ()), sep="\n")
    print(f"seed {seed}: {run.world.seen.steps}, fingerprint {fingerprint(run)[:16]}")
    print(*(f"    {problem}" for problem in violations(run)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
