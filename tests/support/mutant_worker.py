"""A worker with one rule broken, or one that stands still or dies where a test says.

``python -m tests.support.mutant_worker CHANGE[,CHANGE…] WORKER`` applies the changes to the
loaded modules and then runs the worker as its own ``__main__`` would: production code has no
hook for any of this. The changes are the functions at the end, by name; ``name@value`` gives
them their value.
"""

import faulthandler
import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaException

from services.adapters import kafka_assignment, kafka_config, kafka_log, process
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.domain.dedup_store import ContactRow
from services.domain.errors import TransactionLost
from services.runtime.crashpoints import CrashPoints, Point
from services.runtime.loop import BatchLoop, Step
from services.runtime.records import Inbound, Outbound, Spot
from services.runtime.settings import Settings
from tests.support.processes import WorkerProcess

Change = Callable[[str], None]


class MutantProcess(WorkerProcess):
    """A :class:`WorkerProcess` with changes applied; the same in everything else."""

    def __init__(
        self,
        changes: str,
        name: str,
        settings: Settings,
        folder: Path,
        slot: int = 0,
        **environment: str,
    ) -> None:
        super().__init__(name, settings, folder, slot, **environment)
        self.changes = changes

    @property
    def changes(self) -> str:
        """What is changed from the next start on."""
        return self.module[1]

    @changes.setter
    def changes(self, changes: str) -> None:
        self.module = ["tests.support.mutant_worker", changes, self.name]

    @property
    def is_frozen(self) -> bool:
        """Return whether it stands still (state T), as :func:`freeze` makes it."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "T"


# ------------------------------------------------------------------ faults at a point


def freeze(where: str) -> None:
    """Stand still (SIGSTOP) the nth time a crash point is passed: a zombie in the making."""
    name, _, nth = where.partition(":")
    left = int(nth or 1)

    def hit(point: Point) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGSTOP)

    def hooks(setting: str) -> CrashPoints:
        return hit

    process.crash_points = hooks  # type: ignore[attr-defined]


def api_dies(where: str) -> None:
    """End the API ``before_produce``, ``after_produce`` (not yet acknowledged) or
    ``after_ack`` (not yet answered), the nth time."""
    from services.api.publisher import Publisher

    name, _, nth = where.partition(":")
    left = int(nth or 1)
    publish, produce = Publisher.publish, Publisher._produce

    def hit(point: str) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os._exit(137)

    def dying_produce(self: Publisher, *arguments: Any) -> None:
        hit("before_produce")
        produce(self, *arguments)
        hit("after_produce")

    async def dying_publish(self: Publisher, topic: str, key: bytes, value: bytes) -> None:
        await publish(self, topic, key, value)
        hit("after_ack")

    Publisher._produce = dying_produce  # type: ignore[method-assign,assignment]
    Publisher.publish = dying_publish  # type: ignore[method-assign]


def api_acks_one(_: str) -> None:
    """The API takes a contact as soon as the leader alone has it."""
    from services.api import publisher

    good = publisher.Producer
    publisher.Producer = lambda config, **more: good(  # type: ignore[misc,assignment]
        {**config, "acks": 1, "enable.idempotence": False}, **more
    )


def dies_flushed(nth: str) -> None:
    """Die in the nth transaction when the broker has all its records but no commit."""
    left = int(nth)
    good = kafka_log.KafkaLog.transact

    def transact(
        self: kafka_log.KafkaLog, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]
    ) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            self._producer.begin_transaction()
            for record in outbound:
                self._produce(self._producer, record)
            self._producer.flush(10)
            os._exit(137)
        good(self, outbound, offsets)

    kafka_log.KafkaLog.transact = transact  # type: ignore[method-assign]


# ------------------------------------------------------------------ broken rules


def offsets_apart(_: str) -> None:
    """Records in a transaction without offsets; those follow in one of their own."""

    def transact(
        self: kafka_log.KafkaLog, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]
    ) -> None:
        try:
            self._producer.begin_transaction()
            for record in outbound:
                self._produce(self._producer, record)
            self._producer.commit_transaction(self._timeout)
        except KafkaException as error:
            raise TransactionLost(str(error)) from error
        good(self, (), offsets)

    good = kafka_log.KafkaLog.transact
    kafka_log.KafkaLog.transact = transact  # type: ignore[method-assign]


def assignor_uniform(_: str) -> None:
    """KIP-848's default assignor."""
    _consumer_setting("group.remote.assignor", "uniform")


def read_uncommitted(_: str) -> None:
    """A reader that sees what was aborted."""
    _consumer_setting("isolation.level", "read_uncommitted")


