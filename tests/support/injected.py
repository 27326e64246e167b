"""Faults put into a worker process from inside: it stands still, dies, or its clock is off."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer

from schemas.carrying import Envelope
from schemas.contacts import ContactDeduplicated
from services.adapters import kafka_log, process
from services.adapters.clock import SystemClock
from services.dedup import handler
from services.runtime.crashpoints import CrashPoints, Point
from services.runtime.loop import BatchLoop, LoopSettings
from services.runtime.ports import Handler
from services.runtime.records import Outbound, Spot
from tests.simulation.curses import Cursed
from tests.support.exchange import exchange


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

    exchange(process, "crash_points", hooks)


def hangs(nth: str) -> None:
    """Never return from the nth batch, as a handler does that waits for ever."""
    left = int(nth)

    def hit(point: Point) -> None:
        nonlocal left
        if point == "after_poll":
            left -= 1
            while left <= 0:
                time.sleep(60)

    exchange(process, "crash_points", lambda setting: hit)


def cursed(word: str) -> None:
    """A defect of ours: each record that holds ``word`` breaks the handler."""

    def loop(settings: LoopSettings, log: Any, handler: Handler, *others: Any) -> BatchLoop:
        return BatchLoop(settings, log, Cursed(handler, word, lambda: True), *others)

    exchange(process, "BatchLoop", loop)


def writes_the_future(_: str) -> None:
    """Write as a later release may: with a field that nobody knows yet in each decided contact,
    on its topic and in the ledger. Not in what stands in a case's log: it must be the same
    bytes whoever writes it."""

    class Newer(Envelope):
        def around(self, carried: bytes, values: dict[str, Any]) -> bytes:
            written = super().around(carried, values)
            return written[:-1] + b',"from_the_future":{"words":["\xe5\xbf\xab"]}}'

    exchange(handler, "DECISION", Newer(ContactDeduplicated, "contact"))


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

    def producer(config: Mapping[str, Any], **more: Any) -> Producer:
        return Producer({**config, "acks": 1, "enable.idempotence": False}, **more)

    exchange(publisher, "Producer", producer)


def api_takes_at_once(_: str) -> None:
    """The API takes a contact before Kafka has it."""
    from services.api.publisher import Publisher

    async def publish(self: Publisher, topic: str, key: bytes, value: bytes) -> None:
        self._produce(self._producer, topic, key, value, lambda error, message: None)

    Publisher.publish = publish  # type: ignore[method-assign]


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
            producer = self._producer
            assert producer is not None
            producer.begin_transaction()
            for record in outbound:
                self._produce(producer, record)
            producer.flush(60)
            os._exit(137)
        good(self, outbound, offsets)

    kafka_log.KafkaLog.transact = transact  # type: ignore[method-assign]


def machine_off(seconds: str) -> None:
    """The clock of the machine is so many seconds ahead (or, below zero, behind)."""
    off = timedelta(seconds=float(seconds))

    def wall(self: SystemClock) -> datetime:
        return datetime.now(UTC) + off

    SystemClock._wall = wall  # type: ignore[method-assign]
