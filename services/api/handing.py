"""Handing a contact to the pipeline, in its lane, once the quotas admit it; and the quotas of what
customers say under their codes."""

from datetime import datetime

from schemas.codec import encode
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.vocabulary import Channel
from services.api.context import Context
from services.api.errors import Problem


def admit(
    context: Context,
    tenant: str,
    channel: Channel,
    person: str | None,
    now: datetime,
    is_bulk: bool = False,
) -> None:
    """Take a contact's token of the quotas, and count a refusal. ``person`` is the index of whoever
    sends it.

    Raises:
        Problem: a quota has none left. Nothing was stored, and it is to be sent again.
    """
    try:
        context.quotas.admit(tenant, channel, person, is_bulk, now.timestamp())
    except Problem as refusal:
        context.metrics.refused.labels(refusal.body["rule"]).inc()
        raise


def admit_customer(context: Context, found: ContactDeduplicated) -> None:
    """Take a token for what a customer says under a tracking code, which anybody may have who was
    given it: of the same rules as a contact of the customer, over the web.

    Raises:
        Problem: a quota has none left.
    """
    contact = found.contact
    person = contact.person or contact.contact_id
    admit(context, found.tenant, Channel.WEB, person, context.clock.now())


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
