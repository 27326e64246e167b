"""Each rule of the guarantees has a defect that breaks it, and somebody who finds that."""

import re
import subprocess
import sys
from typing import Literal

import pytest

from services.cli.instance import ROOT
from tests.faults.forms import FULL
from tests.faults.planted import BY_NAME, FOUND, WORDS, Planter
from tests.faults.planting import PLANTED, Planted
from tests.faults.rules import PAGE, RULES, Rule, page
from tests.faults.test_rows import TESTS, functions
from tests.simulation.mutants import BY_NAME as IN_STORMS

DECISIONS = ROOT / "docs" / "decisions"
ON_ENGINES = ("integration/", "contract/")
SHORT = ("a_flood_of_poison_is_buried", "an_offer_is_made_once")
NAMES = [
    one.name
    for one in PLANTED
    if FULL or one.name in SHORT
    if FULL or not one.tests[0].startswith(ON_ENGINES)
]


@pytest.fixture(scope="module")
def ends() -> dict[str, str]:
    """What came of each, and what its tests said."""
    command = (sys.executable, "-m", "tests.faults.planted", *NAMES)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    words = "|".join(WORDS.values())
    ends = re.findall(rf"(.*?)^(\w+): ({words})$", ended.stdout, re.DOTALL | re.MULTILINE)
    return {name: f"{word}\n{said[-2000:]}" for said, name, word in ends}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", NAMES)
def test_a_defect_that_is_planted_is_found(name: str, ends: dict[str, str]) -> None:
    assert ends[name].partition("\n")[0] == WORDS[FOUND], ends[name]


def test_what_breaks_before_or_after_a_test_finds_nothing() -> None:
    planter = Planter(PLANTED[0])
    phases: tuple[Literal["setup", "call", "teardown"], ...] = ("setup", "call", "teardown")
    for phase in phases:
        place = (phase, None, phase)
        planter.pytest_runtest_logreport(pytest.TestReport(phase, place, {}, "failed", "", phase))
    assert (planter.found, planter.broken) == (["call"], ["setup", "teardown"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
def test_each_rule_names_its_reasons_and_defects_that_there_are(rule: Rule) -> None:
    assert list(DECISIONS.glob(f"{rule.adr}-*.md")), rule.adr
    assert bool(rule.broken_by) != bool(rule.instead)
    for name in rule.broken_by:
        kind, _, defect = name.rpartition(":") if "::" not in name else ("", "", name)
        if kind == "simulation":
            assert defect in IN_STORMS, name
        elif kind == "planted":
            assert defect in BY_NAME, name
        else:
            module, _, function = name.partition("::")
            assert function in functions(module), name


def test_every_defect_breaks_a_rule_of_the_list() -> None:
    named = {name for rule in RULES for name in rule.broken_by}
    assert {f"planted:{name}" for name in BY_NAME} <= named
    assert {f"simulation:{name}" for name in IN_STORMS} <= named


@pytest.mark.parametrize("one", PLANTED, ids=lambda one: one.name)
def test_a_planted_defect_names_tests_that_there_are(one: Planted) -> None:
    assert one.tests
    for test in one.tests:
        place, _, function = test.partition("::")
        assert (TESTS / place).exists(), test
        name = function.partition("[")[0]
        assert not name or name in functions(place.removesuffix(".py")), test


def test_every_decision_that_a_promise_stands_on_has_a_rule_that_is_broken() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    promises = text.partition("## What is promised, and by which rule")[2].partition("\n## ")[0]
    named = set(re.findall(r"\(decisions/(\d{4})-", promises))
    assert len(named) >= 10
    assert named <= {rule.adr for rule in RULES if rule.broken_by}


def test_the_page_of_the_rules_is_that_of_the_list() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
