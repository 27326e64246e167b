"""Seeds in, verdicts out."""

import hashlib

from tests.simulation.checker import differences_from, violations
from tests.simulation.run import Run, run_seed


def judge(seed: int) -> list[str]:
    """Return what is wrong with a seed's run, and with how it differs from fair weather."""
    run = run_seed(seed)
    found = violations(run)
    if run.inputs.is_strict and run.is_quiet:
        fair = run_seed(seed, fair=True)
        found += [f"without faults: {problem}" for problem in violations(fair)]
        if fair.is_quiet:
            found += differences_from(fair, run)
    return found


def replay_command(seed: int) -> str:
    """Return what a person types to see a seed's run again, point by point."""
    return f".venv/bin/python -m tests.simulation --start {seed} --seeds 1 --trace"


def fingerprint(run: Run) -> str:
    """Return a digest of all that happened: equal for two runs of one seed."""
    told = hashlib.sha256()
    for line in run.world.faults.trace or ():
        told.update(line.encode())
    for name in sorted(run.world.topics):
        for record in run.world.broker.committed_records(name):
            told.update(repr(record).encode())
    return told.hexdigest()
