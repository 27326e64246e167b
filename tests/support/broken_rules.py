"""Rules of the decision records broken in a worker process, one function each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import nan
from typing import Any

from confluent_kafka import KafkaException
from pymongo import WriteConcern

from schemas import codec, record, topics
from services.adapters import kafka_assignment, kafka_config, kafka_log, mongo, process
from services.adapters.clock import SystemClock
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_timers import MongoTimerStore
from services.adapters.shared_clock import offset_of
from services.domain.dedup_store import ContactRow
from services.domain.errors import OutageError, TransactionLost
from services.runtime.burying import bury
from services.runtime.drain import DrainMeter
from services.runtime.loop import BatchLoop, Step
from services.runtime.records import Handled, Inbound, Outbound, Spot
from tests.support.exchange import exchange


def offsets_apart(_: str) -> None:
    """Records in a transaction without offsets; those follow in one of their own."""

    def transact(
        self: kafka_log.KafkaLog, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]
    ) -> None:
        producer = self._producer
        if producer is None:
            raise TransactionLost("no producer since the last one was given up")
        try:
            producer.begin_transaction()
            for one in outbound:
                self._produce(producer, one)
            producer.commit_transaction(self._timeout)
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
        self._log.transact((), {one.spot: one.offset + 1 for one in batch})
        return loop_process(self, batch)

    BatchLoop._process = acknowledge_then_process  # type: ignore[method-assign]


def no_watchdog(_: str) -> None:
    """Nobody ends a worker that hangs."""

    class Asleep:
        def __init__(self, *arguments: object, **named: object) -> None:
            pass

        def close(self) -> None:
            pass

    exchange(process, "Watchdog", Asleep)


def no_halving(_: str) -> None:
    """One record that breaks the handler takes its whole batch with it."""

    def handle(self: BatchLoop, batch: Sequence[Inbound], tried: int = 0) -> Handled:
        try:
            return self._handler.handle(batch, self._log.positions())
        except OutageError:
            raise
        except Exception as error:  # noqa: BLE001 - as the good one
            return Handled(dead=[bury(self._handler, one, error) for one in batch])

    BatchLoop._handle = handle  # type: ignore[method-assign]


def trusts_its_machine(_: str) -> None:
    """Every process goes by the clock of its own machine."""
    exchange(process, "open_clock", lambda *_: SystemClock())


def herd_forgets(_: str) -> None:
    """``sla`` remembers only what is still to come due: what came due while nobody held its
    partition is not proposed."""
    good = MongoTimerStore.due_between

    def due_between(self: MongoTimerStore, *arguments: Any, **named: Any) -> Any:
        now = datetime.now(UTC) + (offset_of(self._timers.database) or timedelta())
        return [row for row in good(self, *arguments, **named) if row.due and row.due > now]

    MongoTimerStore.due_between = due_between  # type: ignore[method-assign]


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


def primary_alone(_: str) -> None:
    """Whoever writes to MongoDB goes on as soon as the primary alone has it."""
    good = mongo.open_database

    def open_database(*arguments: Any, **named: Any) -> Any:
        return good(*arguments, **named).with_options(write_concern=WriteConcern(w=1, j=True))

    exchange(process, "open_database", open_database)


def no_time_limits(_: str) -> None:
    """Whoever asks MongoDB waits for as long as it takes, and nobody looks after it meanwhile."""
    mongo.SOCKET_MS = None  # type: ignore[assignment,misc]
    mongo.HEARTBEAT_MS = 3_600_000  # type: ignore[misc]


def strict_reader(_: str) -> None:
    """Fields that a newer version wrote are refused, not carried along."""
    codec.is_ordinary = lambda value: False
    record._is_reading = lambda info: False


def pace_unknown(_: str) -> None:
    """Nobody measures how quickly the work goes."""
    DrainMeter.seconds = lambda self, lag: nan  # type: ignore[method-assign]


def leaks(_: str) -> None:
    """Each batch leaves a file open and some memory behind."""
    good = BatchLoop._process
    kept: list[object] = []

    def process(self: BatchLoop, batch: Sequence[Inbound]) -> Step:
        kept.append((open("/dev/null", "rb"), bytearray(b"x" * 300_000)))  # noqa: SIM115
        return good(self, batch)

    BatchLoop._process = process  # type: ignore[method-assign]


def _consumer_setting(name: str, value: object) -> None:
    good = kafka_config.consumer_config
    exchange(kafka_assignment, "consumer_config", lambda *a: {**good(*a), name: value})


def _producer_setting(name: str, value: object) -> None:
    good = kafka_config.producer_config
    exchange(kafka_log, "producer_config", lambda *a: {**good(*a), name: value})


def loses_the_lane(_: str) -> None:
    """Whatever lane a contact came by, it goes on with the others."""

    def onward(
        read: topics.Topic, written: topics.Topic, real: Callable[[str], str] = str
    ) -> dict[str, str]:
        return dict.fromkeys(good(read, written, real), real(written.name))

    good = topics.onward
    topics.onward = onward
