"""What a session showed, kept in a file (``--shown-to FILE``), and several of them in one table:
``python -m tests.faults.shown FILE...``.

The faults run side by side on engines of their own; the list is judged over all of them.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from pydantic import BaseModel, ConfigDict

from tests.faults.findings import Found, found, lines_of
from tests.faults.table import is_complete, table

_WORSE: Final = ("passed", "skipped", "failed")


class Shown(BaseModel):
    """The outcome of each test (``passed``, ``skipped``, ``failed``) and what tests counted."""

    model_config = ConfigDict(extra="forbid")

    outcomes: dict[str, str] = {}
    found: list[Found] = []

    def add(self, node: str, outcome: str) -> None:
        """Take in one phase of a test; the worst of them counts."""
        known = self.outcomes.get(node, "passed")
        self.outcomes[node] = max(known, outcome, key=_WORSE.index)


class Keeper:
    """Notes what the tests of a session came to, and writes it when it ends."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._shown = Shown()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._shown.add(report.nodeid, report.outcome)

    def pytest_sessionfinish(self) -> None:
        if self._file is not None:
            whole = Shown(outcomes=self._shown.outcomes, found=found)
            self._file.write_text(whole.model_dump_json(), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if found:
            terminalreporter.section("faults")
            for line in (*lines_of(found), "", *table(self._shown.outcomes, found)):
                terminalreporter.line(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of several sessions; return 1 unless it shows every fault survived and
    every planted defect caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.shown", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    every = Shown()
    for file in parser.parse_args(arguments).files:
        if not file.exists():
            print(f"{file.name}: its session did not end")
            continue
        one = Shown.model_validate_json(file.read_bytes())
        every.found += one.found
        for node, outcome in one.outcomes.items():
            every.add(node, outcome)
    print(*lines_of(every.found), "", *table(every.outcomes, every.found), sep="\n")
    return 0 if is_complete(every.outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
