"""Seeds in, verdicts out."""

import hashlib
from collections import Counter
from typing import NamedTuple

from tests.simulation.checker import violations
from tests.simulation.consequences import SLA
from tests.simulation.differences import differences_from
from tests.simulation.run import Run, run_seed, weather_of
from tests.simulation.tally import occurred


class Verdict(NamedTuple):
    """What is wrong with a seed's run, and what occurred in it."""

    problems: list[str]
    occurred: Counter[str]


def verdict(seed: int, is_whole: bool) -> Verdict:
    """Run a seed and judge it, and how it differs from fair weather."""
    return verdict_on(run_seed(seed, weather=weather_of(seed, is_whole), is_whole=is_whole))


def verdict_on(run: Run) -> Verdict:
    """Judge the run of a seed, in the weather that its seed says, and how it differs from fair
    weather (on the whole path sometimes)."""
    seed, is_whole = run.seed, SLA in run.world.reads
    found = violations(run)
    is_compared = seed % 4 == 0 if is_whole else True
    if is_compared and run.inputs.is_strict and run.is_quiet:
        weather = weather_of(seed, is_whole)
        fair = run_seed(seed, fair=True, weather=weather, is_whole=is_whole)
        found += [f"without faults: {problem}" for problem in violations(fair)]
        if fair.is_quiet:
            found += differences_from(fair, run)
    return Verdict(found, occurred(run))


def judge(seed: int, is_whole: bool = False) -> list[str]:
    """Return what is wrong with a seed's run, and with how it differs from fair weather."""
    return verdict(seed, is_whole).problems


def replay_command(seed: int, is_whole: bool = False) -> str:
    """Return what a person types to see a seed's run again, point by point."""
    path = "whole" if is_whole else "cases"
    return f".venv/bin/python -m tests.simulation --start {seed} --seeds 1 --path {path} --trace"


def fingerprint(run: Run) -> str:
    """Return a digest of all that happened: equal for two runs of one seed."""
    told = hashlib.sha256()
    for line in run.world.faults.trace or ():
        told.update(line.encode())
    for name in sorted(run.world.topics):
        for record in run.world.broker.committed_records(name):
            told.update(repr(record).encode())
    return told.hexdigest()
