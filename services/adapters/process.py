"""A worker as a process: everything real put together, run until told to stop.

Exit codes are those of every process (:mod:`services.runtime.process`), and 75 when its
watchdog ended it.
"""

import gc
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from prometheus_client import CollectorRegistry
from pymongo.database import Database

from schemas.topics import TOPICS
from services.adapters.clock import SystemClock
from services.adapters.kafka_batches import LINGER_SECONDS
from services.adapters.kafka_config import Limits
from services.adapters.kafka_fitness import assert_fit
from services.adapters.kafka_log import KafkaLog
from services.adapters.mongo import open_database, refuse_half_restored
from services.adapters.mongo_checkpoints import MongoCheckpointStore
from services.adapters.mongo_indexes import ensure_indexes
from services.adapters.mongo_switches import MongoSwitchStore
from services.adapters.mongo_times import MongoTimes
from services.adapters.pulse import LagGauge, Pulse
from services.adapters.shared_clock import open_clock
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.runtime.batching import BatchSizer
from services.runtime.breaker import Breaker
from services.runtime.crashpoints import CrashPoints, crash_points
from services.runtime.health import HealthServer
from services.runtime.loop import BatchLoop, LoopSettings
from services.runtime.metrics import PrometheusMetrics
from services.runtime.ports import ClosingHandler, Handler, WorkerMetrics
from services.runtime.process import end_process, run_until_stopped
from services.runtime.settings import Settings
from services.runtime.switch import Switch
from services.runtime.watchdog import Watchdog

logger: Final = logging.getLogger(__name__)

T = TypeVar("T")

CODE_VERSION: Final = "0.1.0"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker builds its handler from."""

    settings: Settings
    database: Database[dict[str, Any]]
    clock: Clock
    crash: CrashPoints
    metrics: WorkerMetrics
    stop: threading.Event
    """Set when the process is told to end."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of the case path: its name, the topics it reads (names of the table), how its
    handler is made, how large its batches may become (the general limit unless said); and whether
    it stands beside the way from contact to notice, where nobody waits for it."""

    name: str
    topics: tuple[str, ...]
    build: Callable[[Parts], Handler]
    batch_max: Callable[[Settings], int] = lambda settings: settings.batch_max
    is_beside: bool = False


def run_worker(worker: Worker) -> NoReturn:
    """Run ``worker`` until SIGTERM; then end this process with the exit code."""
    kept: list[KafkaLog] = []
    end_process(run_until_stopped(worker.name, partial(_serve, worker, kept)))


def _serve(worker: Worker, kept: list[KafkaLog], settings: Settings, stop: threading.Event) -> int:
    """Serve until ``stop``. The log is ``kept`` for as long as the process lives: nobody takes its
    clients apart (:func:`services.runtime.process.end_process`)."""
    registry = CollectorRegistry()
    metrics = PrometheusMetrics(registry)
    pulse = Pulse(SystemClock())
    server = HealthServer(settings.host, settings.health_port, pulse.health, registry)
    watchdog = _watchdog(pulse, settings, stop)
    logger.info("health pages on port %d", server.port)
    crash = crash_points(settings.crash_at)
    database: Database[dict[str, Any]] | None = None
    log: KafkaLog | None = None
    handler: Handler | None = None
    try:
        database = _patiently(
            lambda: _open_database(settings, worker.name, metrics), pulse, settings, stop
        )
        if database is None:
            return 0
        opened = database
        clock = _patiently(
            lambda: open_clock(opened, settings.movable_clock), pulse, settings, stop
        )
        if clock is None:
            return 0
        parts = Parts(settings, database, clock, crash, metrics, stop)
        handler = _patiently(lambda: worker.build(parts), pulse, settings, stop)
        if handler is None:
            return 0
        log = _patiently(
            lambda: _open_log(worker, settings, opened, clock, metrics, crash),
            pulse,
            settings,
            stop,
        )
        if log is None:
            return 0
        kept.append(log)
        switch = Switch(MongoSwitchStore(database), worker.name, clock)
        loop = _loop(worker, settings, log, handler, clock, metrics, crash, switch)
        lag = LagGauge(log, metrics, clock)
        pulse.loop, pulse.log, pulse.trouble = loop, log, ""
        _settle_memory()
        while not stop.is_set():
            lag.step(loop.step())
            pulse.beat()
            metrics.served(log.served())
            metrics.stepped(clock.now())
        logger.info("stopping")
        return 0
    finally:
        if isinstance(handler, ClosingHandler):
            handler.close()
        if log is not None:
            log.close()
        if database is not None:
            database.client.close()
        watchdog.close()
        server.close()


def _watchdog(pulse: Pulse, settings: Settings, stop: threading.Event) -> Watchdog:
    return Watchdog(
        pulse.silence,
        settings.hung_seconds,
        lambda silent: logger.error("ended: no round for %.0f s", silent),
        is_stopping=stop.is_set,
    )


def _settle_memory() -> None:
    """Collect cycles seldom, and never look again at what was loaded at the start: a batch makes
    many short-lived records without cycles, and scanning the heap for them cost a third of
    the worker's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _loop(
    worker: Worker,
    settings: Settings,
    log: KafkaLog,
    handler: Handler,
    clock: Clock,
    metrics: PrometheusMetrics,
    crash: CrashPoints,
    switch: Switch,
) -> BatchLoop:
    return BatchLoop(
        LoopSettings(
            worker.name,
            settings.poll_seconds,
            settings.retry_seconds,
            settings.breaker_probe_seconds,
            CODE_VERSION,
        ),
        log,
        handler,
        clock,
        BatchSizer(
            min(settings.batch_min, worker.batch_max(settings)),
            worker.batch_max(settings),
            settings.batch_target_seconds,
            settings.batch_backlog_seconds,
        ),
        Breaker(settings.breaker_window, settings.breaker_share),
        metrics,
        crash,
        switch,
    )


