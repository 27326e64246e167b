"""Whoever has a finding before him finds it on the page that says what to do, and can type what
stands there."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from schemas.topics import TOPICS
from services.audit.logic.findings import Defect
from services.cli.__main__ import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
VIOLATION = (ROOT / "docs" / "runbooks" / "audit-violation.md").read_text(encoding="utf-8")
LETTERS = re.compile(r'Findings\(\s*"([A-Z])"')


def letters() -> set[str]:
    """The checks of the audit, as the code names them."""
    folder = ROOT / "services" / "audit" / "logic"
    return {name for path in folder.glob("*.py") for name in LETTERS.findall(path.read_text())}


def test_every_check_and_every_word_of_the_audit_stands_on_its_page() -> None:
    rows = set(re.findall(r"^\| ([A-Z]) \|", VIOLATION, re.MULTILINE))
    assert letters() == rows
    words = set(re.findall(r"`([a-z_]+)`", VIOLATION.partition("by the word in the report")[2]))
    assert {str(defect) for defect in Defect} - words == set()


def typed() -> Iterator[tuple[str, str]]:
    """Each command in code marks, by the page that names it."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        marked = re.findall(r"`((?:\./)?complaints [^`]+)`", text)
        blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
        lines = [line for block in blocks for line in block.splitlines()]
        lines = [line for line in lines if line.startswith("complaints ")]
        for line in (*marked, *lines):
            yield page.name, line.removeprefix("./").partition("#")[0].strip()


@pytest.mark.parametrize(("page", "line"), list(typed()))
def test_a_command_of_a_page_is_there_with_its_options(page: str, line: str) -> None:
    words = line.split()[1:]
    command: click.Command = cli
    context = click.Context(cli)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None and command.invoke_without_command:
            break
        assert found is not None, f"{page}: there is no `{line}`"
        command = found
        words.pop(0)
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert asked - known == set(), page
    if "--topic" in words:
        topic = words[words.index("--topic") + 1]
        assert topic in {one.name for one in TOPICS if one.dead_letter}, page
