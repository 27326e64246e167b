"""The table of faults names tests that there are, and for each fault a defect it must find."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from services.cli.instance import ROOT
from services.cli.test import FAULTS, FAULTS_ALONE, FAULTS_BEHIND, FAULTS_IDLE
from tests.faults.findings import Found
from tests.faults.rows import ROWS, Row
from tests.faults.shown import Shown, main
from tests.faults.table import is_complete, table

TESTS = ROOT / "tests"
HANGING = "test_a_worker_that_hangs_is_ended_and_another_takes_over"


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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}")
def test_a_row_has_a_mutant_in_the_scene_of_its_tests_or_says_why_not(row: Row) -> None:
    scenes = {name.partition("::")[0] for name in row.tests}
    is_there = any(name.partition("::")[0] in scenes for name in row.mutants)
    assert is_there != bool(row.apart)


@cache
def in_every_run(module: str) -> frozenset[str]:
    """Return the tests of a module that are not only in the long form."""
    tree = ast.parse((TESTS / f"{module}.py").read_text(encoding="utf-8"))
    named = [node for node in tree.body if isinstance(node, ast.Assign)]
    marks = [node.value for node in named if ast.unparse(node.targets[0]) == "pytestmark"]
    if any("long_fault" in ast.unparse(one) for one in marks):
        return frozenset()
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return frozenset(
        node.name
        for node in tests
        if not any(ast.unparse(one) == "pytest.mark.long_fault" for one in node.decorator_list)
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number}")
def test_a_row_is_short_where_a_test_of_it_is_in_every_run(row: Row) -> None:
    there = [
        name
        for name in row.tests
        if name.partition("::")[2] in in_every_run(name.partition("::")[0])
    ]
    assert row.short == bool(there), there


def test_every_row_of_the_list_stands_there_once() -> None:
    assert [row.number for row in ROWS] == list(range(1, 23))


def test_every_row_is_in_the_command_that_runs_them_all() -> None:
    places = {ROOT / place for place in FAULTS_ALONE + FAULTS_IDLE + FAULTS_BEHIND + FAULTS}
    for name in (name for row in ROWS for name in (*row.tests, *row.mutants)):
        module = TESTS / f"{name.partition('::')[0]}.py"
        assert places & {module, *module.parents}, f"{name} is not in test --faults"


def test_every_file_of_faults_is_in_that_command_once() -> None:
    places = Counter(FAULTS_ALONE + FAULTS_IDLE + FAULTS_BEHIND + FAULTS)
    files = {f"tests/faults/{file.name}" for file in (TESTS / "faults").glob("test_*.py")}
    assert {place for place in places if place.startswith("tests/faults")} == files
    assert max(places.values()) == 1


def test_the_table_says_what_a_run_showed() -> None:
    zombie = "tests/faults/test_zombies.py::test_a_zombie_changes_nothing"
    found = [
        Found(test=f"{zombie}[a-b]", faults=2, contacts=70, recoveries=[1.0, 3.0], is_counted=True),
        Found(
            test=f"{zombie}[c-d]", faults=1, contacts=30, lost=1, recoveries=[9.5], is_counted=True
        ),
        Found(test="tests/faults/test_silence.py::" + HANGING, faults=3, recoveries=[4.0]),
    ]
    outcomes = {
        f"{zombie}[a-b]": "passed",
        f"{zombie}[c-d]": "failed",
        "tests/faults/test_poison.py::"
        "test_poison_dies_the_rest_flows_and_a_mended_replay_takes_effect_once": "passed",
        "tests/faults/test_disk.py::"
        "test_a_full_disk_is_an_outage_and_with_room_again_all_goes_on[kafka]": "skipped",
    }
    lines = table(outcomes, found)
    times = "median 3.0, longest 9.5"
    assert f"5 | zombie worker | 3 | 100 | 1 | 0 | {times} | NO | not in this run" in lines
    assert "12 | poison | - | - | - | - | - | in part | not in this run" in lines
    assert "18 | disk full | - | - | - | - | - | skipped | not in this run" in lines
    never = "median 4.0, longest 4.0 | not in this run | not in this run"
    assert f"21 | handler hangs | 3 | - | - | - | {never}" in lines
    assert not is_complete(outcomes)


def test_a_run_is_complete_when_every_test_and_mutant_of_every_row_passed() -> None:
    names = [name for row in ROWS for name in (*row.tests, *row.mutants)]
    outcomes = {f"tests/{name.replace('::', '.py::')}": "passed" for name in names}
    assert is_complete(outcomes)
    del outcomes[f"tests/{names[0].replace('::', '.py::')}"]
    assert not is_complete(outcomes)


def test_several_sessions_are_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = "tests/faults/test_zombies.py::test_a_zombie_changes_nothing[a-b]"
    for name, outcome in (("one", "passed"), ("two", "failed")):
        shown = Shown(outcomes={node: outcome}, found=[Found(test=node, faults=2)])
        (tmp_path / name).write_text(shown.model_dump_json(), encoding="utf-8")
    assert main([str(tmp_path / name) for name in ("one", "two", "three")]) == 1
    said = capsys.readouterr().out
    assert "5 | zombie worker | 4 | - | - | - | - | NO | not in this run" in said
    assert "three: its session did not end" in said