def partitioner_default(_: str) -> None:
    """librdkafka's own partitioner (CRC32) instead of everybody's murmur2."""
    _producer_setting("partitioner", "consistent_random")


def slow_transaction_timeout(_: str) -> None:
    """Kafka's default: what a dead worker left open holds readers up for a minute."""
    _producer_setting("transaction.timeout.ms", 60_000)


def offset_reset(where: str) -> None:
    """No cross-check: a missing offset silently means ``earliest`` or ``latest``."""

    def starts(self: kafka_assignment.Assignment, spots: Sequence[Spot]) -> dict[Spot, int]:
        found: dict[Spot, int] = {}
        for spot, committed, low, high in self._offsets(spots):
            found[spot] = committed if committed >= 0 else low if where == "earliest" else high
        return found

    kafka_assignment.Assignment._starts = starts  # type: ignore[method-assign]


def store_after_produce(_: str) -> None:
    """``cases`` produces first and writes MongoDB once the transaction is through."""
    append, project = MongoCaseStore.append, MongoCaseStore.project
    later: list[Callable[[], object]] = []

    def append_later(self: MongoCaseStore, entries: Any) -> frozenset[str]:
        later.append(lambda: append(self, entries))
        return frozenset()

    def project_later(self: MongoCaseStore, projections: Any) -> None:
        later.append(lambda: project(self, projections))

    loop_process = BatchLoop._process

    def process_then_store(self: BatchLoop, batch: Sequence[Inbound]) -> Step:
        step = loop_process(self, batch)
        for write in later:
            write()
        later.clear()
        return step

    MongoCaseStore.append = append_later  # type: ignore[method-assign]
    MongoCaseStore.project = project_later  # type: ignore[method-assign]
    BatchLoop._process = process_then_store  # type: ignore[method-assign]


def offsets_before_store(_: str) -> None:
    """Acknowledge a batch to Kafka, then begin to work on it."""
    loop_process = BatchLoop._process

    def acknowledge_then_process(self: BatchLoop, batch: Sequence[Inbound]) -> Step:
        self._log.transact((), {record.spot: record.offset + 1 for record in batch})
        return loop_process(self, batch)

    BatchLoop._process = acknowledge_then_process  # type: ignore[method-assign]


def replay_is_resubmission(_: str) -> None:
    """``dedup`` takes a record it decided on before for the same contact sent once more."""
    good = MongoDedupStore.rows

    def rows(self: MongoDedupStore, keys: Any) -> dict[str, ContactRow]:
        return {key: replace(row, source="elsewhere") for key, row in good(self, keys).items()}

    MongoDedupStore.rows = rows  # type: ignore[method-assign]


def blind_retry(_: str) -> None:
    """A commit without an answer is taken for a failure: the batch is done again without asking
    Kafka where the group stands."""
    good = kafka_log.KafkaLog.transact
    end = kafka_log.KafkaLog.recover

    def transact(
        self: kafka_log.KafkaLog, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]
    ) -> None:
        try:
            good(self, outbound, offsets)
        except TransactionLost:
            end(self)
            good(self, outbound, offsets)

    kafka_log.KafkaLog.transact = transact  # type: ignore[method-assign]


def _consumer_setting(name: str, value: object) -> None:
    good = kafka_config.consumer_config
    kafka_assignment.consumer_config = lambda *a: {**good(*a), name: value}  # type: ignore[attr-defined]


def _producer_setting(name: str, value: object) -> None:
    good = kafka_config.producer_config
    kafka_log.producer_config = lambda *a: {**good(*a), name: value}  # type: ignore[attr-defined]


CHANGES: Final[dict[str, Change]] = {
    change.__name__: change
    for change in (
        freeze,
        api_dies,
        api_acks_one,
        dies_flushed,
        offsets_apart,
        assignor_uniform,
        read_uncommitted,
        partitioner_default,
        slow_transaction_timeout,
        offset_reset,
        store_after_produce,
        offsets_before_store,
        replay_is_resubmission,
        blind_retry,
    )
}


def main() -> None:
    """Apply the changes and become the worker."""
    changes, worker = sys.argv[1:]
    faulthandler.register(signal.SIGUSR1)  # says where it hangs
    for change in filter(None, changes.split(",")):
        name, _, value = change.partition("@")
        CHANGES[name](value)
    sys.argv = [f"services.{worker}"]
    runpy.run_module(f"services.{worker}", run_name="__main__")


if __name__ == "__main__":
    main()
