"""Rules that ordinary tests hold, broken on purpose: ``python -m tests.faults.planted NAME``
runs those tests with the defect in place, and they must fail.

What a storm in the simulation or a fault on engines must show is planted there
(``tests/simulation/mutants.py``, ``tests/support/broken_rules.py``).
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

import pytest

from tests.faults import planted_cases, planted_path, planted_people
from tests.faults.planting import PLANTED, Planted

GROUPS: Final = (planted_path, planted_people, planted_cases)
"""The modules that plant; importing them fills the list."""
BY_NAME: Final = {one.name: one for one in PLANTED}
FOUND, SURVIVED, BROKEN = 0, 1, 2


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
    """Run the tests with the defect in place; return 0 when they found it, 1 when it survived,
    2 when they could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.planted", description=__doc__)
    parser.add_argument("name", choices=sorted(BY_NAME))
    one = BY_NAME[parser.parse_args(arguments).name]
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
