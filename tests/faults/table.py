"""The list of faults as a run showed it: what was injected, what it cost, what became of it."""

from collections.abc import Mapping, Sequence
from typing import Final

from tests.faults.findings import Found, spread
from tests.faults.rows import ROWS

SHOWN: Final = "yes"
NOTHING: Final = "-"
"""Where nothing was injected, or no test counted: that is not the same as none."""


def table(outcomes: Mapping[str, str], found: Sequence[Found]) -> list[str]:
    """Return a line per row: what its tests injected and counted, and what became of them and
    of its mutants, in a run whose ``outcomes`` are by node id
    (``tests/faults/test_x.py::test_y[z]``)."""
    by_name = _by_name(outcomes)
    lines = [
        "row | fault | faults | contacts | lost | doubled | recovery s | survived | mutants caught"
    ]
    for row in ROWS:
        own = [one for one in found if _name(one.test) in row.tests]
        counted = [one for one in own if one.is_counted]
        sums = [
            sum(one.contacts for one in counted),
            sum(one.lost for one in counted),
            sum(one.doubled for one in counted),
        ]
        numbers = (
            sum(one.faults for one in own) or NOTHING,
            *(sums if counted else [NOTHING] * len(sums)),
            spread([time for one in own for time in one.recoveries]),
        )
        verdicts = (_verdict(row.tests, by_name), _verdict(row.mutants, by_name))
        lines.append(" | ".join(map(str, (row.number, row.fault, *numbers, *verdicts))))
    return lines


def is_complete(outcomes: Mapping[str, str]) -> bool:
    """Say whether every test and every mutant of every row ran and passed."""
    by_name = _by_name(outcomes)
    return all(_verdict(names, by_name) == SHOWN for row in ROWS for names in row[2:4])


def _by_name(outcomes: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node, outcome in outcomes.items():
        found.setdefault(_name(node), set()).add(outcome)
    return found


def _name(node: str) -> str:
    return node.partition("[")[0].removeprefix("tests/").replace(".py::", "::")


def _verdict(names: tuple[str, ...], found: Mapping[str, set[str]]) -> str:
    ran = set[str]().union(*(found.get(name, set()) for name in names))
    if not ran:
        return "not in this run"
    if "failed" in ran:
        return "NO"
    if "skipped" in ran:
        return "skipped"
    return SHOWN if all(name in found for name in names) else "in part"
