"""Workers that are started again whenever they end, and how long their work stood still."""

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from services.adapters.kafka_admin import admin_of, committed_offsets
from services.runtime.settings import Settings
from tests.support.mutant_worker import MutantProcess
from tests.support.processes import WorkerProcess
from tests.support.waiting import PATIENCE, NotInTimeError

CRASHED: Final = 137
_SETTLED_SECONDS: Final = 1.0
"""By then the coordinator has written what a dead worker committed last."""
_TOTAL: Final = re.compile(
    r"^complaints_records_total\{.*?topic=\"(.*?)\".*?\} ([0-9.e+]+)$", re.MULTILINE
)


def committed(worker: WorkerProcess, of: str = "") -> float:
    """Return how many records this process has read and committed; only those ``of`` one topic
    of the table, if it is named."""
    found = _TOTAL.findall(worker.get("/metrics")[1])
    return sum(float(value) for topic, value in found if topic.endswith(of))


class Supervised:
    """One slot of a worker. :meth:`step` is to be called often, from the main thread.

    Every life ends at the next of ``deaths``: ``<crash point>:<nth>``, ``flushed:<nth>`` (in
    a transaction whose records the broker has) or ``kill:<seconds>`` (SIGKILL so long after
    the first commit). The last life goes on.
    """

    def __init__(
        self, name: str, settings: Settings, folder: Path, deaths: Sequence[str], slot: int = 0
    ) -> None:
        self.name = name
        self.recoveries: list[float] = []
        self.deaths = 0
        self.died: list[float] = []
        """When it died, in seconds since the epoch; one time for each of ``recoveries``."""
        self._settings, self._folder, self._slot = settings, folder, slot
        self._plan: Iterator[str] = iter(deaths)
        self._died_at: float | None = None
        self._stood_at: int | None = None
        """What its group had committed while it stood still."""
        self._kill_at: float | None = None
        self._is_last = False
        self._wait: float | None = None
        self.process = self._start()

    @property
    def is_through(self) -> bool:
        """Return whether all deaths were died and the last life works."""
        return self._is_last and self._died_at is None

    def step(self) -> None:
        """Notice death and recovery, kill when it is time."""
        process = self.process.process
        assert process is not None
        if process.poll() is not None:
            if self._died_at is not None:
                # Its point lay before its first commit, or right behind it.
                assert process.returncode == CRASHED, self._said()
                if self._stood_at is not None and self._group_committed() > self._stood_at:
                    self._recovered()  # it worked, too briefly to be seen between two looks
            assert process.returncode in (CRASHED, -9), self._said()
            self._died_at = self._died_at or time.monotonic()
            self.deaths += 1
            self.process = self._start()
        elif self._kill_at is not None and time.monotonic() >= self._kill_at:
            self.process.kill()
        elif self._died_at is not None and committed(self.process) > 0:
            self._recovered()
        elif (
            self._died_at is not None
            and self._stood_at is None
            and time.monotonic() >= self._died_at + _SETTLED_SECONDS
        ):
            self._stood_at = self._group_committed()
        if self._wait is not None and self._died_at is None and committed(self.process) > 0:
            self._kill_at, self._wait = time.monotonic() + self._wait, None

    def stop(self) -> int:
        """End it in an orderly way; return the exit code."""
        return self.process.stop()

    def __enter__(self) -> "Supervised":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.__exit__(None, None, None)

    def _recovered(self) -> None:
        assert self._died_at is not None
        self.recoveries.append(time.monotonic() - self._died_at)
        self.died.append(time.time() - self.recoveries[-1])
        self._died_at = self._stood_at = None

    def _group_committed(self) -> int:
        with admin_of(self._settings.kafka) as admin:
            return sum(committed_offsets(admin, self._settings.group(self.name)).values())

    def _start(self) -> WorkerProcess:
        death = next(self._plan, "")
        kind, _, value = death.partition(":")
        self._is_last = not death
        self._kill_at = None
        self._wait = float(value) if kind == "kill" else None
        place = (self.name, self._settings, self._folder, self._slot)
        if kind == "flushed":
            return MutantProcess(f"dies_flushed@{value}", *place).start(None)
        crash_at = "" if kind == "kill" else death
        return WorkerProcess(*place, COMPLAINTS_CRASH_AT=crash_at).start(None)

    def _said(self) -> str:
        return self.process.log.read_text(errors="replace")[-3000:]


def random_kills(count: int, seed: int) -> list[str]:
    """Return ``count`` deaths by SIGKILL, 0.2 to 2 seconds into a life."""
    rng = Random(seed)
    return [f"kill:{rng.uniform(0.2, 2.0):.2f}" for _ in range(count)]


def supervise(workers: Sequence[Supervised], within: float) -> None:
    """Look after ``workers`` until each has died all its deaths and works again.

    Raises:
        NotInTimeError: not within so many seconds, times PATIENCE.
    """
    deadline = time.monotonic() + within * PATIENCE
    while not all(worker.is_through for worker in workers):
        for worker in workers:
            worker.step()
        left = {worker.name: worker.deaths for worker in workers if not worker.is_through}
        if time.monotonic() > deadline:
            raise NotInTimeError(f"after {within * PATIENCE:g} s still not through: {left}")
        time.sleep(0.03)
