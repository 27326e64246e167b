"""A terminal in which ``complaints up`` runs, and the processes that it has."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
COMPLAINTS = [sys.executable, "-m", "services.cli"]


class Terminal:
    """``up`` with more ``arguments`` on a data folder of its own, from its start."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.data = folder / "data"
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMPLAINTS, "up", *arguments, "--data", str(self.data)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COMPLAINTS_API_PORT": "0"},
                start_new_session=True,
            )

    def says(self) -> str:
        return self.output.read_text()

    def address(self, name: str) -> str:
        """Wait for the ready line and return what it says of ``name``."""
        eventually(
            lambda: "\nready " in self.says() or self.process.poll() is not None, 50, self.says
        )
        found = re.search(rf"^ready .*\b{name}=(\S+)", self.says(), re.MULTILINE)
        assert found is not None, self.says()
        return found[1]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command in another terminal."""
        command = [*COMPLAINTS, *arguments, "--data", str(self.data)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    def children(self) -> dict[str, int]:
        """Return the process ids of what ``up`` has started, by the module that each runs."""
        found = {}
        for folder in Path("/proc").iterdir():
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            except (OSError, UnicodeDecodeError):
                continue
            if parent == str(self.process.pid) and words[1:2] == ["-m"]:
                found[words[2]] = int(folder.name)
        return found

    def stop(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def processes_of(data: Path) -> list[str]:
    """Return the ids of all processes that were started on the folder."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if str(data).encode() in words:
            found.append(folder.name)
    return found
