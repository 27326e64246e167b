"""Handing a contact to the pipeline, in its lane."""

from datetime import datetime

from schemas.codec import encode
from schemas.contacts import ContactReceived
from services.api.context import Context


async def hand_on(context: Context, contact: ContactReceived, key: bytes, now: datetime) -> None:
    """Return when Kafka has ``contact``, and count it.

    Raises:
        OutageError: Kafka did not take it.
        Problem: too many records wait already.
    """
    lane = context.lanes.choose(contact, now.timestamp())
    topic = context.settings.topic(lane.topic.name)
    await context.publisher.publish(topic, key, encode(contact))
    context.metrics.accepted.labels(contact.channel).inc()
    context.metrics.lanes.labels("express" if lane.is_express else "common", lane.why).inc()
