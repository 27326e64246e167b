"""The faust app, made by a factory, with its guard rails.

Each rail keeps out a way in which faust-streaming 0.15.3 loses, doubles or exposes something:

- at least once, one event at a time, streams drained before a stop;
- no tables, no faust timers, no topics of its own, no web server;
- an event never raises: what cannot be read goes to the dead letters with its bytes, and a
  send is awaited until the broker has it; anything else ends the process (70), which its
  supervisor starts again from the committed offset;
- raw values: faust acknowledges before it decodes;
- ``read_committed``: faust reads aborted records unless its transport is told otherwise.
"""

import logging
import os
from collections.abc import Callable
from typing import Any, Final

import faust
from faust.transport.drivers import aiokafka as driver

from schemas import topics
from schemas.codec import decode, encode
from schemas.dead import DeadFacts, dead_topic_of, to_headers
from schemas.errors import MalformedRecordError
from schemas.keys import hub_key
from schemas.trends import ContactsCounted
from services.domain.clock import Clock
from services.runtime.settings import Settings
from services.trends.logic import Watch

logger: Final = logging.getLogger(__name__)

UNSAFE: Final = 70
CODE_VERSION: Final = "0.1.0"


class _ReadCommittedThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class _ReadCommittedConsumer(driver.Consumer):
    def _new_consumer_thread(self) -> Any:
        return _ReadCommittedThread(self, loop=self.loop, beacon=self.beacon)


class ReadCommittedTransport(driver.Transport):
    """faust's Kafka transport, not shown what was aborted."""

    Consumer = _ReadCommittedConsumer


def make_app(settings: Settings, data_folder: str) -> faust.App:
    """Return an app without agents, with every guard rail set."""
    broker = "kafka://" + settings.kafka.replace(",", ";kafka://")
    app = faust.App(
        settings.group("trends"),
        broker=broker,
        datadir=data_folder,
        processing_guarantee="at_least_once",
        stream_wait_empty=True,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        producer_acks=-1,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        value_serializer="raw",
        key_serializer="raw",
        store="memory://",
    )
    app.transport = ReadCommittedTransport(app.conf.broker_consumer, app)
    return app


def add_agent(
    app: faust.App,
    settings: Settings,
    watch: Watch,
    clock: Clock,
    leave: Callable[[int], None] = os._exit,
) -> None:
    """Watch the counts; surges go to their topic, broken records to the dead letters."""
    source = app.topic(settings.topic(topics.COUNTS.name), value_type=bytes, internal=False)
    surges = app.topic(settings.topic(topics.SURGES.name), value_type=bytes)
    dead = app.topic(dead_topic_of(settings.topic(topics.COUNTS.name)), value_type=bytes)

    async def send(topic: Any, key: bytes | None, value: bytes, headers: Any = None) -> None:
        await (await topic.send(key=key, value=value, headers=headers))

    async def take(message: Any) -> None:
        try:
            counted = decode(ContactsCounted, message.value)
        except MalformedRecordError as error:
            facts = DeadFacts(
                topic=message.topic,
                topic_id="",
                partition=message.partition,
                offset=message.offset,
                worker="trends",
                reason="malformed",
                error=str(error),
                field=error.field,
                rule=error.rule,
                at=clock.now(),
                code_version=CODE_VERSION,
            )
            await send(dead, message.key, message.value, dict(to_headers(facts)))
            return
        surge = watch.add(counted)
        if surge is not None:
            logger.warning("surge", extra={"reason": f"{surge.category} x{surge.ratio:g}"})
            await send(surges, hub_key(surge.tenant, surge.hub), encode(surge))

    @app.agent(source, concurrency=1)
    async def watch_counts(stream: Any) -> None:
        async for event in stream.events():
            try:
                await take(event.message)
            except Exception:
                # Raising, or sys.exit, would acknowledge the event (measured).
                logger.exception("trends cannot go on")
                leave(UNSAFE)
