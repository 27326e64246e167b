"""How other commands find the instance that runs on a data folder: ``instance.json`` in it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.embedded.files import read_json, write_json

FILE_NAME = "instance.json"


def write_instance(data_dir: Path, facts: Mapping[str, Any]) -> None:
    """Publish ``facts`` (addresses and the like) as those of the instance this process runs."""
    owner = {"pid": os.getpid(), "pid_started": _start_of(os.getpid())}
    write_json(data_dir / FILE_NAME, {**facts, **owner})


def read_instance(data_dir: Path) -> dict[str, Any]:
    """Return what the running instance published; empty if none runs on this folder.

    A file whose owner is gone, or whose process id now belongs to somebody else, is a leftover
    of a crash and counts as nothing.
    """
    facts = read_json(data_dir / FILE_NAME)
    if facts and _start_of(facts["pid"]) == facts["pid_started"]:
        return facts
    return {}


def remove_instance(data_dir: Path) -> None:
    """Say that nothing runs here any more."""
    (data_dir / FILE_NAME).unlink(missing_ok=True)


def _start_of(pid: int) -> int | None:
    """Return when the process began, in ticks since boot: with the pid it names one process."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    after_name = status.rpartition(")")[2].split()
    return int(after_name[19])
