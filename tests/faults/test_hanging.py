"""Transactions that Kafka forgets when its only broker dies: ended as was decided, by whoever
comes first, and never taken along by the next transaction of the same worker."""

import struct
import time
from itertools import count

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from infra.embedded import EmbeddedStack
from schemas.errors import MalformedRecordError
from services.adapters import kafka_hanging, kafka_log
from services.adapters.kafka_admin import admin_of
from services.adapters.kafka_config import producer_config
from services.adapters.kafka_hanging import end_hanging, left_open
from services.adapters.kafka_log import KafkaLog
from services.adapters.kafka_outcomes import Entry, State, is_commit, read_entry
from services.domain.errors import OutageError, TransactionLost
from services.runtime.records import Outbound, Spot
from tests.contract.log_rigs import KafkaRig
from tests.support.manual_clock import ManualClock
from tests.support.waiting import eventually

AT_ONCE = 12
PROVOKE_SECONDS = 300.0
IN_DOUBT, AGAIN = b"in doubt", b"again"


class Forgotten:
    """Transactions that stand open in a partition and that the coordinator takes for aborted.

    Whether the broker forgets one is a race inside of it, usually lost by most. So many are
    left open at once, and the broker is killed until there are enough.
    """

    def __init__(self, engines: EmbeddedStack) -> None:
        self.kafka = engines.addresses.kafka
        self._broker = engines.kafka[0]
        self._names = (f"forgotten-{number}" for number in count())
        self._pool: list[str] = []

    def take(self, wanted: int) -> list[str]:
        """Return names of such transactions: each its transactional id and its only topic."""
        self._pool = [name for name in self._pool if self._stands_open(name)]
        deadline = time.monotonic() + PROVOKE_SECONDS
        while len(self._pool) < wanted:
            assert time.monotonic() < deadline, f"no more than {len(self._pool)} were forgotten"
            self._provoke()
        taken, self._pool = self._pool[:wanted], self._pool[wanted:]
        return taken

    def _provoke(self) -> None:
        names = [next(self._names) for _ in range(AT_ONCE)]
        admin = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        for made in admin.create_topics([NewTopic(name, 1) for name in names]).values():
            made.result(60)
        producers = [_in_a_transaction(self.kafka, name) for name in names]
        self._broker.kill()
        # They time out while it starts, before their partitions have a leader again.
        self._broker.start()
        self._pool += [name for name in names if self._was_forgotten(name)]
        for producer in producers:
            producer.purge()

    def _was_forgotten(self, name: str) -> bool:
        eventually(lambda: self._is_over(name), 60, "the coordinator is done with it", every=0.5)
        return self._stands_open(name)

    def _is_over(self, name: str) -> bool:
        try:
            with admin_of(self.kafka) as admin:
                state = admin.describe_transactions([name])[name].state
        except OutageError:
            return False  # the coordinator has only just begun
        return str(state.value) == "CompleteAbort"

    def _stands_open(self, name: str) -> bool:
        return bool(left_open(self.kafka, name, [name]))


@pytest.fixture(scope="module")
def forgotten(own_engines: EmbeddedStack) -> Forgotten:
    """Forgotten transactions, made when they are asked for."""
    return Forgotten(own_engines)


@pytest.fixture
def rig(forgotten: Forgotten) -> KafkaRig:
    """Topics for a log to read from."""
    return KafkaRig(forgotten.kafka)


@pytest.mark.stack
@pytest.mark.timeout(400)
def test_a_worker_ends_what_its_predecessor_left_before_it_begins(
    forgotten: Forgotten, rig: KafkaRig
) -> None:
    (name,) = forgotten.take(1)
    _produces_again(forgotten.kafka, rig, name)
    assert _values(forgotten.kafka, name, 1) == [AGAIN]


