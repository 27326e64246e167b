"""Workers that run but do nothing any more: noticed by their health page, and started again.

A process that crashes is easy. One that waits for ever inside a library is not; seen with
librdkafka after a broker was killed: ``send_offsets_to_transaction`` with a time-out of six
seconds did not return for nine minutes. Killing a worker is always safe (ADR 0003).
"""

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Final, Protocol

LOOK_SECONDS: Final = 5.0
LOOKS: Final = 3
"""So many bad looks in a row, and the worker is killed. Workers themselves call a silence of
30 seconds dead."""
STARTING_SECONDS: Final = 60.0
"""A worker that is still starting is left alone for so long."""


class Killing(Protocol):
    """What the watchdog needs of the supervisor."""

    def age(self, name: str) -> float | None: ...

    def kill(self, name: str) -> None: ...


class Watchdog:
    """Looks at each worker's ``/healthz`` now and then; ``ports`` are by name."""

    def __init__(
        self,
        ports: Mapping[str, int],
        supervisor: Killing,
        say: Callable[[str], None],
        is_alive: Callable[[int], bool] | None = None,
    ) -> None:
        self._ports = ports
        self._supervisor = supervisor
        self._say = say
        self._is_alive = is_alive or answers_healthz
        self._bad: dict[str, int] = {}
        self._next_look = 0.0

    def step(self, now: float) -> None:
        """Look, if it is time to; ``now`` is on a monotonic clock."""
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        for name, port in self._ports.items():
            age = self._supervisor.age(name)
            if age is None or age < STARTING_SECONDS or self._is_alive(port):
                self._bad[name] = 0
                continue
            self._bad[name] = self._bad.get(name, 0) + 1
            if self._bad[name] >= LOOKS:
                self._bad[name] = 0
                self._say(f"{name} runs but does not go on; ending it")
                self._supervisor.kill(name)


def answers_healthz(port: int) -> bool:
    """Ask a worker on this machine whether it goes on."""
    return asks_well(port, "/healthz")


def asks_well(port: int, path: str) -> bool:
    """Return whether a health page on this machine answers 200, soon."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
