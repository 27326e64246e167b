"""Binds the sender to its topic, stores and channels; no decisions."""

import os
import time
from typing import Final

from schemas import topics
from schemas.vocabulary import NoticeChannel
from services.adapters.instants import to_micros
from services.adapters.mongo_sends import MongoLetterFacts, MongoSendStore
from services.adapters.process import Parts, Worker
from services.domain.teams import load_teams
from services.runtime.ports import Handler
from services.sender.channels.port import Channel
from services.sender.channels.smtp import Relay, SmtpChannel
from services.sender.channels.webhook import WebhookChannel
from services.sender.handler import Outside, SenderHandler
from services.sender.policy import SendingPolicy, load_policy
from services.sender.pool import ThreadPool
from services.sender.wording import Wording
from services.sender.writer import LetterWriter


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB and the channels that are configured."""
    settings = parts.settings
    policy = load_policy(settings.sender_policy)
    facts = MongoLetterFacts(parts.database)
    writer = LetterWriter(facts, Wording(policy), load_teams(), settings.public_url)
    return SenderHandler(
        Outside(
            store=MongoSendStore(parts.database),
            writer=writer,
            channels=channels_of(parts, policy),
            pool=ThreadPool(settings.sender_threads),
            clock=parts.clock,
            pause=time.sleep,
        ),
        policy,
        owner=f"{settings.slot}-{os.getpid()}-{to_micros(parts.clock.now())}",
        at_once=settings.sender_threads,
        settled_topic=settings.topic(topics.NOTICES_SETTLED.name),
        crash=parts.crash,
    )


def channels_of(parts: Parts, policy: SendingPolicy) -> dict[NoticeChannel, Channel]:
    """Return the channels that the settings switch on.

    Raises:
        SettingsError: one of them cannot be used safely.
    """
    settings = parts.settings
    channels: dict[NoticeChannel, Channel] = {}
    if settings.smtp_host:
        relay = Relay(
            settings.smtp_host,
            settings.smtp_port,
            settings.sender_address,
            {str(language): name for language, name in policy.company.items()},
            settings.smtp_tls,
            settings.smtp_user,
            settings.smtp_password.get_secret_value(),
            policy.call_seconds,
        )
        channels[NoticeChannel.EMAIL] = SmtpChannel(relay, parts.clock.monotonic)
    if settings.webhook_url:
        channels[NoticeChannel.WEBHOOK] = WebhookChannel(
            settings.webhook_url,
            settings.webhook_secret.get_secret_value(),
            parts.clock.now,
            policy.call_seconds,
            settings.webhook_private,
        )
    return channels


WORKER: Final = Worker(
    "sender", (topics.NOTICES.name,), build, lambda settings: settings.sender_batch_max
)
