"""The worker as a process: health pages, Kafka found, then faust until SIGTERM."""

import asyncio
import logging
import signal
import tempfile
import threading
from math import nan
from typing import Any, Final

import faust
from prometheus_client import CollectorRegistry

from schemas import topics
from services.adapters.clock import SystemClock
from services.adapters.kafka_admin import admin_of, topic_ids
from services.domain.clock import Clock
from services.domain.errors import OutageError, UnsafeStart
from services.runtime.health import HealthServer
from services.runtime.metrics import PrometheusMetrics
from services.runtime.process import run_until_stopped
from services.runtime.settings import Settings
from services.trends.app import add_agent, make_app
from services.trends.handler import WORKER, Taker
from services.trends.lag import waiting
from services.trends.policy import load_policy
from services.trends.pulse import Pulse, Watchdog

logger: Final = logging.getLogger(__name__)

_BEAT_SECONDS: Final = 0.5
_LAG_SECONDS: Final = 2.0
_TALKATIVE: Final = ("aiokafka", "faust", "kafka", "mode")
"""Libraries that tell every step of theirs; only what they warn of is worth a line."""


def run() -> int:
    """Run with the settings of the environment until SIGTERM; return the exit code."""
    return run_until_stopped(WORKER, _serve)


def _serve(settings: Settings, stop: threading.Event) -> int:
    policy = load_policy()
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    clock, registry = SystemClock(), CollectorRegistry()
    metrics = PrometheusMetrics(registry)
    pulse = Pulse(clock, metrics.served)
    server = HealthServer(settings.host, settings.health_port, pulse.health, registry)
    logger.info("health pages on port %d", server.port)
    watchdog = Watchdog(pulse, lambda hang: logger.error("giving up", extra={"reason": hang}))
    try:
        topic_id = _topic_id(settings, pulse, stop)
        if topic_id is None:
            return 0
        pulse.trouble = ""
        watchdog.start()
        taker = Taker(policy, clock, metrics.batch, settings.topic(topics.SURGES.name))
        with tempfile.TemporaryDirectory(prefix="complaints-trends-") as folder:
            app = make_app(settings, folder)
            add_agent(app, settings, topic_id, taker, pulse)
            return _run_faust(app, settings, pulse, stop, metrics, clock)
    finally:
        watchdog.close()
        server.close()


def _topic_id(settings: Settings, pulse: Pulse, stop: threading.Event) -> str | None:
    """Return the id of the counts' topic, which dead letters name; wait for Kafka if need be."""
    name = settings.topic(topics.COUNTS.name)
    while not stop.is_set():
        try:
            with admin_of(settings.kafka) as admin:
                found = topic_ids(admin, [name])
        except OutageError as outage:
            if pulse.trouble != str(outage):
                logger.warning("waiting", extra={"reason": str(outage)})
            pulse.trouble = str(outage)
            pulse.beat()
            stop.wait(settings.retry_seconds)
            continue
        pulse.beat()
        if name not in found:
            raise UnsafeStart(f"topic {name} does not exist: run `complaints topics apply`")
        return found[name]
    return None


class _Worker(faust.Worker):
    """faust's worker, which tells the pulse when it is asked to stop."""

    pulse: Pulse

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        self.pulse.stopping()
        super()._schedule_shutdown(signal)


def _run_faust(
    app: faust.App,
    settings: Settings,
    pulse: Pulse,
    stop: threading.Event,
    metrics: PrometheusMetrics,
    clock: Clock,
) -> int:
    worker = _Worker(
        app,
        loglevel=settings.log_level,
        override_logging=False,
        redirect_stdouts=False,
        quiet=True,
    )
    worker.pulse = pulse
    worker.spinner = None

    async def beat(*_: Any) -> None:
        while not app.should_stop:
            pulse.beat()
            metrics.stepped(clock.now())
            if stop.is_set():  # asked before faust had its own handlers
                worker._schedule_shutdown(signal.SIGTERM)
            await asyncio.sleep(_BEAT_SECONDS)

    async def look(*_: Any) -> None:
        while not app.should_stop:
            # A position may take as long as Kafka is away; the beat goes on beside it.
            lag = await waiting(app.consumer)
            metrics.lag(nan if lag is None else lag)
            await asyncio.sleep(_LAG_SECONDS)

    app.task(beat)
    app.task(look)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0
