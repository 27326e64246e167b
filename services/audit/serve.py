"""The continuous audit as a process: health pages and metrics, until SIGTERM."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from services.adapters.kafka_admin import admin_of
from services.adapters.mongo import outages
from services.adapters.mongo_switches import MongoSwitchStore
from services.adapters.shared_clock import open_clock
from services.audit.database import database_of
from services.audit.follow import Follower
from services.audit.follow_metrics import FollowMetrics
from services.audit.topic_reader import TopicReader
from services.domain.calendars.policy import load_calendars
from services.domain.errors import OutageError
from services.runtime.health import HealthServer
from services.runtime.process import Standing
from services.runtime.settings import Settings
from services.runtime.switch import LOOK_SECONDS, Switch

logger: Final = logging.getLogger(__name__)

EVERY_SECONDS: Final = 5.0


def serve(settings: Settings, stop: threading.Event) -> int:
    """Audit until ``stop``; return the exit code.

    Raises:
        UnsafeStart: a topic is missing, or the file of calendars is wrong.
    """
    follow(settings, stop, lambda port: logger.info("health pages on port %d", port))
    return 0


def follow(settings: Settings, stop: threading.Event, serving: Callable[[int], None]) -> None:
    """Audit until ``stop``; ``serving`` is told the port of the health pages. An outage is waited
    out: what is new then is judged later.

    Raises:
        UnsafeStart: a topic is missing, or the file of calendars is wrong.
    """
    metrics, health = FollowMetrics(), Standing()
    server = HealthServer(settings.host, settings.health_port, health.health, metrics.registry)
    serving(server.port)
    try:
        while not stop.is_set():
            try:
                _follow(settings, stop, metrics, health)
            except OutageError as outage:
                health.wait_out(outage, stop, settings.retry_seconds)
    finally:
        server.close()


def _follow(
    settings: Settings, stop: threading.Event, metrics: FollowMetrics, health: Standing
) -> None:
    with (
        outages(),
        admin_of(settings.kafka) as admin,
        TopicReader(settings.kafka) as reader,
        database_of(settings.mongo, settings.database, is_patient=False) as database,
    ):
        clock = open_clock(database, settings.movable_clock)
        calendars = load_calendars(settings.calendars_policy)
        follower = Follower(settings, admin, reader, database, metrics)
        switch = Switch(MongoSwitchStore(database), "audit", clock)
        while not stop.is_set():
            paused = switch()
            if paused is not None:
                health.trouble = paused
                stop.wait(LOOK_SECONDS)
                continue
            now = clock.now()
            has_more = follower.round(now)
            metrics.calendars(calendars.days_left(now.date()))
            health.trouble, health.detail = "", "following"
            if not has_more:
                _wait(stop, switch)


def _wait(stop: threading.Event, switch: Switch) -> None:
    """Wait for the next round, but not for that when the switch is turned."""
    for _ in range(int(EVERY_SECONDS / LOOK_SECONDS)):
        if stop.wait(LOOK_SECONDS) or switch() is not None:
            return
