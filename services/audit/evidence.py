"""Reads everything in the one order that makes the checks true, and feeds it to them.

Positions first, then the topics, then the logs, then the ledger: each later stage can only
have *more* than an earlier one caused, so a running system raises no false alarm.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from kafka import KafkaAdminClient, TopicPartition
from pymongo.database import Database

from schemas.dead import dead_topic_of
from schemas.topics import (
    CHANGED,
    COMMANDS,
    DEDUPLICATED,
    FIRED,
    RECEIVED,
    ROUTED,
    SCORED,
    SETTLED,
    STATE,
    Topic,
    lanes,
)
from services.adapters.kafka_admin import topic_ids
from services.adapters.mongo_turns import MongoTurnStore
from services.audit import database as stored
from services.audit.groups import WORKERS, lags, positions, spans_of
from services.audit.groups import Lag as Behind
from services.audit.letters import Letters, count_letters
from services.audit.logic.checks import Checks
from services.audit.logic.findings import Findings
from services.audit.logic.overdue import Lag
from services.audit.logic.payments import PaymentsCheck
from services.audit.logic.places import Places, Span
from services.audit.notices import NoticesEvidence
from services.audit.topic_reader import TopicReader
from services.domain.approval import load_approval
from services.domain.clock import Clock
from services.domain.errors import UnsafeStart
from services.domain.teams import load_teams
from services.runtime.catalogue.watchers import FOLLOW_UP
from services.runtime.settings import Settings

WAY = tuple(map(lanes, (RECEIVED, DEDUPLICATED, SCORED, ROUTED)))
"""What a contact passes, hop by hop, each in all its lanes."""
EXAMINED = (COMMANDS, SETTLED, CHANGED, STATE)


class Progress(Protocol):
    """Told now and then how far the reading is."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


@dataclass(slots=True)
class Evidence:
    """One audit in progress."""

    settings: Settings
    admin: KafkaAdminClient
    reader: TopicReader
    database: Database[stored.Document]
    progress: Progress
    clock: Clock
    lag: Lag = field(default=Lag(0, 0.0), init=False)
    """How late the clocks of cases are."""
    records: int = field(default=0, init=False)
    """How many records and documents have been read."""
    letters: Letters = field(default_factory=Letters, init=False)
    """What became of the dead letters."""

    def examine(self) -> list[Findings]:
        """Read it all and return what each check found.

        Raises:
            OutageError: Kafka or MongoDB is away.
            UnsafeStart: a topic is missing.
        """
        notices = NoticesEvidence(self.settings, self.admin, self.database)
        places = self._places()
        now = self.clock.now() + stored.moved_by(self.database)
        examined = self._names(EXAMINED)
        is_busy = any(one.records != 0 for one in self._lags("incidents"))
        way = [self._names(hop) for hop in WAY]
        looked = MongoTurnStore(self.database).noted(FOLLOW_UP)
        payments = PaymentsCheck(load_approval(), load_teams(self.settings.teams_policy), looked)
        checks = Checks(places, way, examined, now, payments, is_busy)
        self.letters, gone = count_letters(self.settings, self.admin, self.reader, self.database)
        for source in gone:
            checks.discarded(source)
        for topic, feed in notices.feeds():
            self._read(notices.places, topic, feed)
        for topic, feed in checks.feeds():
            self._read(places, topic, notices.beside(topic, feed))
        policies = stored.policies(self.database)
        self._stored("policies", policies, lambda row: checks.policy(*row))
        self._stored("cases", stored.histories(self.database), checks.case)
        self._stored("contacts", stored.ledger(self.database), lambda row: checks.row(*row))
        self._stored("claims", stored.claimed(self.database), checks.claim)
        self._stored("absorbed", stored.absorbed(self.database), checks.absorbed)
        self._stored("timers", stored.timers(self.database), lambda row: checks.timer(*row))
        rows = stored.incident_rows(self.database)
        self._stored("incident_log", rows, lambda row: checks.incident(*row))
        for name, items, feed in notices.collections(self.database):
            self._stored(name, items, feed)
        self.lag = checks.lag()
        return [*checks.findings(), notices.check.findings()]

    def _names(self, topics: Iterable[Topic]) -> list[str]:
        return [self.settings.topic(topic.name) for topic in topics]

    def _lags(self, worker: str) -> Iterator[Behind]:
        return lags(self.admin, self.reader, self.settings, worker)

    def _places(self) -> Places:
        known: dict[tuple[str, int], int] = {}
        for worker in WORKERS:
            known |= positions(self.admin, self.settings, worker)
        names = self._names((*(topic for hop in WAY for topic in hop), COMMANDS))
        names += [dead_topic_of(name) for name in names]
        names += self._names(EXAMINED[1:])
        names.append(self.settings.topic(FIRED.name))  # named by sources in the case log
        ids = topic_ids(self.admin, names)
        missing = [name for name in names if name not in ids]
        if missing:
            raise UnsafeStart(f"no topic {missing[0]}: run `complaints topics apply`")
        spans = spans_of(self.admin, names)
        return Places(ids, {(spot.topic, spot.partition): spans[spot] for spot in spans}, known)

    def _read(self, places: Places, topic: str, feed: Callable[[Any], None]) -> None:
        spans = {
            TopicPartition(name, partition): span
            for (name, partition), span in places.spans.items()
            if name == topic
        }
        total, done = sum(map(_length, spans.values())), 0
        for records in self.reader.read(spans):
            for record in records:
                feed(record)
            done += len(records)
            self.progress(topic, done, total)
        self.records += done
        self.progress(topic, done, done)

    def _stored(self, name: str, items: Iterator[Any], feed: Callable[[Any], None]) -> None:
        total, done = stored.estimated(self.database, name), 0
        for done, item in enumerate(items, 1):
            feed(item)
            if done % 1000 == 0:
                self.progress(name, done, total)
        self.records += done
        self.progress(name, done, done)


def _length(span: Span) -> int:
    return span.end - span.start
