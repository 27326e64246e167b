"""Start child processes that cannot outlive this one."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.embedded import tether

# The kernel sends the parent-death signal when the *thread* that forked ends. So all children
# come from this one thread, which lives as long as the process does.
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine-starter")


def spawn(
    command: Sequence[str | Path], log: Path, extra_environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start ``command`` with its output in ``log``, tethered to this process.

    It gets a session of its own: Ctrl-C at the terminal reaches only us, and we stop the engines
    in an orderly way. The log of the run before is kept beside the new one.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    tethered = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *map(str, command)]
    environment = {**os.environ, **(extra_environment or {})}

    def start() -> "subprocess.Popen[bytes]":
        with log.open("wb") as output:
            return subprocess.Popen(
                tethered,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    return _STARTER.submit(start).result()
