"""The sinks of :mod:`bench.sinks` as child processes that tell what came."""

import json
import subprocess
import sys
import urllib.request
from types import TracebackType
from typing import Self

from services.cli.supervisor import tied
from tests.support.processes import ROOT


class Sink:
    """A context manager; ``kind`` is one of ``bench.sinks``."""

    def __init__(self, kind: str, slow: float = 0.0) -> None:
        self._command = [sys.executable, "-m", "bench.sinks", kind, "--slow", str(slow)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(tied(self._command), cwd=ROOT, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port, self._asked = map(int, self._process.stdout.readline().split())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def count(self) -> int:
        """Return how many messages came."""
        return int(self._ask("count"))

    def came(self) -> dict[str, int]:
        """Return how often each message came, by the notice's id; where it carries none by what
        its text names: the tracking code (``smpp``), the case (``chat``)."""
        told: dict[str, int] = json.loads(self._ask("keys"))
        return {key.partition("@")[0]: times for key, times in told.items()}

    def _ask(self, path: str) -> bytes:
        url = f"http://127.0.0.1:{self._asked}/{path}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return bytes(answer.read())