@pytest.mark.stack
@pytest.mark.timeout(400)
def test_a_worker_that_does_not_look_commits_what_was_aborted(
    forgotten: Forgotten, rig: KafkaRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = forgotten.take(1)
    monkeypatch.setattr(kafka_log, "end_left_open", lambda *_: [])
    _produces_again(forgotten.kafka, rig, name)
    assert _values(forgotten.kafka, name, 2) == [IN_DOUBT, AGAIN]


@pytest.mark.stack
@pytest.mark.timeout(400)
def test_transactions_without_an_owner_are_ended_as_was_decided(
    forgotten: Forgotten, monkeypatch: pytest.MonkeyPatch
) -> None:
    aborted, committed = forgotten.take(2)
    for name in (aborted, committed):
        _send(forgotten.kafka, name, b"after")

    # What was decided: an abort, as the coordinator's log has it; for the other topic a
    # commit, which no test can time.
    monkeypatch.setattr(
        kafka_hanging,
        "is_commit",
        lambda entries, producer, epoch, place: (
            place[0] == committed or is_commit(entries, producer, epoch, place)
        ),
    )
    ended = end_hanging(forgotten.kafka, patience=2.0)

    assert {aborted, committed} <= {one.topic for one in ended}
    assert end_hanging(forgotten.kafka) == []
    assert _values(forgotten.kafka, aborted, 1) == [b"after"]
    assert _values(forgotten.kafka, committed, 2) == [IN_DOUBT, b"after"]


@pytest.mark.stack
def test_after_a_lost_connection_nothing_begins_before_the_last_transaction_is_over(
    own_engines: EmbeddedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = KafkaRig(own_engines.addresses.kafka)
    log = rig.member()
    assert isinstance(log, KafkaLog)
    try:
        eventually(lambda: log.poll(1, 0.1) or log.is_serving(), 30, "it serves")
        at = {Spot(rig.inputs[0], 0): 0}
        open_at = kafka_hanging.Open(rig.output, 0, 1, 0, 0, 0)
        monkeypatch.setattr(kafka_log, "left_open", lambda *_: [open_at])
        log.transact([Outbound(rig.output, b"k", b"one")], at)
        log._shaken.set()  # as librdkafka's error callback does
        with pytest.raises(TransactionLost, match="not over everywhere"):
            log.transact([Outbound(rig.output, b"k", b"two")], at)
        log.recover()
        log.transact([Outbound(rig.output, b"k", b"three")], at)
    finally:
        log.close()
    assert rig.visible(rig.output) == [("k", "one"), ("k", "three")]


def test_the_last_decision_about_the_very_transaction_counts() -> None:
    here, there = ("t", 0), ("t", 1)
    ongoing = Entry(7, 3, State.ONGOING, frozenset({here}))
    commit = Entry(7, 3, State.PREPARE_COMMIT, frozenset({here}))
    timed_out = Entry(7, 4, State.PREPARE_ABORT, frozenset({here}))
    other = Entry(8, 3, State.PREPARE_COMMIT, frozenset({here}))

    assert is_commit([ongoing, commit], 7, 3, here) is True
    assert is_commit([ongoing, commit, ongoing, timed_out], 7, 3, here) is False
    assert is_commit([ongoing, commit, ongoing], 7, 3, here) is None
    assert is_commit([ongoing, commit], 7, 3, there) is None
    assert is_commit([other], 7, 3, here) is None


def test_an_entry_of_the_coordinators_log_is_read() -> None:
    partitions = b"\x02\x13__consumer_offsets\x02\x00\x00\x00\x05\x00"
    head = struct.pack(">hqhib", 1, 42, 7, 6000, State.PREPARE_ABORT)
    value = head + partitions + bytes(16) + b"\x00"
    expected = frozenset({("__consumer_offsets", 5)})
    assert read_entry(value) == Entry(42, 7, State.PREPARE_ABORT, expected)
    assert read_entry(b"\x00\x09" + value[2:]) is None
    with pytest.raises(MalformedRecordError):
        read_entry(value[:20])


def _in_a_transaction(kafka: str, name: str) -> Producer:
    producer = Producer(producer_config(kafka, name, 5.0) | {"log_level": 0})
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(name, IN_DOUBT)
    assert producer.flush(60) == 0
    return producer


def _produces_again(kafka: str, rig: KafkaRig, name: str) -> None:
    """Do as a worker that is started again: with the same id, once more the same record."""
    log = KafkaLog(
        kafka, rig.group, rig.inputs, (name,), name, rig.checkpoints, ManualClock(), max_poll_s=9.0
    )
    try:
        eventually(lambda: log.poll(1, 0.1) or log.is_serving(), 30, "it serves")
        log.transact([Outbound(name, b"", AGAIN)], {Spot(rig.inputs[0], 0): 0})
    finally:
        log.close()


def _send(kafka: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic, value)
    assert producer.flush(60) == 0


def _values(kafka: str, topic: str, count: int) -> list[bytes | None]:
    """Return the first ``count`` committed values, as a subscriber gets them."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[bytes | None] = []

    def is_complete() -> bool:
        found.extend(message.value() for message in consumer.consume(10, 0.5))
        return len(found) >= count

    try:
        eventually(is_complete, 20, lambda: found)
    finally:
        consumer.close()
    return found
