"""Commands of the system to cases, outside of any transaction: each has an id of its own and
says which state of the case it is about, so sending one again changes nothing."""

import logging
from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import KafkaException, Producer

from schemas.cases import CaseCommand
from schemas.codec import encode
from schemas.keys import case_key
from services.adapters.kafka_config import COMMON
from services.adapters.kafka_reports import noting
from services.domain.errors import OutageError

logger: Final = logging.getLogger(__name__)

DELIVERY_SECONDS: Final = 6.0


class KafkaCommands:
    """An idempotent producer of one topic."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._config: dict[str, Any] = {
            **COMMON,
            "bootstrap.servers": bootstrap,
            "client.id": "complaints-commands",
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000),
            "compression.type": "lz4",
            "linger.ms": 5,
        }
        self._producer = Producer(self._config, logger=logger)

    def send(self, commands: Sequence[CaseCommand]) -> None:
        """Return when all in-sync replicas have all ``commands``.

        Raises:
            OutageError: Kafka did not take one of them; whether it has it after all is not known.
        """
        failures: list[str] = []
        try:
            for command in commands:
                self._producer.produce(
                    self._topic,
                    encode(command),
                    case_key(command.tenant, command.case_id),
                    on_delivery=noting(failures),
                )
                self._producer.poll(0)
            left = self._producer.flush(DELIVERY_SECONDS + 1)
        except (BufferError, KafkaException) as error:
            raise self._renewed(type(error).__name__) from None
        if left or failures:
            raise self._renewed(failures[0] if failures else f"{left} not delivered in time")

    def close(self) -> None:
        """Let go of the connection; nothing waits between two calls of :meth:`send`."""
        self._producer.flush(0)

    def _renewed(self, problem: str) -> OutageError:
        """Return the outage; go on with a new producer, as the old one may be broken for good."""
        self._producer.purge()
        self._producer = Producer(self._config, logger=logger)
        return OutageError("kafka", f"commands not delivered: {problem}")
