"""``python -m tests.simulation --seeds 100000``: hunt on all cores for a seed that fails.

Runs the whole path (dedup to sender, hours passing) unless ``--path cases`` asks for contacts and
commands alone, in more partitions and with more of them. Prints how far it is, what occurred in
the runs, how many seeds a minute of processor time is worth, and how to replay one that fails.
``--bugs`` plants every known bug instead, one after the other, and says which seed shows it.
"""

import argparse
import gc
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.checker import violations
from tests.simulation.judge import fingerprint, replay_command, verdict
from tests.simulation.mutants import BY_NAME
from tests.simulation.run import run_seed

MOST_SHOWN = 8
TELL_SECONDS = 30.0
"""How often the hunt says how far it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when a seed failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--start", type=int, default=0, help="the first")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)"
    )
    parser.add_argument(
        "--path", choices=("whole", "cases"), default="whole", help="which workers there are"
    )
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
    is_whole = chosen.path == "whole"
    if chosen.trace:
        for seed in seeds:
            _show(seed, is_whole)
    started = told_at = time.perf_counter()
    failed = 0
    occurred: Counter[str] = Counter()
    with ProcessPoolExecutor(chosen.jobs, initializer=_collect_seldom) as pool:
        verdicts = pool.map(partial(verdict, is_whole=is_whole), seeds, chunksize=8)
        for number, (seed, one) in enumerate(zip(seeds, verdicts, strict=True), 1):
            occurred.update(one.occurred)
            failed += bool(one.problems)
            if one.problems and failed <= MOST_SHOWN:
                print(f"seed {seed} failed; replay: {replay_command(seed, is_whole)}")
                print(*(f"    {problem}" for problem in one.problems[:10]), sep="\n", flush=True)
            if time.perf_counter() - told_at > TELL_SECONDS:
                told_at = time.perf_counter()
                rate = number / (told_at - started) * 60
                print(
                    f"{number:,} of {len(seeds):,} seeds, {failed} failed, {rate:,.0f} a minute",
                    file=sys.stderr,
                    flush=True,
                )
    minutes = (time.perf_counter() - started) / 60
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    each = (spent.ru_utime + spent.ru_stime) / len(seeds)
    print(*(f"    {count:>12,} {what}" for what, count in sorted(occurred.items())), sep="\n")
    print(
        f"{len(seeds):,} seeds, {failed} failed, {len(seeds) / minutes:,.0f} seeds/minute; "
        f"{each * 1000:.1f} ms of processor for each, {60 / each:,.0f} a minute of a core"
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
            found = violations(run_seed(seed, weather=mutant.weather, is_whole=mutant.is_whole))
            if found:
                return name, seed, found[0].partition(":")[0][:60]
    return name, None, ""


def _show(seed: int, is_whole: bool) -> None:
    run = run_seed(seed, trace=True, is_whole=is_whole)
    print(*(run.world.faults.trace or ()), sep="\n")
    print(f"seed {seed}: {run.world.seen.steps}, fingerprint {fingerprint(run)[:16]}")
    print(*(f"    {problem}" for problem in violations(run)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
