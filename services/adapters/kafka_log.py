"""The transactional log on confluent-kafka: the only place of the case path that talks Kafka.

One consumer (KIP-848, range) and one transactional producer. It serves a partition number
only while it holds that number of *all* its topics, knows the committed position of each,
and after any doubt throws the producer away. ADRs 0003 and 0004.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from services.adapters.kafka_config import consumer_config, producer_config
from services.adapters.kafka_offsets import start_offset
from services.adapters.kafka_topics import Topics
from services.domain.clock import Clock
from services.domain.errors import OutageError, TransactionLost, UnsafeStart
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.ports import Checkpoint, CheckpointStore
from services.runtime.records import Inbound, Outbound, Positions, Spot

logger: Final = logging.getLogger(__name__)

CALL_SECONDS: Final = 10.0
CHECKPOINT_SECONDS: Final = 1.0
_FATAL_READS: Final = frozenset(
    {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._FATAL}
)


class KafkaLog:
    """See :class:`services.runtime.ports.TransactionalLog`, whose contract this fulfils.

    ``alarm`` is told of unsafe things that were survived, by name.
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        topics: Sequence[str],
        transactional_id: str,
        checkpoints: CheckpointStore,
        clock: Clock,
        transaction_timeout_s: float = 6.0,
        max_poll_s: float = 30.0,
        alarm: Callable[[str], None] = lambda name: None,
        crash: CrashPoints = never,
    ) -> None:
        self._group = group
        self._names = tuple(topics)
        self._checkpoints = checkpoints
        self._clock = clock
        self._timeout = transaction_timeout_s
        self._alarm = alarm
        self._crash = crash
        self._committed: dict[Spot, int] = {}
        self._served: frozenset[Spot] = frozenset()
        self._is_paused = False
        self._unsettled: set[Spot] = set()
        self._saved_at = clock.monotonic()
        self._unsaved: dict[Spot, Checkpoint] = {}
        self._topics = Topics(bootstrap, self._names)
        self._producer_config = producer_config(bootstrap, transactional_id, transaction_timeout_s)
        self._producer = self._new_producer()
        self._consumer = Consumer(consumer_config(bootstrap, group, max_poll_s))
        self._consumer.subscribe(
            list(self._names),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )

    # ------------------------------------------------------------------ reading

    def poll(self, max_records: int, timeout_s: float) -> list[Inbound]:
        """See the port."""
        if self._unsettled:
            self._settle()
        messages: list[Message] = self._consumer.consume(1, timeout_s)
        if messages and max_records > 1:
            messages += self._consumer.consume(max_records - 1, 0.003)
        self._checkpoint_when_due()
        return [self._inbound(m) for m in messages if self._is_usable(m)]

    def _is_usable(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            # A partition may have been taken away while this very batch was collected.
            return _spot(message) in self._served
        if error.code() in _FATAL_READS or error.fatal():
            raise UnsafeStart(
                f"{message.topic()}[{message.partition()}] at {message.offset()}: {error.str()}"
            )
        logger.warning("consumer trouble", extra={"error": error.name()})
        return False

    def _inbound(self, message: Message) -> Inbound:
        spot = _spot(message)
        headers: Any = message.headers() or ()
        return Inbound(
            spot.topic,
            spot.partition,
            message.offset() or 0,
            self._topics.id_of(spot.topic),
            message.key(),
            message.value(),
            tuple((name, value or b"") for name, value in headers),
            message.timestamp()[1],
        )

    def positions(self) -> Positions:
        """See the port."""
        return {
            (self._topics.id_of(spot.topic), spot.partition): offset
            for spot, offset in self._committed.items()
        }

    def is_serving(self) -> bool:
        """See the port."""
        return bool(self._served)

    def served(self) -> int:
        """Return how many partitions are served now."""
        return len(self._served)

    # ------------------------------------------------------------------ the transaction

    def transact(self, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> None:
        """See the port."""
        if not offsets:
            raise ValueError("a transaction without offsets is not fenced (ADR 0003)")
        producer = self._producer
        try:
            producer.begin_transaction()
            for record in outbound:
                self._produce(producer, record)
            self._crash("in_transaction")
            producer.send_offsets_to_transaction(
                [TopicPartition(s.topic, s.partition, next_) for s, next_ in offsets.items()],
                self._consumer.consumer_group_metadata(),
                self._timeout,
            )
            self._crash("before_commit")
            producer.commit_transaction(self._timeout)
        except (KafkaException, BufferError) as error:
            raise TransactionLost(_words(error)) from error
        for spot, next_offset in offsets.items():
            if spot in self._committed:
                self._committed[spot] = next_offset
                checkpoint = Checkpoint(self._topics.id_of(spot.topic), next_offset)
                self._unsaved[spot] = checkpoint

    def _produce(self, producer: Producer, record: Outbound) -> None:
        headers: Any = list(record.headers) or None
        for last_try in (False, True):
            try:
                producer.produce(record.topic, record.value, record.key, headers=headers)
            except BufferError:
                if last_try:
                    raise
                producer.poll(1.0)
            else:
                return

    def _new_producer(self) -> Producer:
        producer = Producer(self._producer_config)
        try:
            producer.init_transactions(CALL_SECONDS)
        except KafkaException as error:
            raise OutageError("kafka", _words(error)) from error
        return producer

    def recover(self) -> None:
        """See the port. What a commit without an answer really did is settled by
        ``init_transactions``; the positions are read again after it."""
        self._producer.purge()
        self._producer = self._new_producer()
        if self._committed:
            self._committed.update(self._starts(sorted(self._committed)))
        self.rewind()

    def rewind(self) -> None:
        """See the port."""
        self._seek(self._committed)

    def _seek(self, starts: Mapping[Spot, int]) -> None:
        try:
            for spot, offset in starts.items():
                self._consumer.seek(TopicPartition(spot.topic, spot.partition, offset))
        except KafkaException as error:
            raise OutageError("kafka", _words(error)) from error

    # ------------------------------------------------------------------ pausing

    def pause(self) -> None:
        """See the port."""
        self._is_paused = True
        self._apply_gate()

    def resume(self) -> None:
        """See the port."""
        self._is_paused = False
        self._apply_gate()

    def _apply_gate(self) -> None:
        """Serve partition numbers held of all topics; pause the rest."""
        whole = self._topics.whole_partitions(self._committed)
        served = {spot for spot in self._committed if spot.partition in whole}
        self._served = frozenset() if self._is_paused else frozenset(served)
        flowing = [TopicPartition(s.topic, s.partition) for s in self._served]
        held = [TopicPartition(s.topic, s.partition) for s in set(self._committed) - self._served]
        if held:
            self._consumer.pause(held)
        if flowing:
            self._consumer.resume(flowing)

    # ------------------------------------------------------------------ assignment

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Take the partitions, paused; :meth:`_settle` finds their starts outside of the
        callback, where an outage can be waited out."""
        consumer.incremental_assign(
            [TopicPartition(p.topic, p.partition, OFFSET_BEGINNING) for p in partitions]
        )
        consumer.pause(partitions)
        self._unsettled.update(Spot(p.topic, p.partition) for p in partitions)

    def _settle(self) -> None:
        self._topics.refresh()
        starts = self._starts(sorted(self._unsettled))
        self._committed.update(starts)
        self._unsettled.clear()
        self._seek(starts)
        self._apply_gate()
        logger.info("partitions assigned", extra={"reason": _listed(self._committed)})

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._save_checkpoints()
        for partition in partitions:
            spot = Spot(partition.topic, partition.partition)
            self._committed.pop(spot, None)
            self._unsettled.discard(spot)
        consumer.incremental_unassign(partitions)
        self._apply_gate()
        logger.info("partitions revoked", extra={"reason": _listed(self._committed)})

    def _starts(self, spots: Sequence[Spot]) -> dict[Spot, int]:
        """Return where each spot may be read from, or refuse (``kafka_offsets``)."""
        remembered = self._checkpoints.load(self._group)
        starts: dict[Spot, int] = {}
        for spot, answer, low, high in self._offsets(spots):
            start = start_offset(
                spot,
                self._topics.id_of(spot.topic),
                answer if answer >= 0 else None,
                remembered.get(spot),
                low,
                high,
            )
            if start.alarm:
                logger.error(
                    "unsafe offset survived",
                    extra={"topic": spot.topic, "partition": spot.partition, "rule": start.alarm},
                )
                self._alarm(start.alarm)
            starts[spot] = start.offset
        return starts

    def _offsets(self, spots: Sequence[Spot]) -> list[tuple[Spot, int, int, int]]:
        """Ask Kafka for each spot's committed offset (negative: none), log start and end."""
        asked = [TopicPartition(spot.topic, spot.partition) for spot in spots]
        found: list[tuple[Spot, int, int, int]] = []
        try:
            for answer in self._consumer.committed(asked, CALL_SECONDS):
                if answer.error is not None:
                    raise KafkaException(answer.error)
                low, high = self._consumer.get_watermark_offsets(answer, CALL_SECONDS)
                found.append((Spot(answer.topic, answer.partition), answer.offset, low, high))
        except KafkaException as error:
            raise OutageError("kafka", _words(error)) from error
        return found

    # ------------------------------------------------------------------ checkpoints, end

    def _checkpoint_when_due(self) -> None:
        if self._clock.monotonic() - self._saved_at >= CHECKPOINT_SECONDS:
            self._save_checkpoints()

    def _save_checkpoints(self) -> None:
        self._saved_at = self._clock.monotonic()
        if not self._unsaved:
            return
        try:
            self._checkpoints.save(self._group, self._unsaved)
            self._unsaved = {}
        except OutageError as outage:
            # Only a cross-check: kept and saved later, never a reason to stop.
            logger.warning("checkpoint not saved", extra={"error": str(outage)})

    def close(self) -> None:
        """See the port."""
        self._save_checkpoints()
        self._consumer.close()
        self._producer.purge()


def _spot(message: Message) -> Spot:
    return Spot(message.topic() or "", message.partition() or 0)


def _words(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return str(reason.str()) if isinstance(reason, KafkaError) else str(reason)


def _listed(spots: Mapping[Spot, int]) -> str:
    return " ".join(f"{spot.topic}[{spot.partition}]" for spot in sorted(spots)) or "none"
