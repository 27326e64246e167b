"""How far a command is with a long file: a line on the terminal, and nothing in a pipe."""

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import IO, Final

_EVERY_SECONDS: Final = 0.5


def watched(lines: Iterable[bytes], total_bytes: int | None) -> Iterator[bytes]:
    """Yield ``lines``; tell on standard error how many were taken, if somebody looks there and
    does not see the answers scroll by anyway."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from lines
        return
    begun = shown = monotonic()
    size = number = 0
    for number, line in enumerate(lines, 1):
        yield line
        size += len(line)
        if number % 256 == 0 and monotonic() - shown > _EVERY_SECONDS:
            shown = monotonic()
            share = f", {size / total_bytes:.0%}" if total_bytes else ""
            rate = number / (shown - begun)
            sys.stderr.write(f"\r{number:,} lines{share}, {rate:,.0f} a second\x1b[K")
            sys.stderr.flush()
    if shown != begun:
        sys.stderr.write(f"\r{number:,} lines in {monotonic() - begun:.1f} s\x1b[K\n")


def size_of(file: IO[bytes]) -> int | None:
    """Return how many bytes there are to read, or None for a pipe."""
    if not file.seekable():
        return None
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size - here
