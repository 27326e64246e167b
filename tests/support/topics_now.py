"""What stands on the topics of a test's table now, as a subscriber gets it."""

import time
from collections.abc import Iterator
from typing import Final

from confluent_kafka import Consumer, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.support.namespaces import Namespace
from tests.support.waiting import NotInTimeError

_STALLED_SECONDS: Final = 90.0


def topic_ids(namespace: Namespace, names: tuple[str, ...]) -> dict[str, str]:
    """Return the ids of the table's topics ``names``."""
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka, "log_level": 0})
    real = {namespace.topic(name): name for name in names}
    answers = admin.describe_topics(TopicCollection(list(real)))
    return {real[name]: str(answer.result(60).topic_id) for name, answer in answers.items()}


def read_all(namespace: Namespace, name: str, isolation: str = "read_committed") -> list[Message]:
    """Return what stands on the table's topic ``name`` now, as a subscriber gets it."""
    return list(_reading(namespace, namespace.topic(name), isolation))


def _reading(namespace: Namespace, topic: str, isolation: str) -> Iterator[Message]:
    consumer = Consumer(
        {
            "bootstrap.servers": namespace.settings.kafka,
            "group.id": f"{namespace.settings.prefix}checker",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "log_level": 3,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=60).topics[topic].partitions
        left = set(partitions)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        deadline = time.monotonic() + _STALLED_SECONDS
        while left:
            messages = consumer.consume(1000, 0.1)
            if not messages and time.monotonic() > deadline:
                raise NotInTimeError(f"{topic} does not get to its end")
            for message in messages:
                deadline = time.monotonic() + _STALLED_SECONDS
                error = message.error()
                if error is None:
                    yield message
                elif error.name() == "_PARTITION_EOF":
                    left.discard(message.partition())
                else:
                    raise AssertionError(f"{topic}: {error.str()}")
    finally:
        consumer.close()
