"""Rules that ordinary tests hold, broken on purpose: ``python -m tests.faults.planted NAME…``
runs those tests with each defect in place, and they must fail.

What a storm in the simulation or a fault on engines must show is planted there
(``tests/simulation/mutants.py``, ``tests/support/broken_rules.py``).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

import pytest

from tests.faults import planted_cases, planted_claims, planted_path, planted_people
from tests.faults.planting import PLANTED, Planted

GROUPS: Final = (planted_path, planted_people, planted_cases, planted_claims)
"""The modules that plant; importing them fills the list."""
BY_NAME: Final = {one.name: one for one in PLANTED}
FOUND, SURVIVED, BROKEN = 0, 1, 2
WORDS: Final = {FOUND: "found", SURVIVED: "survived", BROKEN: "its tests could not be run"}


class Planter:
    """Plants a defect once everything is imported, and notes which tests found it, and what
    broke before or after a test: that is no judgement on the defect."""

    def __init__(self, one: Planted) -> None:
        self.found: list[str] = []
        self.broken: list[str] = []
        self._one = one

    def pytest_collection_finish(self) -> None:
        self._one.plant()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            (self.found if report.when == "call" else self.broken).append(report.nodeid)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests with each defect in place; say of each what came of it. Return 0 when all were
    found, 1 when one survived, 2 when the tests of one could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.planted", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", choices=sorted(BY_NAME))
    worst = FOUND
    for name in parser.parse_args(arguments).names:
        code = _run_apart(BY_NAME[name])
        print(f"{name}: {WORDS[code]}", flush=True)
        worst = max(worst, code)
    return worst


def _run_apart(one: Planted) -> int:
    """Run in a process of its own, which has everything imported and dies with its defect."""
    child = os.fork()
    if child == 0:
        code = BROKEN
        try:
            code = _run(one)
        finally:
            sys.stdout.flush()
            os._exit(code)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return ended if ended in WORDS else BROKEN


def _run(one: Planted) -> int:
    planter = Planter(one)
    quiet = (
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    )
    code = pytest.main([*(f"tests/{test}" for test in one.tests), *quiet], plugins=[planter])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or planter.broken:
        return BROKEN
    return FOUND if planter.found else SURVIVED


if __name__ == "__main__":
    sys.exit(main())
