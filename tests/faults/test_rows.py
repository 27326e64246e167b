"""The table of faults names tests that there are, and for each fault a defect it must find."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.faults.rows import ROWS, Row, table

TESTS = Path(__file__).resolve().parents[1]


@cache
def functions(module: str) -> frozenset[str]:
    tree = ast.parse((TESTS / f"{module}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}")
def test_each_row_names_tests_and_mutants_that_there_are(row: Row) -> None:
    assert row.tests
    assert row.mutants
    for name in (*row.tests, *row.mutants):
        module, _, function = name.partition("::")
        assert function in functions(module), name


def test_every_row_of_the_list_stands_there_once() -> None:
    assert [row.number for row in ROWS] == list(range(1, 23))


def test_the_table_says_what_a_run_showed() -> None:
    lines = table(
        {
            "tests/faults/test_zombies.py::test_a_zombie_changes_nothing[a-b]": "passed",
            "tests/faults/test_zombies.py::test_a_zombie_changes_nothing[c-d]": "failed",
            "tests/faults/test_poison.py::"
            "test_poison_dies_the_rest_flows_and_a_mended_replay_takes_effect_once": "passed",
        }
    )
    assert "5 | zombie worker | NO | not in this run" in lines
    assert "12 | poison | yes | not in this run" in lines
