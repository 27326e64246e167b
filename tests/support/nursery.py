"""Starts worker processes in a tenth of a second instead of one and a half.

Most of a worker's start is loading modules, and a run of the tests starts hundreds. So one
process loads them once and forks: each child becomes a session of its own, with environment, log
and working folder as asked, and runs its module as ``python -m`` would. ``complaints up``, and
the tests of it, start workers without any of this.

:class:`Nursery` is the test run's side; this module run as a script is the other. They speak JSON
lines over a pair of sockets; whoever loses the other ends, children included.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.cli.supervisor import tied
from services.severity.logic import Judge

ROOT: Final = Path(__file__).resolve().parents[2]
LOADED: Final = (
    *(
        f"services.{name}.worker"
        for name in (
            "cases",
            "dedup",
            "incidents",
            "notification",
            "routing",
            "sender",
            "severity",
            "sla",
        )
    ),
    "services.aftercare.serve",
    "services.api.app",
    "services.audit.serve",
    "services.console.app",
    "services.adapters.http_server",
)
"""What children find loaded. Not faust, which prepares its event loop when it is imported."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15


class Child:
    """A process that the nursery started: as much of ``subprocess.Popen`` as tests need."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._handle = os.pidfd_open(pid)

    def __del__(self) -> None:
        os.close(self._handle)

    def poll(self) -> int | None:
        """Return how it ended, minus the signal's number if by one; None while it runs."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            self.returncode = self._nursery.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end and return how it was.

        Raises:
            subprocess.TimeoutExpired: it still runs after ``timeout`` seconds.
        """
        if self.returncode is None:
            select.select([self._handle], [], [], timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return code


class Nursery:
    """The process in which modules are loaded; ends with the test run."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                tied([sys.executable, "-m", "tests.support.nursery", str(theirs.fileno())]),
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._lines = ours.makefile("rw", encoding="utf-8")
        ours.close()
        self._lock = threading.Lock()
        atexit.register(self.close)

    def start(self, module: Sequence[str], log: Path, environment: Mapping[str, str]) -> Child:
        """Start ``python -m module…`` with its output added to ``log``."""
        wish = {"module": list(module), "log": str(log), "environment": dict(environment)}
        return Child(self, self.ask(wish))

    def ask(self, wish: Mapping[str, Any]) -> int:
        """Return the answer to one line."""
        with self._lock:
            print(json.dumps(wish), file=self._lines, flush=True)
            return int(json.loads(self._lines.readline()))

    def close(self) -> None:
        """End it and all that it started."""
        self._lines.close()
        self._process.wait()


@cache
def nursery() -> Nursery:
    """Return the one of this test run."""
    return Nursery()


def serve(lines: Any) -> dict[str, Any] | None:
    """Answer until the other side is gone: None then; in a child, what it is to become."""
    for line in lines:
        wish = json.loads(line)
        if "ended" in wish:
            answer = os.waitstatus_to_exitcode(os.waitpid(wish["ended"], 0)[1])
        elif (answer := os.fork()) == 0:
            return dict(wish)
        print(answer, file=lines, flush=True)
    return None


def become(wish: Mapping[str, Any], nursery: int) -> None:
    """Run the module as ``python -m`` would, in this process."""
    module, *arguments = wish["module"]
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NAME, module.rpartition(".")[2].encode()[:15])
    if os.getppid() != nursery:
        os._exit(1)
    os.setsid()
    log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(wish["environment"])
    sys.argv = [module, *arguments]
    gc.unfreeze()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def read_severity_once() -> None:
    """Let children find the shipped severity policy and its model read, which takes two seconds of
    processor, unless they are given another file or this one has changed meanwhile."""
    from services.severity import loading, watching
    from services.severity.policy import SHIPPED

    files = (SHIPPED, *sorted(SHIPPED.parent.glob("*.npz")))
    judge, stamps = loading.load_judge(), _stamps(files)

    def load_judge(policy_file: Path | None = None) -> Judge:
        is_known = policy_file in (None, SHIPPED) and _stamps(files) == stamps
        return judge if is_known else loading.load_judge(policy_file)

    watching.load_judge = load_judge  # type: ignore[attr-defined]


def _stamps(files: Sequence[Path]) -> list[tuple[int, int]]:
    return [(file.stat().st_mtime_ns, file.stat().st_size) for file in files]


def main(control: int) -> None:
    for module in LOADED:
        importlib.import_module(module)
    read_severity_once()
    gc.collect()
    gc.freeze()  # what children share they need not copy
    me = os.getpid()
    with socket.socket(fileno=control) as theirs, theirs.makefile("rw", encoding="utf-8") as lines:
        wish = serve(lines)
    if wish is not None:
        become(wish, me)


if __name__ == "__main__":
    main(int(sys.argv[1]))
