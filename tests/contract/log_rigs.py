"""One log suite, two brokers: what a test may do to either, in the same words."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    NewTopic,
)

from services.adapters.kafka_log import KafkaLog
from services.adapters.memory_broker import MemoryBroker
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.memory_log import MemoryLog
from services.runtime.ports import TransactionalLog
from services.runtime.records import Inbound, Outbound, Spot
from tests.support.manual_clock import ManualClock
from tests.support.waiting import NotInTimeError

PARTITIONS: Final = 3
"""Of every topic here; members of a group share them."""


class Rig(Protocol):
    """A broker with two input topics that belong together, and one for output."""

    inputs: tuple[str, str]
    output: str
    group: str
    checkpoints: MemoryCheckpointStore
    clock: ManualClock
    patience: float
    """Seconds within which groups settle."""

    def member(self, slot: str = "0", alarms: list[str] | None = None) -> TransactionalLog:
        """Return a new log of the group; ``slot`` names its transactional id."""
        ...

    def feed(self, topic: str, *records: tuple[str, str]) -> None:
        """Produce (key, value) pairs, without a transaction."""
        ...

    def visible(self, topic: str) -> list[tuple[str, str]]:
        """Return what a reader of committed records sees, by (key, value)."""
        ...

    def leave_open(self, slot: str, value: str) -> None:
        """Do as a worker of ``slot`` that dies inside of a transaction."""
        ...

    def stand_still(self, log: TransactionalLog) -> None:
        """Make the group give the member up, without the member noticing."""
        ...

    def jump_back(self, log: TransactionalLog, spot: Spot) -> None:
        """Do as a client does whose seek is overruled by a late answer: read from the start."""
        ...

    def forget_offsets(self) -> None:
        """Lose what the group committed; it has no members now."""
        ...

    def make_anew(self, topic: str) -> None:
        """Delete a topic and make another one of its name."""
        ...

    def delete_before(self, spot: Spot, offset: int) -> None:
        """Do what retention does."""
        ...


class MemoryRig:
    """Everything in memory: nothing is ever waited for."""

    def __init__(self) -> None:
        self.inputs = ("left", "right")
        self.output = "out"
        self.group = "readers"
        self.checkpoints = MemoryCheckpointStore()
        self.clock = ManualClock()
        self.patience = 20.0
        self.broker = MemoryBroker(self.clock)
        for topic in (*self.inputs, self.output):
            self.broker.make_topic(topic, PARTITIONS)

    def member(self, slot: str = "0", alarms: list[str] | None = None) -> TransactionalLog:
        return MemoryLog(
            self.broker,
            self.group,
            self.inputs,
            f"{self.group}-{slot}",
            self.checkpoints,
            self.clock,
            alarms.append if alarms is not None else lambda name: None,
        )

    def feed(self, topic: str, *records: tuple[str, str]) -> None:
        self.broker.append(
            [Outbound(topic, key.encode(), value.encode()) for key, value in records]
        )

    def visible(self, topic: str) -> list[tuple[str, str]]:
        return [_pair(record) for record in self.broker.committed_records(topic)]

    def leave_open(self, slot: str, value: str) -> None:
        producer = self.broker.init_producer(f"{self.group}-{slot}")
        self.broker.produce(producer, [Outbound(self.output, b"left open", value.encode())])

    def stand_still(self, log: TransactionalLog) -> None:
        assert isinstance(log, MemoryLog)
        self.broker.expel(self.group, log.member_id)

    def jump_back(self, log: TransactionalLog, spot: Spot) -> None:
        assert isinstance(log, MemoryLog)
        log._next[spot] = 0

    def forget_offsets(self) -> None:
        self.broker.group(self.group).committed.clear()

    def make_anew(self, topic: str) -> None:
        self.broker.make_topic(topic, PARTITIONS)

    def delete_before(self, spot: Spot, offset: int) -> None:
        self.broker.delete_records(spot, offset)


class KafkaRig:
    """A real broker, topics of this test's own."""

    def __init__(self, bootstrap: str) -> None:
        name = f"log{secrets.token_hex(4)}"
        self.inputs = (f"{name}.left", f"{name}.right")
        self.output = f"{name}.out"
        self.group = f"{name}.readers"
        self.checkpoints = MemoryCheckpointStore()
        self.clock = ManualClock()
        self.patience = 90.0
        self._bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._make(*self.inputs, self.output)

    def _make(self, *topics: str) -> None:
        asked = [NewTopic(topic, PARTITIONS, 1) for topic in topics]
        for answer in self._admin.create_topics(asked).values():
            answer.result(60)

    def member(self, slot: str = "0", alarms: list[str] | None = None) -> TransactionalLog:
        return KafkaLog(
            self._bootstrap,
            self.group,
            self.inputs,
            (self.output,),
            f"{self.group}-{slot}",
            self.checkpoints,
            self.clock,
            max_poll_s=3.0,
            alarm=alarms.append if alarms is not None else lambda name: None,
        )

    def feed(self, topic: str, *records: tuple[str, str]) -> None:
        producer = Producer({"bootstrap.servers": self._bootstrap, "partitioner": "murmur2_random"})
        for key, value in records:
            producer.produce(topic, value, key)
        assert producer.flush(60) == 0

    def visible(self, topic: str) -> list[tuple[str, str]]:
        settings = {
            "bootstrap.servers": self._bootstrap,
            "group.id": f"{self.group}.judge",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
        found: list[tuple[str, str]] = []
        reader = Consumer(settings)
        try:
            for number in range(PARTITIONS):
                reader.assign([TopicPartition(topic, number, 0)])
                while (message := reader.poll(60)) is not None and message.error() is None:
                    key, value = message.key() or b"", message.value() or b""
                    found.append((key.decode(), value.decode()))
        finally:
            reader.close()
        return found

    def leave_open(self, slot: str, value: str) -> None:
        producer = Producer(
            {"bootstrap.servers": self._bootstrap, "transactional.id": f"{self.group}-{slot}"}
        )
        producer.init_transactions(60)
        producer.begin_transaction()
        producer.produce(self.output, value, "left open")
        assert producer.flush(60) == 0

    def stand_still(self, log: TransactionalLog) -> None:
        """Nothing to do: it stops polling, and loses its place after ``max_poll_s``."""

    def jump_back(self, log: TransactionalLog, spot: Spot) -> None:
        assert isinstance(log, KafkaLog)
        log._assignment.consumer.seek(TopicPartition(spot.topic, spot.partition, 0))

    def forget_offsets(self) -> None:
        answers = self._admin.delete_consumer_groups([self.group])
        answers[self.group].result(60)

    def make_anew(self, topic: str) -> None:
        self._admin.delete_topics([topic])[topic].result(60)
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._make(topic)
            except KafkaException:
                assert time.monotonic() < deadline

    def delete_before(self, spot: Spot, offset: int) -> None:
        partition = TopicPartition(spot.topic, spot.partition, offset)
        for answer in self._admin.delete_records([partition]).values():
            answer.result(60)


def _pair(record: Inbound) -> tuple[str, str]:
    return (record.key or b"").decode(), (record.value or b"").decode()


class Members:
    """The members of one test: polled in turn, closed at its end."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._open: list[TransactionalLog] = []

    def join(self, slot: str = "0", alarms: list[str] | None = None) -> TransactionalLog:
        """Return a new member that serves partitions (of a group that has some for it)."""
        log = self.rig.member(slot, alarms)
        self._open.append(log)
        return log

    def close(self, *logs: TransactionalLog) -> None:
        """Close the given members, or all that are left."""
        for log in logs or tuple(self._open):
            self._open.remove(log)
            log.close()

    def until(
        self, done: Callable[[], object], *logs: TransactionalLog, batch: int = 100
    ) -> list[Inbound]:
        """Poll the given members until ``done``; return what came."""
        came: list[Inbound] = []
        deadline = time.monotonic() + self.rig.patience
        while not done():
            if time.monotonic() > deadline:
                raise NotInTimeError(f"not within {self.rig.patience} s; came: {came}")
            for log in logs:
                came += log.poll(batch, 0.05)
        return came

    def read(self, log: TransactionalLog, count: int) -> list[Inbound]:
        """Poll until ``count`` records have come; not one more may."""
        came: list[Inbound] = []
        deadline = time.monotonic() + self.rig.patience
        while len(came) < count:
            if time.monotonic() > deadline:
                raise NotInTimeError(f"{len(came)} of {count} came")
            came += log.poll(count - len(came), 0.05)
        assert len(came) == count
        return came

    def nothing_comes(self, *logs: TransactionalLog) -> None:
        """Poll for a while; nothing may come."""
        for _ in range(8):
            for log in logs:
                assert log.poll(10, 0.05) == []


def values(records: Sequence[Inbound]) -> list[str]:
    """Return the values, sorted: partitions come in any order."""
    return sorted((record.value or b"").decode() for record in records)


def after(records: Sequence[Inbound]) -> Mapping[Spot, int]:
    """Return the offsets that acknowledge ``records``."""
    return {record.spot: record.offset + 1 for record in records}


def doubled(records: Sequence[Inbound], topic: str) -> list[Outbound]:
    """Return what a worker might make of ``records``."""
    return [Outbound(topic, record.key, b"done " + (record.value or b"")) for record in records]
