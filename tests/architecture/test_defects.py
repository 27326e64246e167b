"""Each defect of a related system that we know of is kept away by a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs/defects.md").read_text(encoding="utf-8")
ROWS = [
    cells
    for line in TABLE.splitlines()
    if line.startswith("| ")
    and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 2
    and cells[0] not in ("defect", "asked for")
]
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
}
SCENARIOS = {
    line
    for path in (ROOT / "tests/scenarios").glob("*.scenario")
    for line in path.read_text(encoding="utf-8").splitlines()
    if line[:1].strip() and not line.startswith("#")
}


def test_the_table_is_read() -> None:
    assert len(ROWS) >= 45


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_defect_is_kept_away_by_tests_that_are_there(row: list[str]) -> None:
    for one in row[1].split("; "):
        assert one.strip("`") in TESTS | SCENARIOS, one
