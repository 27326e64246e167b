"""The process that owns an instance: alone on its folder, and survived by none of its engines."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.embedded import (
    DataDirectoryInUseError,
    EmbeddedStack,
    read_instance,
)

# Engines of other tests may share the two cores.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
DEADLINE_SECONDS = 150


@pytest.fixture
def owner(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that runs an instance on ``tmp_path``, ready."""
    command = [sys.executable, "-m", "infra.embedded", "--data", str(tmp_path), "--any-ports"]
    said = tmp_path / "said.txt"
    with (
        said.open("w") as told,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready.startswith("ready kafka=127.0.0.1:"), said.read_text()
            yield process
        finally:
            process.kill()


def children_of(pid: int) -> list[int]:
    """Read the children from the kernel, whichever thread started them."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for children in lists for child in children.read_text().split()]


def is_alive(pid: int) -> bool:
    """Tell whether the process still runs; a zombie waiting for its new parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition() and time.monotonic() < deadline:
        os.sched_yield()
    return condition()


def test_killing_the_owner_leaves_no_engine_and_no_instance(
    owner: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    engines = children_of(owner.pid)
    assert len(engines) == 2
    assert read_instance(tmp_path)["pid"] == owner.pid

    with pytest.raises(DataDirectoryInUseError, match=f"process {owner.pid}.*--data"):
        EmbeddedStack(tmp_path).start()
    assert all(map(is_alive, engines))

    owner.kill()
    owner.wait()
    assert eventually(lambda: not any(map(is_alive, engines)))
    assert read_instance(tmp_path) == {}


def test_ctrl_c_stops_everything_in_good_order(
    owner: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    engines = children_of(owner.pid)

    owner.send_signal(signal.SIGINT)

    assert owner.wait(DEADLINE_SECONDS) == 0
    assert not any(map(is_alive, engines))
    assert read_instance(tmp_path) == {}
    assert "App info kafka.server for 1 unregistered" in (
        tmp_path / "logs" / "kafka-1.log"
    ).read_text(encoding="utf-8")
