"""The import contracts hold, and each of them bites."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("services", "schemas", "infra")
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
]
LAYERS, INSIDE, DECISIONS, HANDLERS, ENGINES = CONTRACTS
VIOLATIONS = [
    (LAYERS, "services/dedup/policy.py", "services.cases.guards"),
    (LAYERS, "services/cases/handler.py", "services.dedup.policy"),
    (LAYERS, "services/domain/errors.py", "services.runtime.records"),
    (LAYERS, "services/runtime/records.py", "services.adapters.clock"),
    (LAYERS, "services/adapters/clock.py", "services.cli.lag"),
    (LAYERS, "schemas/keys.py", "services.domain.clock"),
    (INSIDE, "services/dedup/logic.py", "services.dedup.handler"),
    (INSIDE, "services/cases/handler.py", "services.cases.worker"),
    (DECISIONS, "services/dedup/logic.py", "random"),
    (DECISIONS, "services/cases/logic.py", "pymongo"),
    (DECISIONS, "services/dedup/texts.py", "time"),
    (DECISIONS, "services/domain/waybill.py", "os"),
    (DECISIONS, "schemas/codec.py", "logging"),
    (HANDLERS, "services/dedup/handler.py", "services.adapters.mongo_dedup"),
    (HANDLERS, "services/cases/planning.py", "confluent_kafka"),
    (ENGINES, "infra/embedded/stack.py", "schemas.topics"),
]


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter on ``tree`` alone: the installed path to this tree comes after it."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def broken(answer: str) -> list[str]:
    """The contracts that the linter says are broken."""
    return [name for name in CONTRACTS if f"{name} BROKEN" in answer]


def why(answer: str, contract: str) -> str:
    """Which imports the linter says break the contract."""
    title = f"\n{contract}\n{'-' * len(contract)}\n"
    assert title in answer, answer
    return re.split(r"\n-+\n", answer.partition(title)[2])[0]


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.json", "*.html")
        shutil.copytree(ROOT / package, tree / package, ignore=ignored)
    return tree


def test_the_tree_keeps_every_contract() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in answer.stdout


@pytest.fixture(scope="module")
def planted(copied_tree: Path) -> str:
    """What the linter says of a tree in which all of them are planted: reading a tree takes half a
    second, and judging it nothing."""
    for _, module, imported in VIOLATIONS:
        with (copied_tree / module).open("a") as file:
            file.write(f"\nimport {imported}\n")
    answer = lint(copied_tree)
    assert answer.returncode == 1
    return answer.stdout


@pytest.mark.parametrize(
    ("contract", "module", "imported"),
    VIOLATIONS,
    ids=[f"{module}-imports-{imported}" for _, module, imported in VIOLATIONS],
)
def test_a_planted_import_breaks_its_contract(
    planted: str, contract: str, module: str, imported: str
) -> None:
    assert contract in broken(planted), planted
    importer = module.removesuffix(".py").replace("/", ".")
    assert re.search(
        rf"^ *-? *{re.escape(importer)} -> {re.escape(imported)} ", why(planted, contract), re.M
    )


def test_every_contract_is_tried() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)
