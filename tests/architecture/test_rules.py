"""What no import contract can see: sizes, calls, paths, and that documents keep up."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import export
from schemas.topics import TOPICS

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES, FUNCTION_LINES = 300, 60
BANNED = {
    "datetime.datetime.now": "import datetime\nx = datetime.datetime.now(datetime.UTC)\n",
    "datetime.datetime.utcnow": "import datetime\nx = datetime.datetime.utcnow()\n",
    "time.time": "import time\nx = time.time()\n",
    "uuid.uuid4": "import uuid\nx = uuid.uuid4()\n",
    "random.random": "import random\nx = random.random()\n",
    "os.environ": "import os\nx = os.environ\n",
}
MAY_CALL_BANNED = {
    "services/adapters/clock.py",
    "services/runtime/settings.py",
    "services/cli/**",
    "infra/**",
    "tests/**",
    "bench/**",
    "complaints",
}
PRIVATE = re.compile(
    r"(?<![\w.<])/(?:home|Users|root|work|mnt|private)/[A-Za-z0-9_.-]+"
    r"|\b[\w.-]+\.(?:internal|corp|lan|local)\b(?!\()"
    r"|\b(?:artifactory|nexus|jfrog)\b",
    re.IGNORECASE,
)
PRIVATE_ADDRESS = re.compile(r"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [*tracked("*.py"), ROOT / "complaints"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of each function, without its docstring."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            first = node.body[0]
            is_documented = ast.get_docstring(node) is not None
            start = first.end_lineno if is_documented else node.lineno
            yield node.name, node.end_lineno - (start or node.lineno) + 1


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_a_module_fits_a_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MODULE_LINES
    too_long = {name: lines for name, lines in functions(path) if lines > FUNCTION_LINES}
    assert too_long == {}


def test_every_topic_with_a_record_has_golden_examples_of_both_kinds() -> None:
    for topic in TOPICS:
        if topic.record is not None:
            folder = export.HERE / "examples" / export.name_of(topic.record)
            version = folder / f"v{export.version_of(topic.record)}"
            assert list(version.glob("valid/*.json")), topic.name
            assert list(version.glob("invalid/*.json")), topic.name


def test_every_example_says_in_its_name_what_it_proves() -> None:
    names = [path.stem for path in (export.HERE / "examples").rglob("*.json")]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def ruff(source: str, filename: str) -> str:
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache"]
    command += ["--output-format=json", "--select=TID251", f"--stdin-filename={ROOT / filename}"]
    answer = subprocess.run(
        [*command, "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(found["message"] for found in json.loads(answer.stdout))


@pytest.mark.parametrize("call", BANNED)
def test_a_hidden_clock_chance_or_setting_is_refused_in_a_worker(call: str) -> None:
    assert f"`{call}` is banned" in ruff(BANNED[call], "services/dedup/planted.py")


def test_only_the_edges_may_use_what_is_banned() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    waived = {path for path, codes in settings["per-file-ignores"].items() if "TID251" in codes}
    assert waived <= MAY_CALL_BANNED
    waivers = [name_of(path) for path in tracked("*.py") if "noqa: TID251" in path.read_text()]
    assert waivers == ["tests/architecture/test_rules.py"]


def test_no_tracked_file_names_a_machine_a_home_folder_or_a_private_registry() -> None:
    found = []
    for path in tracked():
        if path.suffix in {".png", ".ico", ".woff2", ".npz"} or path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            hits = list(PRIVATE.finditer(line))
            if not any(
                word in path.name for word in ("webhook", "gateway")
            ):  # the guard against private addresses, and its tests
                hits += PRIVATE_ADDRESS.finditer(line)
            found += [f"{name_of(path)}:{number}: {hit[0]}" for hit in hits]
    assert found == []


def test_every_setting_is_documented_with_its_default() -> None:
    from services.runtime.settings import Settings

    rows = (ROOT / "docs/architecture.md").read_text()
    missing = [
        f"COMPLAINTS_{name.upper()}"
        for name in Settings.model_fields
        if f"| `COMPLAINTS_{name.upper()}` |" not in rows
    ]
    assert missing == []


def test_every_topic_is_documented() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    assert [topic.name for topic in TOPICS if f"`{topic.name}`" not in text] == []


@pytest.mark.parametrize("path", tracked("*.md"), ids=name_of)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []
