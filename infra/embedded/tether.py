"""Run a command that dies when the process that started it dies, however that one ends.

Used as a script: ``python tether.py OWNER_PID COMMAND…``. It asks the kernel for SIGKILL at the
owner's death and becomes the command; the wish survives exec. Being a program of its own it needs
no Python code between fork and exec, where a process with threads may run none safely.

SIGKILL, because a paused engine would never see a gentler signal; Kafka and MongoDB both recover
from it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(owner: int, command: list[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"cannot tie {command[0]} to its owner: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != owner:
        sys.exit("the owner ended before the engine began")
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