def _open_database(
    settings: Settings, name: str, metrics: PrometheusMetrics
) -> Database[dict[str, Any]]:
    """Connect, and make sure of the unique indexes that "once" stands on."""
    database = open_database(settings.mongo, settings.database, name, [MongoTimes(metrics.mongo)])
    refuse_half_restored(database)
    ensure_indexes(database)
    return database


def _open_log(
    worker: Worker,
    settings: Settings,
    database: Database[dict[str, Any]],
    clock: Clock,
    metrics: PrometheusMetrics,
    crash: CrashPoints,
) -> KafkaLog:
    """Join the group, if the cluster is one that may be used."""
    assert_fit(settings.kafka)
    return KafkaLog(
        bootstrap=settings.kafka,
        group=settings.group(worker.name),
        topics=[settings.topic(name) for name in worker.topics],
        outputs=[
            settings.topic(name)
            for topic in TOPICS
            for name in (topic.name, topic.dead_letter)
            if name is not None
        ],
        transactional_id=settings.transactional_id(worker.name),
        checkpoints=MongoCheckpointStore(database),
        clock=clock,
        transaction_timeout_s=settings.transaction_timeout_seconds,
        alarm=metrics.alarm,
        crash=crash,
        limits=Limits(
            fetched=settings.fetched_kbytes,
            fetch=settings.fetch_kbytes,
            partition_fetch=settings.partition_fetch_kbytes,
            batch=settings.batch_kbytes,
            produced=settings.produced_kbytes,
        ),
        alone={
            settings.topic(topic.name)
            for topic in TOPICS
            if topic.stands_alone and topic.name in worker.topics
        },
        gather_s=settings.gather_seconds if worker.is_beside else LINGER_SECONDS,
    )


def _patiently(
    attempt: Callable[[], T], pulse: Pulse, settings: Settings, stop: threading.Event
) -> T | None:
    """Try until it works or we are told to stop: a service that is away is not our end."""
    while not stop.is_set():
        try:
            return attempt()
        except OutageError as outage:
            if pulse.trouble != str(outage):
                logger.warning("waiting", extra={"reason": str(outage)})
            pulse.trouble = str(outage)
            pulse.beat()
            stop.wait(settings.retry_seconds)
    return None
