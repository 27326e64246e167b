"""Who reads what a worker writes: how long after its death do readers see something new?

A transaction that a dead worker left open holds back every reader of its partitions, whoever
else writes there. So this is watched apart from the worker's own recovery.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer

from schemas import topics
from tests.support.namespaces import Namespace

WRITES: Final[Mapping[str, str]] = {
    "dedup": topics.DEDUPLICATED.name,
    "severity": topics.SCORED.name,
    "routing": topics.ROUTED.name,
    "cases": topics.CHANGED.name,
    "notification": topics.NOTICES_SETTLED.name,
}
"""What each worker writes all the time under load, in the order of the path. Who complains there
has no address, so that each notice ends where it begins. Limits that pass and incidents are
rare: for a reader of those, minutes of silence mean nothing."""


class Readers:
    """Reads committed records of what workers write, from a thread; a context manager."""

    def __init__(self, namespace: Namespace, workers: Iterable[str]) -> None:
        self._topics = {namespace.settings.topic(WRITES[name]): name for name in workers}
        self._consumer = Consumer(
            {
                "bootstrap.servers": namespace.settings.kafka,
                "group.id": f"{namespace.settings.prefix}probe",
                "isolation.level": "read_committed",
                "auto.offset.reset": "latest",
                "enable.auto.commit": False,
            }
        )
        self._partitions = {
            name: len(self._consumer.list_topics(topic, timeout=60).topics[topic].partitions)
            for topic, name in self._topics.items()
        }
        self._seen: dict[str, dict[int, list[tuple[float, float]]]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="readers", daemon=True)

    def __enter__(self) -> "Readers":
        self._consumer.subscribe(list(self._topics))
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def waits(self, died: Mapping[str, Sequence[float]]) -> list[float]:
        """Return, for each death of a worker (``died``: seconds since the epoch), after how many
        seconds readers of every partition that it writes saw a record written since.

        A death meanwhile begins it anew, and one further up once its own readers moved on: until
        then there is nothing to write. A death after which some partition saw nothing more is
        left out; see :meth:`owed`.
        """
        found = []
        for place, name in enumerate(WRITES):
            for death in died.get(name, ()):
                moved_on = self._moved_on(name, death)
                if moved_on is None:
                    continue
                begun = [at for at in died[name] if at < moved_on]
                for other in list(WRITES)[:place]:
                    for at in died.get(other, ()):
                        fed = self._moved_on(other, at)
                        begun += [fed if fed is not None and fed < moved_on else at]
                found.append(moved_on - max(at for at in begun if at < moved_on))
        return found

    def owed(self, died: Mapping[str, Sequence[float]]) -> int:
        """Return how many deaths of the workers it watches have no such time yet: while there
        are any, the load must go on."""
        deaths = [(name, at) for name in self._partitions for at in died.get(name, ())]
        return sum(1 for name, at in deaths if self._moved_on(name, at) is None)

    def _moved_on(self, name: str, death: float) -> float | None:
        """Return when the last partition of ``name`` saw something written after ``death``."""
        firsts = [
            next((read for written, read in list(seen) if written > death), None)
            for seen in list(self._seen.get(name, {}).values())
        ]
        known = [first for first in firsts if first is not None]
        return max(known) if len(known) == self._partitions.get(name) else None

    def _run(self) -> None:
        while not self._stop.is_set():
            for message in self._consumer.consume(500, 0.2):
                topic, partition = message.topic(), message.partition()
                kind, written = message.timestamp()
                if message.error() or topic is None or partition is None:
                    continue
                if kind == TIMESTAMP_NOT_AVAILABLE:
                    continue
                seen = self._seen.setdefault(self._topics[topic], {}).setdefault(partition, [])
                at = time.time()
                if not seen or at - seen[-1][1] > _RESOLUTION:
                    seen.append((written / 1000, at))


_RESOLUTION: Final = 0.05
"""Seconds between two records that are kept."""
