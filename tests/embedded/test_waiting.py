"""How long an engine may take to start: while it tells of its work, longer than in silence."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.errors import NodeFailedError
from infra.embedded.node import LONGEST, Node

TELLS = "while :; do echo another partition; sleep 0.05; done"
SILENT = 0.4


class Script(Node):
    """A shell's script instead of an engine; it answers once the file ``answers`` is there."""

    def __init__(self, folder: Path, script: str) -> None:
        super().__init__("script", folder / "log")
        self._script = script
        self.answers = folder / "answers"

    def command(self) -> list[str | Path]:
        return ["/bin/sh", "-c", self._script, str(self.answers)]

    def is_ready(self) -> bool:
        return self.answers.exists()


@pytest.fixture
def nodes() -> Iterator[list[Node]]:
    started: list[Node] = []
    yield started
    for node in started:
        node.kill()


def test_who_tells_of_its_work_may_take_longer(tmp_path: Path, nodes: list[Node]) -> None:
    node = Script(tmp_path, f"({TELLS}) & sleep {2 * SILENT}; kill $!; : > $0; exec sleep 60")
    nodes.append(node)
    node.start(SILENT)
    assert node.is_running


def test_who_tells_of_nothing_is_given_up(tmp_path: Path, nodes: list[Node]) -> None:
    node = Script(tmp_path, "echo I start; exec sleep 60")
    nodes.append(node)
    with pytest.raises(NodeFailedError, match="not ready after"):
        node.start(SILENT)


def test_who_tells_for_ever_is_given_up_too(tmp_path: Path, nodes: list[Node]) -> None:
    node = Script(tmp_path, TELLS)
    nodes.append(node)
    began = time.monotonic()
    with pytest.raises(NodeFailedError, match="not ready after"):
        node.start(SILENT)
    assert time.monotonic() - began >= SILENT * (LONGEST - 1)
