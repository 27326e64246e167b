"""The faust app, made by a factory, with its guard rails (ADR 0010).

Each rail keeps out a way in which faust-streaming 0.15.3 loses, doubles or exposes something:

- at least once, one event at a time, streams drained before a stop;
- no tables, no faust timers, no topics of its own, no web server;
- an event never raises: what cannot be read goes to the dead letters with its bytes, and a
  send is awaited until the broker has it; anything else ends the process, which its
  supervisor starts again from the committed offset;
- raw values: faust acknowledges before it decodes;
- a static member: a worker that is started again gets its partitions at once;
- ``read_committed``: faust reads aborted records unless its transport is told otherwise.
"""

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any, Final

import faust
from faust.transport.drivers import aiokafka as driver

from schemas import topics
from schemas.dead import dead_topic_of
from services.runtime.records import Inbound, Outbound
from services.runtime.settings import Settings
from services.trends.handler import WORKER, Taker
from services.trends.pulse import Pulse

logger: Final = logging.getLogger(__name__)

CRASHED: Final = 1
_SESSION_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 20.0


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
        settings.group(WORKER),
        broker=broker,
        datadir=data_folder,
        processing_guarantee="at_least_once",
        stream_wait_empty=True,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        producer_acks=-1,
        producer_max_request_size=topics.DEAD_MAX_BYTES,
        producer_request_timeout=_SEND_SECONDS,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.transactional_id(WORKER),
        broker_session_timeout=_SESSION_SECONDS,
        broker_heartbeat_interval=_SESSION_SECONDS / 4,
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
    topic_id: str,
    taker: Taker,
    pulse: Pulse,
    leave: Callable[[int], None] = os._exit,
) -> None:
    """Watch the counts; surges go to their topic, broken records to the dead letters."""
    name = settings.topic(topics.COUNTS.name)
    source = app.topic(name, value_type=bytes, internal=False)
    outlets = {
        outlet: app.topic(outlet, value_type=bytes)
        for outlet in (settings.topic(topics.SURGES.name), dead_topic_of(name))
    }

    async def send(record: Outbound) -> None:
        topic = outlets[record.topic]
        await (await topic.send(key=record.key, value=record.value, headers=list(record.headers)))

    @app.agent(source, concurrency=1)
    async def watch_counts(stream: Any) -> None:
        async for event in stream.events():
            pulse.began()
            try:
                await taker.take(inbound_of(event.message, topic_id), send)
            except Exception:
                # Raising, or sys.exit, would acknowledge the event (measured).
                logger.exception("trends cannot go on")
                leave(CRASHED)
            pulse.ended()

    @app.on_partitions_assigned.connect(weak=False)
    async def on_assigned(sender: Any, assigned: Iterable[Any], **_: Any) -> None:
        mine = {spot.partition for spot in assigned if spot.topic == name}
        taker.assigned(mine)
        pulse.serves(len(mine))

    @app.on_partitions_revoked.connect(weak=False)
    async def on_revoked(sender: Any, revoked: Iterable[Any], **_: Any) -> None:
        pulse.serves(0)


def inbound_of(message: Any, topic_id: str) -> Inbound:
    """Return faust's message as ours."""
    return Inbound(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        topic_id=topic_id,
        key=message.key,
        value=message.value,
        headers=_pairs(message.headers),
        timestamp_ms=int((message.timestamp or 0.0) * 1000),
    )


def _pairs(headers: Any) -> tuple[tuple[str, bytes], ...]:
    pairs = headers.items() if hasattr(headers, "items") else headers or ()
    return tuple((name, value) for name, value in pairs)
