"""``python -m tests.simulation --seeds 100000``: hunt on all cores for a seed that fails.

Runs the whole path (dedup to sender, hours passing; in every fourth seed incidents form) unless
``--path cases`` asks for contacts and commands alone, in more partitions and with more of them.
Prints how far it is, what occurred in the runs, how many seeds a minute of processor time is
worth, and how to replay one that fails.
Ctrl-C breaks off: what was judged by then is told. Ends with 1 where a seed failed.
``--bugs`` plants every known bug instead, one after the other, and says which seed shows it.
"""

import argparse
import gc
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tests.simulation.checker import violations
from tests.simulation.judge import Verdict, fingerprint, replay_command, verdict
from tests.simulation.mutants import BY_NAME
from tests.simulation.run import run_seed, weather_of

MOST_SHOWN = 8
TELL_SECONDS = 30.0
"""How often the hunt says how far it is."""
BROKEN_OFF: Final = 130
"""How a hunt ends that Ctrl-C broke off, and no seed of which failed: as shells say it."""


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


@dataclass
class _Hunt:
    """How far a hunt is, and what it met."""

    seeds: range
    is_whole: bool
    judged: int = 0
    failed: list[int] = field(default_factory=list)
    occurred: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.perf_counter)
    told_at: float = field(default_factory=time.perf_counter)

    def take(self, seed: int, one: Verdict) -> None:
        """Count a seed; say at once how to replay one that failed."""
        self.judged += 1
        self.occurred.update(one.occurred)
        if one.problems:
            self.failed.append(seed)
            if len(self.failed) <= MOST_SHOWN:
                print(f"seed {seed} failed; replay: {replay_command(seed, self.is_whole)}")
                print(*(f"    {problem}" for problem in one.problems[:10]), sep="\n", flush=True)
        if time.perf_counter() - self.told_at > TELL_SECONDS:
            self.told_at = time.perf_counter()
            print(self._progress(), file=sys.stderr, flush=True)

    def _progress(self) -> str:
        rate = self.judged / (self.told_at - self.started) * 60
        left = (len(self.seeds) - self.judged) / rate
        return (
            f"{self.judged:,} of {len(self.seeds):,} seeds, {len(self.failed)} failed, "
            f"{rate:,.0f} a minute, {left:,.0f} minutes left"
        )

    def tell(self) -> None:
        """Say what came of it, once its processes have ended."""
        if not self.judged:
            return
        minutes = (time.perf_counter() - self.started) / 60
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        each = (spent.ru_utime + spent.ru_stime) / self.judged
        told = sorted(self.occurred.items())
        print(*(f"    {count:>12,} {what}" for what, count in told), sep="\n")
        if self.failed:
            print(f"failed: {', '.join(map(str, self.failed))}")
        print(
            f"{self.judged:,} seeds, {len(self.failed)} failed, "
            f"{self.judged / minutes:,.0f} seeds/minute; {each * 1000:.1f} ms of processor for "
            f"each, {60 / each:,.0f} a minute of a core"
        )


def _hunt(chosen: argparse.Namespace) -> int:
    seeds = range(chosen.start, chosen.start + chosen.seeds)
    hunt = _Hunt(seeds, chosen.path == "whole")
    if chosen.trace:
        for seed in seeds:
            _show(seed, hunt.is_whole)
    pool = ProcessPoolExecutor(chosen.jobs, initializer=_settle_in)
    is_cut_short = False
    try:
        verdicts = pool.map(partial(verdict, is_whole=hunt.is_whole), seeds, chunksize=8)
        for seed, one in zip(seeds, verdicts, strict=True):
            hunt.take(seed, one)
    except KeyboardInterrupt:
        is_cut_short = True
    finally:
        pool.shutdown(cancel_futures=True)
    hunt.tell()
    if is_cut_short:
        next_seed = seeds.start + hunt.judged
        print(f"broken off; the next seed would have been {next_seed} (--start {next_seed})")
    return 1 if hunt.failed else BROKEN_OFF if is_cut_short else 0


def _settle_in() -> None:
    """Leave Ctrl-C to whoever started this process. Look for cycles seldom: a run leaves few, and
    looking took a fifth of its time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _plant(seeds: range, jobs: int) -> int:
    """Print where each planted bug is found; return 1 when one is not."""
    print("bug | decision | found at seed | seeds looked at | it breaks")
    missed = found = 0
    pool = ProcessPoolExecutor(jobs, initializer=_settle_in)
    try:
        for name, seed, problem in pool.map(_found_at, [(name, seeds) for name in BY_NAME]):
            missed += seed is None
            found += seed is not None
            place = "NOT FOUND" if seed is None else str(seed)
            looked = len(seeds) if seed is None else seed - seeds.start + 1
            print(f"{name} | {BY_NAME[name].adr} | {place} | {looked} | {problem}", flush=True)
    except KeyboardInterrupt:
        print("broken off")
    finally:
        pool.shutdown(cancel_futures=True)
    print(f"{found} of {len(BY_NAME)} planted bugs found")
    return 1 if missed else 0 if found == len(BY_NAME) else BROKEN_OFF


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
    run = run_seed(seed, trace=True, weather=weather_of(seed, is_whole), is_whole=is_whole)
    print(*(run.world.faults.trace or ()), sep="\n")
    print(f"seed {seed}: {run.world.seen.steps}, fingerprint {fingerprint(run)[:16]}")
    print(*(f"    {problem}" for problem in violations(run)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
