"""Small files that are whole or not there, and the lock that gives a folder one owner."""

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from infra.embedded.errors import DataDirectoryInUseError, MachineUnfitError


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace ``path`` in one step: a reader sees the old content or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in ``path``, empty if there is no such file."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content


def own_folder(folder: Path) -> IO[str]:
    """Make ``folder`` ours until the returned file is closed or this process ends.

    The kernel holds the lock, so a crash leaves none behind.
    """
    try:
        # What Kafka writes is readable by everybody, and holds what people said.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "owner.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise MachineUnfitError(f"cannot write in {folder}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip()
        lock.close()
        raise DataDirectoryInUseError(
            f"{folder} is in use by another instance (process {owner}); "
            "stop that one, or choose another folder with --data"
        ) from None
    with contextlib.suppress(OSError):  # the pid is for the message only; a full disk may refuse it
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
    return lock
