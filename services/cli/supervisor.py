"""Workers as child processes: started again when they crash, gone when we are gone.

Who ends with code 70 says what a person has to do, and would say the same after another start: it
is shown and left alone.

A child is tied to the thread that started it (``infra.embedded.tether``): the kernel kills it
when that thread ends, ``kill -9`` included. So everything here is called from the main thread.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.embedded import tether
from infra.embedded.diagnosis import log_lines
from services.cli.restarts import LOOP_FROM, Restart, after_crash
from services.runtime.process import UNSAFE

STOP_SECONDS: Final = 15.0
"""How long a worker may take to finish its batch and leave its group."""
SHOWN_LINES: Final = 8
"""As many as of an engine that failed."""
_LOG_LIMIT: Final = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Worker:
    """A child to keep running: a Python module with its arguments, environment and log."""

    name: str
    module: str
    environment: Mapping[str, str]
    log: Path
    arguments: tuple[str, ...] = ()


class _Child:
    """One worker's present process, or the start that is due."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.restart = Restart(0.0, 0)
        self.has_refused = False
        self.log_begin = 0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def is_due(self) -> bool:
        is_wanted = self.process is None and not self.has_refused
        return is_wanted and time.monotonic() >= self.restart.due


class Supervisor:
    """Keeps the workers running; :meth:`step` is to be called a few times a second."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[_Child] = []

    def start(self, workers: Sequence[Worker]) -> None:
        """Start ``workers``; the order counts for :meth:`stop`."""
        for worker in workers:
            child = _Child(worker)
            self._children.append(child)
            self._launch(child)

    def step(self) -> None:
        """Notice who crashed, start again who is due."""
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._note_crash(child, child.process.returncode)
            if child.is_due:
                self._launch(child)

    def crash_looping(self) -> list[str]:
        """Return the names of the workers that crash again and again."""
        return [child.worker.name for child in self._children if child.restart.is_loop]

    def refusing(self) -> list[str]:
        """Return the names of the workers that refused to go on, and wait for a person."""
        return [child.worker.name for child in self._children if child.has_refused]

    def last_words(self, name: str) -> str:
        """Return what the latest process of ``name`` said at its end, on lines of their own."""
        for child in self._children:
            if child.worker.name == name:
                return _last_words(child)
        return ""

    def age(self, name: str) -> float | None:
        """Return for how many seconds the present process of ``name`` has run, if it runs."""
        for child in self._children:
            if child.worker.name == name and child.is_running:
                return time.monotonic() - child.started
        return None

    def kill(self, name: str) -> None:
        """End the process of ``name`` hard; the next :meth:`step` starts it again."""
        for child in self._children:
            if child.worker.name == name and child.process is not None:
                child.process.kill()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop the workers, last started first, so that nothing new comes in while the
        others finish; whoever does not end in time is killed."""
        for child in reversed(self._children):
            if child.process is None or not child.is_running:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                child.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._say(f"{child.worker.name} did not stop within {seconds:.0f} s: killed")
                child.process.kill()
                child.process.wait()
        self._children.clear()

    def _note_crash(self, child: _Child, code: int) -> None:
        now = time.monotonic()
        child.process = None
        if code == UNSAFE:
            child.has_refused = True
            self._say(
                f"{child.worker.name} ended with code {code}: starting it again would not help, "
                f"see what it says{_last_words(child)}"
            )
            return
        child.restart = after_crash(child.started, now, child.restart.crashes, random.uniform(0, 1))
        name, wait = child.worker.name, child.restart.due - now
        how = (
            f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        )
        again = "starting it again" if wait <= 0 else f"starting it again in {wait:.1f} s"
        if child.restart.is_loop:
            again += f" (crash {child.restart.crashes} in a row; see {child.worker.log})"
            # Once: each further crash of the row would say the same.
            again += _last_words(child) if child.restart.crashes == LOOP_FROM else ""
        self._say(f"{name} {how}; {again}")

    def _launch(self, child: _Child) -> None:
        child.started = time.monotonic()
        child.log_begin = _size_of(child.worker.log)
        command = [sys.executable, "-m", child.worker.module, *child.worker.arguments]
        child.process = launch(command, child.worker)


def _last_words(child: _Child) -> str:
    log, size = child.worker.log, _size_of(child.worker.log)
    # A log that is shorter than it was has been put aside since.
    written = size - child.log_begin if size >= child.log_begin else size
    lines = log_lines(log, written)[-SHOWN_LINES:]
    shown = "".join(f"\n    {line}" for line in lines)
    return f"\n  last lines of {log}:{shown or ' (empty)'}"


def _size_of(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def launch(command: Sequence[str], worker: Worker) -> "subprocess.Popen[bytes]":
    """Start ``command`` tied to this process, appending what it says to the worker's log.

    It gets a session of its own: Ctrl-C at the terminal reaches only us, who stop in order.
    """
    worker.log.parent.mkdir(parents=True, exist_ok=True)
    if worker.log.exists() and worker.log.stat().st_size > _LOG_LIMIT:
        worker.log.replace(worker.log.with_suffix(".previous.log"))
    with worker.log.open("ab") as output:
        return subprocess.Popen(
            tied(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(worker.environment),
            start_new_session=True,
        )


def tied(command: Sequence[str]) -> list[str]:
    """Return ``command`` so that it dies with the thread that starts it."""
    return [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *command]
