"""Worker processes that need not import what they consist of: they are forked from a process that
did. A real process each, with its own connections, but there in a tenth of the time."""

import ctypes
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final, Self

from services.adapters.process import run_worker
from tests.support.processes import WorkerProcess

WORKERS: Final = ("cases", "dedup", "notification", "routing", "severity", "sla")
_DIE_WITH_PARENT: Final = 1


class ForkedWorker(WorkerProcess):
    """A worker on a namespace; see :class:`tests.support.processes.WorkerProcess`."""

    def start(self, ready_within: float | None = None) -> Self:
        """Start it; whether it serves shows in what it does."""
        assert ready_within is None
        self.process = _Forked(self.name, self._environment, self.log)  # type: ignore[assignment]
        return self


class _Forked:
    """What is needed of :class:`subprocess.Popen`."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        self._process = _server().Process(
            target=_run, args=(name, dict(environment), str(log)), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        self._process.join(seconds)
        if (code := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired("worker", seconds)
        return code


def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"services.{name}.worker" for name in WORKERS] + [__name__])
    return context


def _run(name: str, environment: dict[str, str], log: str) -> None:
    """In the new process: be the worker."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(run_worker(importlib.import_module(f"services.{name}.worker").WORKER))
