"""Tell a person why an engine is down, from what it logged."""

import json
import re
from enum import StrEnum
from pathlib import Path


class Cause(StrEnum):
    """The causes that people can do something about; the value is the advice."""

    PORT = "its port was taken by another program"
    DISK = "the disk is full"
    PERMISSION = "it may not read or write its files; look at the owner of the data folder"
    MEMORY = "there is too little memory"
    LIBRARY = "a system library is missing"
    VERSION = "the data folder was written by another version of it"


_SIGNS: tuple[tuple[str, Cause], ...] = (
    (r"Address already in use|BindException", Cause.PORT),
    (r"No space left on device|ENOSPC|Disk quota exceeded", Cause.DISK),
    (r"Permission denied|AccessDenied|Operation not permitted|Read-only file system",
     Cause.PERMISSION),
    (r"OutOfMemoryError|Could not reserve enough space|Cannot allocate memory", Cause.MEMORY),
    (r"error while loading shared libraries", Cause.LIBRARY),
    (r"IncompatibleFeatureCompatibilityVersion|UPGRADE PROBLEM", Cause.VERSION),
)  # fmt: skip


def cause_in(lines: list[str]) -> Cause | None:
    """Find the first known cause in the log; later errors are mostly its consequences."""
    for line in lines:
        for sign, cause in _SIGNS:
            if re.search(sign, line):
                return cause
    return None


def log_lines(log: Path, most_bytes: int = 256 * 1024) -> list[str]:
    """Return the end of a log as lines for people; no file is no lines."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - most_bytes))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [readable(line) for line in text.splitlines() if line.strip()]


def readable(line: str) -> str:
    """Shorten MongoDB's JSON log lines to time, message and attributes."""
    try:
        entry = json.loads(line)
        attributes = json.dumps(entry["attr"], ensure_ascii=False) if "attr" in entry else ""
        return f"{entry['t']['$date'][11:23]} {entry['s']} {entry['msg']} {attributes}".rstrip()[
            :400
        ]
    except (ValueError, KeyError, TypeError):
        return line[:400]
