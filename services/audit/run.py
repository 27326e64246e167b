"""One audit from beginning to end: wait for the workers, read everything, judge."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from time import monotonic, sleep
from typing import Final

from kafka import KafkaAdminClient

from services.adapters.clock import SystemClock
from services.adapters.kafka_admin import admin_of
from services.audit.database import database_of
from services.audit.evidence import Evidence, Progress
from services.audit.groups import WORKERS, lags, left_of
from services.audit.letters import Letters
from services.audit.logic.findings import Findings
from services.audit.logic.overdue import Lag
from services.audit.notices import WORKERS as NOTICE_WORKERS
from services.audit.topic_reader import TopicReader
from services.runtime.settings import Settings

POLL_SECONDS: Final = 0.5


class Verdict(IntEnum):
    """How an audit ends; also the exit code of ``complaints audit``."""

    PROVED = 0
    VIOLATED = 1
    WAITING = 2
    UNREADABLE = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an audit found and what it cost."""

    findings: list[Findings]
    is_drained: bool
    records: int
    seconds: float
    lag: Lag
    """How late the clocks of cases are."""
    letters: Letters = field(default_factory=Letters)
    ended_at: datetime | None = None

    @property
    def verdict(self) -> Verdict:
        if any(found.violations for found in self.findings):
            return Verdict.VIOLATED
        if any(found.waiting for found in self.findings):
            return Verdict.WAITING
        return Verdict.PROVED


def run_audit(settings: Settings, wait_seconds: float, progress: Progress) -> Outcome:
    """Audit the installation; it may be running, and nothing is changed.

    Raises:
        OutageError: Kafka or MongoDB does not answer.
        UnsafeStart: a topic is missing.
    """
    with (
        admin_of(settings.kafka) as admin,
        TopicReader(settings.kafka) as reader,
        database_of(settings.mongo, settings.database) as database,
    ):
        is_drained = wait_until_drained(
            lambda: behind(admin, reader, settings), wait_seconds, progress
        )
        started = monotonic()
        evidence = Evidence(settings, admin, reader, database, progress, SystemClock())
        findings = evidence.examine()
        seconds = monotonic() - started
        figures = (evidence.records, seconds, evidence.lag, evidence.letters)
        return Outcome(findings, is_drained, *figures, SystemClock().now())


def behind(admin: KafkaAdminClient, reader: TopicReader, settings: Settings) -> int:
    """Return how many records the first worker that is behind still has to read. Upstream
    first: only when it is done does the next one's end stand still. Whoever tells people of it,
    or finds incidents in it, counts once it has begun to."""
    for worker in WORKERS:
        left = left_of(lags(admin, reader, settings, worker))
        if left:
            return left
    # Incidents and cases talk to each other: only who is through after the other is done.
    for worker in (*NOTICE_WORKERS, "incidents", "cases", "incidents"):
        found = list(lags(admin, reader, settings, worker))
        has_started = any(lag.committed is not None for lag in found)
        left = left_of(found)
        if has_started and left:
            return left
    return 0


def wait_until_drained(
    left: Callable[[], int],
    wait_seconds: float,
    progress: Progress,
    now: Callable[[], float] = monotonic,
    pause: Callable[[float], None] = sleep,
) -> bool:
    """Wait until nothing is left or the time is up; return whether nothing was left."""
    deadline = now() + wait_seconds
    most = 0
    while (count := left()) > 0:
        most = max(most, count)
        progress("waiting for the workers", most - count, most)
        if now() >= deadline:
            return False
        pause(min(POLL_SECONDS, max(0.0, deadline - now())))
    return True
