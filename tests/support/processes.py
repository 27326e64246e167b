"""Real worker processes against a namespace, stopped or killed by the test that started them."""

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.embedded.ports import choose_ports
from services.cli.environment import environment_of
from services.runtime.settings import Settings
from tests.support.nursery import Child, nursery
from tests.support.waiting import PATIENCE, NotInTimeError, eventually

ROOT = Path(__file__).resolve().parents[2]
MOVABLE = "COMPLAINTS_MOVABLE_CLOCK"
_ALIKE = (MOVABLE, "COMPLAINTS_SLA_POLICY", "COMPLAINTS_CALENDARS_POLICY")
"""What all processes of an instance must agree on."""


def a_free_port() -> int:
    """Return a loopback port that nobody was given before, in this test run or in one beside it.

    Between choosing a port and listening on it lies the start of a process, in which another
    run might choose the same one. So the number is reserved, for as long as this run lasts, by
    what nothing here needs: its UDP twin.
    """
    while True:
        port = choose_ports({"test": None}, {})["test"]
        twin = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            twin.bind(("127.0.0.1", port))
        except OSError:
            twin.close()
            continue
        twin.detach()
        return port


class Between:
    """Severity, routing and sla of each namespace, started once, when its ``cases`` starts:
    without them no contact gets from dedup to its case, and the audit waits for timers."""

    def __init__(self, running: ExitStack, folder: Path) -> None:
        self._running = running
        self._folder = folder
        self._started: set[str] = set()

    def start_with(
        self,
        name: str,
        settings: Settings,
        environment: Mapping[str, str],
        without: Collection[str] = (),
    ) -> None:
        """Start them if ``name`` is the first ``cases`` of its namespace; do not wait. All
        processes of an instance have the same kind of clock. ``without`` those a test looks
        after itself."""
        if name != "cases" or settings.prefix in self._started:
            return
        self._started.add(settings.prefix)
        for other in sorted({"severity", "routing", "sla"} - set(without)):
            alike = {key: environment[key] for key in _ALIKE if key in environment}
            worker = WorkerProcess(other, settings, self._folder, **alike)
            self._running.push(worker)
            worker.start(ready_within=None)


class WorkerProcess:
    """``python -m services.<name>`` with its own health port and log; a context manager.

    It dies with the test run, however that ends. The process may be started again after a
    kill: same slot, so the same transactional id.
    """

    def __init__(
        self, name: str, settings: Settings, folder: Path, slot: int = 0, /, **environment: str
    ) -> None:
        self.name = name
        self.module = [f"services.{name}"]
        """What is run: a module and its arguments."""
        self.log = folder / f"{name}-{slot}.log"
        self.health_port = a_free_port()
        self.api_port = a_free_port() if name == "api" else self.health_port
        self._environment = environment_of(
            settings, slot=slot, health_port=self.health_port, api_port=self.api_port
        )
        self._environment |= environment
        self.process: Child | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.name} was not started"
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, ready_within: float | None = 30.0) -> Self:
        """Start, and wait until it serves unless ``ready_within`` is None."""
        self.process = nursery().start(self.module, self.log, self._environment)
        if ready_within is not None:
            eventually(self._ready_or_dead, ready_within, self._story)
            assert self.is_running, self._story()
        return self

    def is_ready(self) -> bool:
        """Return whether it says that it serves."""
        return self.get("/readyz")[0] == 200

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a health page; status 0 when nobody answers."""
        port = self.api_port if self.name == "api" else self.health_port
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=15) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self._signal(signal.SIGKILL)
        self.wait(10)

    def pause(self) -> None:
        """Make it stand still (SIGSTOP) until :meth:`unpause`: a zombie for its group."""
        self._signal(signal.SIGSTOP)

    def unpause(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self, within: float = 20.0) -> int:
        """Ask it to end (SIGTERM) and return its exit code."""
        self._signal(signal.SIGTERM)
        return self.wait(within)

    def wait(self, within: float) -> int:
        """Return the exit code of a process that is about to end."""
        assert self.process is not None, f"{self.name} was not started"
        seconds = within * PATIENCE
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise NotInTimeError(f"did not end within {seconds:g} s: {self._story()}") from None

    def __enter__(self) -> Self:
        return self if self.is_running else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.is_running:
            self.unpause()
            self.kill()

    def _ready_or_dead(self) -> bool:
        return not self.is_running or self.is_ready()

    def _signal(self, number: signal.Signals) -> None:
        if self.is_running:
            os.kill(self.pid, number)

    def _story(self) -> Any:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        state = "running" if self.is_running else "not running"
        return "\n    ".join([f"{self.name} is {state}; the end of its log:", *lines[-15:]])
