"""``python -m tests.simulation --seeds 1000 --start 0 --jobs 2``: hunt for a seed that fails.

``--bugs`` plants every known bug instead, one after the other, and says which seed shows it.
"""

import argparse
import gc
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

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
    parser.add_argument(
        "--bugs", action="store_true", help="plant each bug; look through --seeds seeds for each"
    )
    chosen = parser.parse_args(arguments)
    if chosen.bugs:
        return _plant(range(chosen.start, chosen.start + chosen.seeds), chosen.jobs)
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
    with ProcessPoolExecutor(chosen.jobs, initializer=_collect_seldom) as pool:
        for seed, found in zip(seeds, pool.map(judge, seeds, chunksize=4), strict=True):
            failed += bool(found)
            if found and failed <= MOST_SHOWN:
                print(f"seed {seed} failed; replay: {replay_command(seed)}")
                print(*(f"    {problem}" for problem in found[:10]), sep="\n", flush=True)
    minutes = (time.perf_counter() - started) / 60
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    each = (spent.ru_utime + spent.ru_stime) / len(seeds) * 1000
    print(
        f"{len(seeds)} seeds, {failed} failed, {len(seeds) / minutes:,.0f} seeds/minute, "
        f"{each:.0f} ms of processor for each"
    )
    return 1 if failed else 0


def _collect_seldom() -> None:
    """Look for cycles seldom: a run leaves few, and looking took a fifth of its time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _plant(seeds: range, jobs: int) -> int:
    """Print where each planted bug is found; return 1 when one is not."""
    print("bug | decision | found at seed | seeds looked at | it breaks")
    missed = 0
    with ProcessPoolExecutor(jobs, initializer=_collect_seldom) as pool:
        tasks = [(name, seeds) for name in BY_NAME]
        for name, seed, problem in pool.map(_found_at, tasks):
            missed += seed is None
            place = "NOT FOUND" if seed is None else str(seed)
            looked = len(seeds) if seed is None else seed - seeds.start + 1
            print(f"{name} | {BY_NAME[name].adr} | {place} | {looked} | {problem}", flush=True)
    print(f"{len(BY_NAME) - missed} of {len(BY_NAME)} planted bugs found")
    return 1 if missed else 0


def _found_at(task: tuple[str, range]) -> tuple[str, int | None, str]:
    """Return a mutant's name, the first of the seeds that shows it, and how."""
    name, seeds = task
    mutant = BY_NAME[name]
    with mutant.applied():
        for seed in seeds:
            found = violations(run_seed(seed, weather=mutant.weather))
            if found:
                return name, seed, found[0].partition(":")[0][:60]
    return name, None, ""


def _show(seed: int) -> None:
    run = run_seed(seed, trace=True)
    print(*(run.world.faults.trace or ()), sep="\n")
    print(f"seed {seed}: {run.world.seen.steps}, fingerprint {fingerprint(run)[:16]}")
    print(*(f"    {problem}" for problem in violations(run)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
