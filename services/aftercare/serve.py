"""The worker ``aftercare`` as a process: health pages and metrics, until SIGTERM."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Final

from schemas.topics import COMMANDS
from services.adapters.case_queries import CaseQueries
from services.adapters.kafka_commands import KafkaCommands
from services.adapters.mongo import open_database, refuse_half_restored
from services.adapters.mongo_aftercare import MongoAftercare
from services.adapters.mongo_indexes import ensure_indexes
from services.adapters.mongo_switches import MongoSwitchStore
from services.adapters.mongo_turns import MongoTurnStore
from services.adapters.shared_clock import open_clock
from services.aftercare.asking import Desk
from services.aftercare.metrics import AftercareMetrics
from services.aftercare.rounds import Rounds, Turn
from services.aftercare.sweep import Sweep
from services.domain.aftercare import load_aftercare
from services.domain.errors import OutageError
from services.runtime.health import HealthServer
from services.runtime.process import Standing
from services.runtime.settings import Settings
from services.runtime.switch import Switch

logger: Final = logging.getLogger(__name__)

NAME: Final = "aftercare"


def serve(settings: Settings, stop: threading.Event) -> int:
    """Do the passes until ``stop``; return the exit code. An outage is waited out: what is due
    then is done later.

    Raises:
        UnsafeStart: going on could do harm.
    """
    metrics, health = AftercareMetrics(), Standing()
    server = HealthServer(settings.host, settings.health_port, health.health, metrics.registry)
    logger.info("health pages on port %d", server.port)
    try:
        while not stop.is_set():
            try:
                with _opened(settings, stop, metrics) as (rounds, switch):
                    _go_round(rounds, switch, settings, stop, health)
            except OutageError as outage:
                health.wait_out(outage, stop, settings.retry_seconds)
        return 0
    finally:
        server.close()


def _go_round(
    rounds: Rounds, switch: Switch, settings: Settings, stop: threading.Event, health: Standing
) -> None:
    """Go round; an outage within a round is waited out here, so that what was asked and not
    answered is remembered."""
    while not stop.is_set():
        paused = switch()
        if paused is not None:
            health.trouble = paused
            stop.wait(1.0)
            continue
        try:
            has_turn = rounds.round()
        except OutageError as outage:
            health.wait_out(outage, stop, settings.aftercare_seconds)
            continue
        health.trouble = ""
        health.detail = "does the passes" if has_turn else "stands by: another copy does them"
        stop.wait(settings.aftercare_seconds)


@contextmanager
def _opened(
    settings: Settings, stop: threading.Event, metrics: AftercareMetrics
) -> Iterator[tuple[Rounds, Switch]]:
    database = open_database(settings.mongo, settings.database, NAME)
    topic = KafkaCommands(settings.kafka, settings.topic(COMMANDS.name))
    try:
        refuse_half_restored(database)
        ensure_indexes(database)
        clock = open_clock(database, settings.movable_clock)
        turns, store = MongoTurnStore(database), MongoAftercare(database)
        turn = Turn(turns, f"{settings.slot}-{os.getpid()}-{token_hex(4)}")
        settled = CaseQueries(database).settlement
        desk = Desk(topic, settled, clock, turn.keep, stop.wait)
        sweep = Sweep(store, desk.ask, load_aftercare())
        rounds = Rounds(turn, turns, store, sweep, clock, metrics, _tell)
        yield rounds, Switch(MongoSwitchStore(database), NAME, clock)
        turn.give_back()
    finally:
        topic.close()
        database.client.close()


def _tell(line: str) -> None:
    logger.info("aftercare", extra={"reason": line})
