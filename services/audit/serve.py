"""The continuous audit as a process: health pages and metrics, until SIGTERM.

Exit codes: 0 after SIGTERM or SIGINT, 70 when a person must look.
"""

import logging
import signal
import sys
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
from services.domain.errors import OutageError, UnsafeStart
from services.runtime.health import Health, HealthServer
from services.runtime.logs import configure_logs
from services.runtime.settings import Settings, load_settings
from services.runtime.switch import LOOK_SECONDS, Switch

logger: Final = logging.getLogger(__name__)

EVERY_SECONDS: Final = 5.0
UNSAFE: Final = 70


def run() -> int:
    """Follow the installation of the environment until SIGTERM; return the exit code."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load_settings()
        configure_logs("audit", settings.log_level)
        follow(settings, stop, lambda port: logger.info("health pages on port %d", port))
    except UnsafeStart as error:
        print(f"audit: {error}", file=sys.stderr)
        return UNSAFE
    return 0


def follow(settings: Settings, stop: threading.Event, serving: Callable[[int], None]) -> None:
    """Audit until ``stop``; ``serving`` is told the port of the health pages. An outage is waited
    out: what is new then is judged later.

    Raises:
        UnsafeStart: a topic is missing.
    """
    metrics, health = FollowMetrics(), _Health()
    server = HealthServer(settings.host, settings.health_port, health.health, metrics.registry)
    serving(server.port)
    try:
        while not stop.is_set():
            try:
                _follow(settings, stop, metrics, health)
            except OutageError as outage:
                if health.trouble != str(outage):
                    logger.warning("waiting", extra={"reason": str(outage)})
                health.trouble = str(outage)
                stop.wait(settings.retry_seconds)
    finally:
        server.close()


class _Health:
    """What the health pages show."""

    def __init__(self) -> None:
        self.trouble = "starting"

    def health(self) -> Health:
        """Return it."""
        return Health(True, not self.trouble, self.trouble or "following")


def _follow(
    settings: Settings, stop: threading.Event, metrics: FollowMetrics, health: _Health
) -> None:
    with (
        outages(),
        admin_of(settings.kafka) as admin,
        TopicReader(settings.kafka) as reader,
        database_of(settings.mongo, settings.database) as database,
    ):
        clock = open_clock(database, settings.movable_clock)
        follower = Follower(settings, admin, reader, database, metrics)
        switch = Switch(MongoSwitchStore(database), "audit", clock)
        while not stop.is_set():
            paused = switch()
            if paused is not None:
                health.trouble = paused
                stop.wait(LOOK_SECONDS)
                continue
            has_more = follower.round(clock.now())
            health.trouble = ""
            if not has_more:
                _wait(stop, switch)


def _wait(stop: threading.Event, switch: Switch) -> None:
    """Wait for the next round, but not for that when the switch is turned."""
    for _ in range(int(EVERY_SECONDS / LOOK_SECONDS)):
        if stop.wait(LOOK_SECONDS) or switch() is not None:
            return
