"""The transactional log on confluent-kafka: the only place of the case path that talks Kafka.

One consumer (KIP-848, range) and one transactional producer; after any doubt about a
transaction the producer is thrown away. ADRs 0003, 0004 and 0013.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from time import monotonic
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from services.adapters.bounded import Bounded, CallHangs
from services.adapters.kafka_assignment import Assignment, words
from services.adapters.kafka_batches import LINGER_SECONDS, Batches
from services.adapters.kafka_config import USUAL, Limits, producer_config
from services.adapters.kafka_hanging import Open, end_left_open, left_open
from services.adapters.kafka_reports import noting
from services.domain.clock import Clock
from services.domain.errors import OutageError, TransactionLost, UnsafeStart
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.ports import CheckpointStore
from services.runtime.records import Inbound, Outbound, Positions, Spot
from services.runtime.waiting import Lag, WaitingSince
from services.runtime.watchdog import HUNG

logger: Final = logging.getLogger(__name__)

INIT_SECONDS: Final = 10.0
LEAST_SECONDS: Final = 0.5
"""What a commit is given at least, however long its records took."""
GRACE_SECONDS: Final = 2.0
"""By how much a call may exceed the time-out it was given."""
LOOK_SECONDS: Final = 15.0
"""How long to wait for what the cluster says about our own transactions."""
MOST_HANGING: Final = 3
"""A call that never comes back keeps its producer's threads and sockets. After more of them than
these the process ends, and is started again with none."""
_FATAL_READS: Final = frozenset(
    {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._FATAL}
)


class KafkaLog:
    """See :class:`services.runtime.ports.TransactionalLog`, whose contract this fulfils.

    It may produce to ``outputs`` only. ``alarm`` is told of unsafe things that were survived,
    by name. Of ``topics`` those stand ``alone`` that any copy of the worker may serve (ADR 0021).
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        topics: Sequence[str],
        outputs: Sequence[str],
        transactional_id: str,
        checkpoints: CheckpointStore,
        clock: Clock,
        transaction_timeout_s: float = 6.0,
        max_poll_s: float = 30.0,
        alarm: Callable[[str], None] = lambda name: None,
        crash: CrashPoints = never,
        limits: Limits = USUAL,
        alone: AbstractSet[str] = frozenset(),
        gather_s: float = LINGER_SECONDS,
    ) -> None:
        self._timeout = transaction_timeout_s
        self._crash = crash
        self._bounded = Bounded()
        self._own = (bootstrap, transactional_id, tuple(outputs))
        self._batches = Batches(limits.batch * 1024, gather_s)
        self._waiting = WaitingSince()
        self._producer_config = producer_config(
            bootstrap, transactional_id, transaction_timeout_s, limits
        )
        self._shaken = threading.Event()
        self._missing: list[str] = []
        """Why records of this transaction are on no topic, as far as the client has told."""
        self._producer: Producer | None = self._new_producer()
        self._assignment = Assignment(
            bootstrap, group, tuple(topics), checkpoints, clock, max_poll_s, alarm, limits, alone
        )

    def poll(self, max_records: int, timeout_s: float) -> list[Inbound]:
        """See the port."""
        assignment = self._assignment
        assignment.settle()
        messages = self._batches.take(assignment.consumer.consume, max_records, timeout_s)
        assignment.checkpoint_when_due()
        usable = self._usable(messages)
        self._waiting.read(usable)
        return usable

    def _usable(self, messages: Sequence[Message]) -> list[Inbound]:
        served, id_of = self._assignment.served, self._assignment.topics.id_of
        usable: list[Inbound] = []
        stale = self._assignment.read_again(messages)
        for message in messages:
            error = message.error()
            if error is not None:
                _look_at(message, error)
                continue
            topic, partition = message.topic() or "", message.partition() or 0
            # A partition may have been taken away while this very batch was collected.
            if (topic, partition) not in served or (topic, partition) in stale:
                continue
            headers: Any = message.headers()
            usable.append(
                Inbound(
                    topic,
                    partition,
                    message.offset() or 0,
                    id_of(topic),
                    message.key(),
                    message.value(),
                    tuple((name, value or b"") for name, value in headers) if headers else (),
                    message.timestamp()[1],
                )
            )
        return usable

    def positions(self) -> Positions:
        """See the port."""
        return self._assignment.positions()

    def held(self) -> Mapping[Spot, int]:
        """See the port."""
        return self._assignment.held()

    def is_serving(self) -> bool:
        """See the port."""
        return bool(self._assignment.served)

    def served(self) -> int:
        """Return how many partitions are served now."""
        return len(self._assignment.served)

    def lag(self, is_fresh: bool, now: float) -> Lag | None:
        """Return what waits, None where nobody knows; see
        :meth:`services.adapters.kafka_assignment.Assignment.spans`."""
        spans = self._assignment.spans(is_fresh)
        return None if spans is None else self._waiting.lag(spans, now)

    def no_lag(self, now: float) -> Lag | None:
        """Take note that a round found nothing to read: in what is served nothing waits."""
        spans = self._assignment.spans(is_fresh=False, is_idle=True)
        return None if spans is None else self._waiting.lag(spans, now)

    def transact(self, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> None:
        """See the port."""
        if not offsets:
            raise ValueError("a transaction without offsets is not fenced (ADR 0003)")
        producer = self._producer
        if producer is None:
            raise TransactionLost("no producer since the last one was given up")
        self._see_that_the_last_one_ended(producer)
        try:
            self._missing.clear()
            producer.begin_transaction()
            for record in outbound:
                self._produce(producer, record)
            self._crash("in_transaction")
            positions = [TopicPartition(s.topic, s.partition, at) for s, at in offsets.items()]
            group = self._assignment.consumer.consumer_group_metadata()
            self._bounded.call(
                lambda: producer.send_offsets_to_transaction(positions, group, self._timeout),
                self._timeout + GRACE_SECONDS,
            )
            self._crash("before_commit")
            producer.commit_transaction(self._until_all_are_there(producer))
        except (KafkaException, BufferError, CallHangs) as error:
            raise TransactionLost(words(error)) from error
        self._assignment.committed(offsets)

    @staticmethod
    def _produce(producer: Producer, record: Outbound) -> None:
        headers: Any = list(record.headers) or None
        try:
            producer.produce(record.topic, record.value, record.key, headers=headers)
        except BufferError:
            producer.poll(1.0)
            producer.produce(record.topic, record.value, record.key, headers=headers)

    def _until_all_are_there(self, producer: Producer) -> float:
        """Wait until each record has its place (ADR 0075); return the seconds left for the commit.

        Raises:
            TransactionLost: one has none, or not in time.
        """
        until = monotonic() + self._timeout
        waiting = producer.flush(self._timeout)
        if waiting or self._missing:
            why = self._missing[0] if self._missing else f"{waiting} not delivered in time"
            raise TransactionLost(f"not all records are on their topics: {why}")
        return max(LEAST_SECONDS, until - monotonic())

    def _new_producer(self) -> Producer:
        shaken = threading.Event()
        missing: list[str] = []
        callbacks = {"error_cb": lambda error: shaken.set(), "on_delivery": noting(missing)}
        producer = Producer(self._producer_config | callbacks)
        try:
            producer.init_transactions(INIT_SECONDS)
        except KafkaException as error:
            raise OutageError("kafka", words(error)) from error
        producer.poll(0)
        shaken.clear()
        self._look(lambda: end_left_open(*self._own, logger.warning))
        self._shaken, self._missing = shaken, missing
        return producer

    def _see_that_the_last_one_ended(self, producer: Producer) -> None:
        """A commit that was confirmed may be forgotten, too, in parts, when the broker died
        right after; a transaction of ours that was lost then would undo those.

        Raises:
            TransactionLost: something is still open, or nobody can tell.
        """
        producer.poll(0)  # tells of lost connections
        if not self._shaken.is_set():
            return
        self._shaken.clear()
        try:
            found = self._look(lambda: left_open(*self._own))
        except OutageError as outage:
            raise TransactionLost(str(outage)) from outage
        if found:
            raise TransactionLost("the last transaction is not over everywhere")

    def _look(self, question: Callable[[], list[Open]]) -> list[Open]:
        """Ask about our own transactions, within bounds."""
        found: list[Open] = []
        try:
            self._bounded.call(lambda: found.extend(question()), LOOK_SECONDS)
        except CallHangs as error:
            raise OutageError("kafka", words(error)) from error
        return found

    def recover(self) -> None:
        """See the port. What a commit without an answer really did is settled by
        ``init_transactions``; the positions are read again after it."""
        self._give_up_producer()
        if self._bounded.hanging() > MOST_HANGING:
            logger.error("ended: calls into the Kafka client never came back")
            raise SystemExit(HUNG)
        self._producer = self._new_producer()
        self._assignment.reread()

    def rewind(self) -> None:
        """See the port."""
        self._assignment.rewind()

    def pause(self) -> None:
        """See the port."""
        self._assignment.pause()

    def resume(self) -> None:
        """See the port."""
        self._assignment.resume()

    def close(self) -> None:
        """See the port."""
        self._assignment.close()
        if self._producer is not None:
            self._producer.purge()
        self._bounded.close()

    def _give_up_producer(self) -> None:
        """Let nothing come of it any more: it would try again by itself once a broker is back."""
        if self._producer is not None:
            self._producer.purge()
        self._producer = None


def _look_at(message: Message, error: KafkaError) -> None:
    if error.code() in _FATAL_READS or error.fatal():
        raise UnsafeStart(
            f"{message.topic()}[{message.partition()}] at {message.offset()}: {error.str()}"
        )
    logger.warning("consumer trouble", extra={"error": error.name()})
