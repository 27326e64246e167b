"""A topic that is deleted and made anew while a producer writes to it: what comes first is refused,
and what comes next is taken by a leader that never heard of that producer (ADR 0075)."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from services.api.publisher import Publisher
from services.domain.errors import OutageError
from services.runtime.records import Outbound
from tests.support.proxy import PRODUCE, Proxy, Trouble, asks_kafka
from tests.support.waiting import eventually

BEFORE, REFUSED, TAKEN = b"before", b"refused", b"taken"
_PROBE: Final = b"is there a leader?"
_SECONDS: Final = 60.0


class Anew:
    """``topic``, of one partition, on the broker at ``bootstrap``, whose producer comes by way of
    ``proxy``."""

    def __init__(self, bootstrap: str, topic: str, proxy: Proxy) -> None:
        self.topic = topic
        self._bootstrap = bootstrap
        self._proxy = proxy
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._make()

    def standing(self) -> list[bytes]:
        """Return what stands there, of open transactions as well."""
        reader = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": f"{self.topic}.reader",
                "isolation.level": "read_uncommitted",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        found: list[bytes] = []
        try:
            reader.assign([TopicPartition(self.topic, 0, 0)])
            while (message := reader.poll(_SECONDS)) is not None and message.error() is None:
                found.append(message.value() or b"")
        finally:
            reader.close()
        return [value for value in found if value != _PROBE]

    def in_turn(self) -> Iterator[bytes]:
        """Give what the producer is to send, each at its time; at the end it hears of all."""
        yield BEFORE
        eventually(lambda: BEFORE in self.standing(), _SECONDS, "the first one stands there")
        trouble = self._proxy.trouble = Trouble(keep=asks_kafka(PRODUCE))
        self._admin.delete_topics([self.topic])[self.topic].result(_SECONDS)
        eventually(lambda: not self._is_known(), _SECONDS, "the topic is gone")
        yield REFUSED
        eventually(lambda: trouble.kept, _SECONDS, "the refusal is on its way")
        self._make()
        yield TAKEN
        eventually(lambda: TAKEN in self.standing(), _SECONDS, "the new leader takes it")
        self._proxy.trouble = Trouble()

    def _make(self) -> None:
        """Make it, and see that it takes records."""
        eventually(self._is_made, _SECONDS, "the name is free")
        producer = Producer({"bootstrap.servers": self._bootstrap, "log_level": 0})
        producer.produce(self.topic, _PROBE, partition=0)
        assert producer.flush(_SECONDS) == 0

    def _is_known(self) -> bool:
        return self.topic in self._admin.list_topics(timeout=_SECONDS).topics

    def _is_made(self) -> bool:
        try:
            self._admin.create_topics([NewTopic(self.topic, 1, 1)])[self.topic].result(_SECONDS)
        except KafkaException:
            return False
        return True


def to_produce(anew: Anew) -> Iterator[Outbound]:
    """Give the same as a worker's records."""
    return (Outbound(anew.topic, b"key", value) for value in anew.in_turn())


async def taken_by_api(anew: Anew, bootstrap: str) -> list[bytes]:
    """Hand the same to the API's producer; return what it said it has."""
    publisher = Publisher(bootstrap)
    taken: list[bytes] = []

    async def hand_in(value: bytes) -> None:
        with suppress(OutageError):
            await publisher.publish(anew.topic, b"key", value)
            taken.append(value)

    turns = anew.in_turn()
    waiting: list[asyncio.Task[None]] = []
    try:
        while (value := await asyncio.to_thread(next, turns, None)) is not None:
            waiting.append(asyncio.create_task(hand_in(value)))
        await asyncio.gather(*waiting)
    finally:
        await asyncio.to_thread(publisher.close)
    return taken
