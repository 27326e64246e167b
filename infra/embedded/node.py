"""One engine process: its life, and the faults that tests inflict on it."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.embedded.children import spawn
from infra.embedded.diagnosis import Cause, cause_in, log_lines
from infra.embedded.errors import NodeFailedError, PortTakenError

START_SECONDS = 60.0
"""An engine that starts may be silent for this long. After a crash it goes through its data first,
which takes minutes on a busy machine, and tells of it in its log."""
LONGEST = 4
"""So many times as long it may take, whatever it tells."""
STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
SHOWN_LINES = 8
STACK_TRACE = ("\tat ", "    at ")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll ``condition`` until it holds; False when the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def stop_all(nodes: "list[Node]", seconds: float = STOP_SECONDS) -> None:
    """End the nodes side by side, by SIGKILL those that take longer than ``seconds``."""
    for node in nodes:
        node.ask_to_stop()
    wait_until(lambda: not any(node.is_running for node in nodes), seconds)
    for node in nodes:
        node.kill()


class Node(ABC):
    """An engine process on this machine. Every method may be called in any state."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False

    @abstractmethod
    def command(self) -> list[str | Path]:
        """The program and its arguments."""

    def environment(self) -> Mapping[str, str]:
        """Variables to add to our own."""
        return {}

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the engine answers its clients; must return within a second or so."""

    @property
    def pid(self) -> int | None:
        """The process id while the engine runs."""
        return self._process.pid if self._process and self.is_running else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def has_failed(self) -> bool:
        """Whether it ended although nobody stopped it; a kill by a test counts as a failure."""
        return self._wanted and not self.is_running

    def start(self, seconds: float = START_SECONDS) -> None:
        """Start and wait until it answers."""
        self.launch()
        self.wait_ready(seconds)

    def launch(self) -> None:
        """Start without waiting, so that several come up side by side."""
        if not self.is_running:
            self._process = spawn(self.command(), self.log, self.environment())
            self._wanted = True

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Return once it answers; raise what went wrong if it ends, if its log stands still for
        ``seconds``, or if it takes :data:`LONGEST` times as long."""
        began = time.monotonic()
        written = -1
        while not wait_until(lambda: not self.is_running or self.is_ready(), seconds):
            before, written = written, self._written()
            took = time.monotonic() - began
            if written == before or took > seconds * (LONGEST - 1):
                raise self.failure(f"not ready after {took:.0f} s")
        if not self.is_running:
            raise self.failure()

    def _written(self) -> int:
        """Return the length of its log."""
        return self.log.stat().st_size if self.log.exists() else 0

    def ask_to_stop(self) -> None:
        """Send SIGTERM, waking it first if it is paused."""
        self._wanted = False
        if self._process and self.is_running:
            self._process.send_signal(signal.SIGTERM)
            self._process.send_signal(signal.SIGCONT)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it in an orderly way; by SIGKILL if that takes too long."""
        stop_all([self], seconds)

    def kill(self) -> None:
        """End it at once, as a crash would; returns when it is gone."""
        if self._process and self.is_running:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers, like a long collector pause."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused engine go on."""
        self._signal(signal.SIGCONT)

    def failure(self, reason: str | None = None) -> NodeFailedError:
        """Describe why it is down, from its exit status and its log."""
        lines = log_lines(self.log)
        cause = cause_in(lines)
        if reason is None:
            status = self._process.poll() if self._process else None
            reason = f"it ended with status {status}"
        if cause:
            reason = f"{reason}: {cause.value}"
        kind = PortTakenError if cause is Cause.PORT else NodeFailedError
        told = [line for line in lines if not line.startswith(STACK_TRACE)]
        return kind(self.name, reason, told[-SHOWN_LINES:], self.log)

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self.is_running:
            self._process.send_signal(number)
