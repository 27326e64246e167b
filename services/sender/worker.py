"""Binds the sender to its topic, stores and channels; no decisions."""

import os
import random
import threading
import time
from collections.abc import Callable
from typing import Final

from schemas import topics
from services.adapters.instants import to_micros
from services.adapters.mongo_asides import MongoAsideStore
from services.adapters.mongo_policies import MongoPolicyArchive
from services.adapters.mongo_sends import MongoLetterFacts, MongoSendStore
from services.adapters.preferences import MongoPreferences
from services.adapters.process import Parts, Worker
from services.adapters.shared_clock import real_time
from services.domain.staff import load_staff
from services.domain.team_rules import load_team_rules
from services.runtime.ports import Handler
from services.runtime.provider_keys import provider_keys
from services.sender.channels.smpp_receiver import PROVIDER, SmppReceiver
from services.sender.handler import SenderHandler, Topics
from services.sender.laned import LanedHandler
from services.sender.letters import Places
from services.sender.library import Library
from services.sender.new_lane import lane_of
from services.sender.outside import Outside
from services.sender.policy import SENDABLE, load_policy
from services.sender.pool import ThreadPool
from services.sender.switchboard import centre_of, channels_of
from services.sender.waves import Process
from services.sender.writer import LetterWriter

_HANDS: Final = 3
"""While one waits for the database, and one for Kafka's or a provider's answer, one works."""


def _receive(parts: Parts, seconds: float) -> None:
    """Listen to the centre for short messages, where there is one that may talk to the API."""
    settings = parts.settings
    keys = provider_keys(settings).get(PROVIDER)
    if settings.smpp_host and settings.api_url and keys:
        centre = centre_of(settings, seconds)
        SmppReceiver(centre, settings.api_url, keys[0], real_time(parts.clock)).start()


def _pausing(stop: threading.Event) -> Callable[[float], None]:
    """Return a pause that ends at once when the process is told to."""

    def pause(seconds: float) -> None:
        stop.wait(seconds)

    return pause


def build(parts: Parts) -> Handler:
    """Return the handler on MongoDB and the channels that are configured."""
    settings = parts.settings
    policy = load_policy(settings.sender_policy)
    _receive(parts, policy.call_seconds)
    store, facts = MongoSendStore(parts.database), MongoLetterFacts(parts.database)
    writer = LetterWriter(
        facts,
        store.marked,
        MongoPreferences(parts.database).chosen,
        settings.key_ring(),
        settings.vault(),
        Library(
            settings.texts,
            MongoPolicyArchive(parts.database),
            parts.metrics,
            parts.clock.monotonic,
            settings.replies,
        ),
        load_team_rules(*settings.team_policies).load(settings.teams_policy),
        Places(settings.public_url, settings.console_url, settings.sms_replies),
        load_staff(settings.staff),
    )
    outside = Outside(
        store=store,
        writer=writer,
        channels=channels_of(settings, policy, real_time(parts.clock)),
        pool=ThreadPool(settings.sender_threads),
        clock=parts.clock,
        pause=time.sleep,
        chance=random.Random().random,
    )
    process = Process(
        f"{settings.slot}-{os.getpid()}-{to_micros(parts.clock.now())}",
        settings.sender_threads,
        parts.crash,
    )
    settled, receipts, requested = (
        settings.topic(topic.name)
        for topic in (topics.NOTICES_SETTLED, topics.RECEIPTS, topics.NOTICES)
    )
    names = Topics(settled, receipts)
    sender = SenderHandler(outside, policy, process, names, _HANDS, policy.patience_seconds)
    asides = MongoAsideStore(parts.database)
    beside = outside._replace(pause=_pausing(parts.stop))
    lanes = [
        lane_of(one, beside, policy, process, sender.providers, asides, parts.metrics)
        for one in SENDABLE
    ]
    handler = LanedHandler(requested, sender, lanes, asides, parts.clock, parts.stop)
    handler.start()
    return handler


WORKER: Final = Worker(
    "sender",
    (topics.NOTICES.name, topics.RECEIPTS.name),
    build,
    lambda settings: settings.sender_batch_max,
)
