"""The engines under a bench: those that run already, or some of its own; and their processes."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from infra.embedded import EmbeddedStack, StackAddresses


def pid_listening_on(port: int) -> int | None:
    """Return which process listens on this port of this machine, if we may see it."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                links = {os.readlink(link) for link in (process / "fd").iterdir()}
            except OSError:
                continue
            if links & inodes:
                return int(process.name)
    return None


def engine_pids(addresses: StackAddresses) -> dict[str, int]:
    """Return the engines' processes by name, as far as they run on this machine."""
    ports = {
        "kafka (java)": int(addresses.kafka.split(",")[0].rpartition(":")[2]),
        "mongod": urlsplit(addresses.mongo).port or 27017,
    }
    found = {name: pid_listening_on(port) for name, port in ports.items()}
    return {name: pid for name, pid in found.items() if pid is not None}


@contextmanager
def engines(kafka: str | None, mongo: str | None) -> Iterator[StackAddresses]:
    """Yield the addresses given, or those of engines started here."""
    if kafka and mongo:
        yield StackAddresses(kafka, mongo)
        return
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        stack = EmbeddedStack(folder, progress=_say, usual_ports=False)
        yield cleanup.enter_context(stack).addresses


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
