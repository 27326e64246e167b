"""Records to Kafka: acknowledged by all replicas, or said to be not.

librdkafka reports deliveries on the poll thread; they are handed to the event loop in
bunches, because waking the loop costs more than the report.
"""

import asyncio
import logging
import threading
from collections import deque
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from services.adapters.kafka_reports import trouble_with
from services.api.errors import Problem
from services.domain.errors import OutageError

logger: Final = logging.getLogger(__name__)

DELIVERY_SECONDS: Final = 5.0
"""After this the client is told to send again; with an idempotency key that is harmless."""
IN_FLIGHT: Final = 4000
_POLL_SECONDS: Final = 0.1
_FLUSH_SECONDS: Final = 6.0

Delivery = tuple["asyncio.Future[None]", KafkaError | None, Producer]


class Publisher:
    """An idempotent producer for one event loop. Made inside the loop it serves."""

    def __init__(self, bootstrap: str, in_flight: int = IN_FLIGHT) -> None:
        self._bootstrap = bootstrap
        self._limit = in_flight
        self._in_flight = 0
        self._loop = asyncio.get_running_loop()
        self._delivered: deque[Delivery] = deque()
        self._is_waking = False
        self._is_closing = False
        self._producer = self._connect()
        self._retired: list[Producer] = []
        """Producers that were given up, until they have told of all that they held."""
        self._thread = threading.Thread(target=self._poll, name="kafka-poll", daemon=True)
        self._thread.start()

    @property
    def in_flight(self) -> int:
        """How many records wait for their acknowledgement."""
        return self._in_flight

    async def publish(self, topic: str, key: bytes, value: bytes) -> None:
        """Return when all in-sync replicas have the record.

        Raises:
            OutageError: Kafka did not take it; whether it has it after all is not known.
            Problem: too many records wait already.
        """
        if self._in_flight >= self._limit:
            raise Problem(
                503,
                "overloaded",
                "Too many contacts at once. Send it again in a moment.",
                rule="in_flight",
                retry_after=1,
            )
        future: asyncio.Future[None] = self._loop.create_future()
        producer = self._producer

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            self._delivered.append((future, trouble_with(error, message), producer))
            self._wake()

        self._in_flight += 1
        try:
            self._produce(producer, topic, key, value, on_delivery)
            await future
        finally:
            self._in_flight -= 1

    def reaches(self, topic: str, seconds: float = 1.0) -> bool:
        """Ask the cluster for ``topic``; blocks, so call it in a thread."""
        try:
            found = self._producer.list_topics(topic, timeout=seconds).topics.get(topic)
        except KafkaException:
            return False
        return found is not None and found.error is None

    def close(self) -> None:
        """Deliver what waits, for a few seconds at most, and end the thread. Blocks."""
        remaining = self._producer.flush(_FLUSH_SECONDS)
        if remaining:
            logger.error("records not delivered at the end", extra={"reason": "flush_timeout"})
        self._is_closing = True
        self._thread.join(2.0)

    def _produce(
        self, producer: Producer, topic: str, key: bytes, value: bytes, on_delivery: Any
    ) -> None:
        try:
            producer.produce(topic, value, key, on_delivery=on_delivery)
        except BufferError:
            raise OutageError("kafka", "the local queue is full") from None
        except KafkaException as error:
            self._note(error.args[0], producer)
            raise OutageError("kafka", f"not produced: {error.args[0].name()}") from None

    def _connect(self) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._bootstrap,
                "client.id": "complaints-api",
                "enable.idempotence": True,
                "acks": "all",
                # As Java and kafka-python: whoever produces, a case has one partition.
                "partitioner": "murmur2_random",
                "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
                "linger.ms": 5,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 4 * self._limit,
                "socket.keepalive.enable": True,
                "reconnect.backoff.max.ms": 1000,
                "log_level": 3,
            },
            logger=logger,
        )

    def _poll(self) -> None:
        while not self._is_closing:
            for old in self._retired[:]:
                old.poll(0)
                if not len(old):
                    self._retired.remove(old)
            self._producer.poll(_POLL_SECONDS)

    def _wake(self) -> None:
        """On the poll thread: have the loop settle what was delivered, once for many."""
        if self._is_waking:
            return
        self._is_waking = True
        try:
            self._loop.call_soon_threadsafe(self._settle)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._delivered.clear()

    def _settle(self) -> None:
        self._is_waking = False
        while self._delivered:
            future, error, producer = self._delivered.popleft()
            if error is not None:
                self._note(error, producer)
            if future.done():  # its client went away
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(OutageError("kafka", f"not delivered: {error.name()}"))

    def _note(self, error: KafkaError, producer: Producer) -> None:
        """Log the failure by name; after a fatal one go on with a new producer. What the old one
        held is given back as not delivered, each to who waits for it."""
        logger.warning("not delivered", extra={"error": error.name()})
        is_fatal = error.fatal() or error.code() == KafkaError._FATAL
        if is_fatal and producer is self._producer:
            self._producer = self._connect()
            producer.purge()
            self._retired.append(producer)
