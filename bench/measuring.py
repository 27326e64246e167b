"""What the benches share: what workers say of themselves, CPU of processes, percentiles, pacing,
arrivals on a topic."""

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition

from services.runtime.settings import Settings
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Traffic

_TICK: Final = os.sysconf("SC_CLK_TCK")
_SAMPLE: Final = re.compile(r"^(\w+?)(?:\{(.*?)\})? ([0-9.e+-]+)$", re.MULTILINE)
PERCENTILES: Final = {"p50": 0.50, "p99": 0.99, "p999": 0.999}


@dataclass(frozen=True)
class WorkerFigures:
    """What a worker says about its batches (from its own metrics, start included)."""

    worker: str
    batches: int
    records_per_batch: float
    decide_ms: float
    commit_ms: float


class Scrape:
    """One reading of a worker's metrics."""

    def __init__(self, worker: WorkerProcess) -> None:
        _, text = worker.get("/metrics")
        self._samples = [
            (name, labels or "", float(value)) for name, labels, value in _SAMPLE.findall(text)
        ]

    def total(self, name: str, labelled: str = "") -> float:
        """Return the sum of ``name`` over all label values that contain ``labelled``."""
        return sum(v for n, labels, v in self._samples if n == name and labelled in labels)

    def figures(self, worker: str) -> WorkerFigures:
        """Return the sums and means since the process started."""
        batches = int(self.total("complaints_batch_records_count"))

        def mean(name: str, factor: float) -> float:
            return round(self.total(f"{name}_sum") / max(batches, 1) * factor, 1)

        return WorkerFigures(
            worker,
            batches,
            mean("complaints_batch_records", 1),
            mean("complaints_decide_seconds", 1000),
            mean("complaints_commit_seconds", 1000),
        )


def say(line: str) -> None:
    """Show progress."""
    print(line, file=sys.stderr, flush=True)


def contacts_of(namespace: Namespace, seed: int) -> Traffic:
    """Return endless realistic contacts, without commands."""
    return Traffic(namespace.settings.key_ring(), seed, commands=0.0)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    after_name = fields.rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICK


def used(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the CPU seconds each process has used so far."""
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def percentiles(milliseconds: list[float]) -> dict[str, float | None]:
    """Return p50, p99 and p99.9 of ``milliseconds`` (nearest rank); None of nothing."""
    if not milliseconds:
        return dict.fromkeys(PERCENTILES)
    ranked = sorted(milliseconds)
    return {
        name: round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 1)
        for name, share in PERCENTILES.items()
    }


def wait_for(condition: Callable[[], bool], within: float, what: str, every: float = 0.05) -> None:
    """Poll ``condition`` until it holds, ``every`` so many seconds.

    Raises:
        TimeoutError: it did not within ``within`` seconds.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within:.0f} s")
        time.sleep(every)


class Arrivals:
    """Notes when each contact's first notice decision became visible to a subscriber."""

    def __init__(self, settings: Settings, topics: tuple[str, ...]) -> None:
        self.count = 0
        """Records that came so far."""
        self._came: list[tuple[float, list[Any]]] = []
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.kafka,
                "group.id": f"{settings.prefix}bench",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 250,
                "log_level": 3,
            }
        )
        spots = []
        for topic in topics:
            name = settings.topic(topic)
            partitions = self._consumer.list_topics(name, 10).topics[name].partitions
            for partition in partitions:
                spot = TopicPartition(name, partition)
                spots.append(
                    TopicPartition(name, partition, self._consumer.get_watermark_offsets(spot)[1])
                )
        self._consumer.assign(spots)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            messages: list[Any] = self._consumer.consume(1000, 0.01)
            if messages:
                self._came.append((time.monotonic(), messages))
                self.count += len(messages)

    def close(self) -> dict[str, float]:
        """Stop reading; return when the first of each contact came, by its id."""
        self._stop.set()
        self._thread.join(5)
        self._consumer.close()
        found: dict[str, float] = {}
        for at, messages in self._came:
            for message in messages:
                if message.error() is None:
                    recipient = json.loads(message.value()).get("recipient", "")
                    found.setdefault(recipient.removeprefix("contact:"), at)
        return found


def paced(per_second: float, seconds: float, send: Callable[[float], None]) -> int:
    """Call ``send`` ``per_second`` times a second for ``seconds`` with the time at which it was
    planned (``time.monotonic``): a sender that falls behind makes the wait longer, not the load
    lighter. Return how often."""
    started, sent, total = time.monotonic(), 0, int(per_second * seconds)
    while sent < total:
        due = int((time.monotonic() - started) * per_second) + 1
        while sent < min(due, total):
            send(started + sent / per_second)
            sent += 1
        time.sleep(0.002)
    return sent


def write_json(path: Path, result: dict[str, Any]) -> None:
    """Write ``result`` for machines."""
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
