"""Reads what check N judges: two topics, their dead letters, three collections; and hears of the
changes that another check reads.

Apart from the other evidence, because an installation may run without anybody who tells
anybody anything.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from kafka import KafkaAdminClient
from pymongo.database import Database

from schemas.dead import dead_topic_of, from_headers
from schemas.errors import MalformedRecordError
from schemas.topics import CHANGED, NOTICES, NOTICES_SETTLED
from services.adapters.clock import SystemClock
from services.adapters.kafka_admin import topic_ids
from services.audit.database import Document
from services.audit.groups import positions, spans_of
from services.audit.logic.history import opened
from services.audit.logic.notices import NoticesCheck
from services.audit.logic.places import Places
from services.domain.errors import UnsafeStart
from services.runtime.settings import Settings

WORKERS: Final = ("notification", "sender")
_BATCH: Final = 10_000
_UNDER_WAY: Final = timedelta(minutes=10)
"""How long after its time a held notice may be on its way, before its silence is a defect."""
_ANSWERS: Final = ("resolved", "rejected", "answered_through_head")
"""Changes that a complainant must hear of."""
_SAID: Final = tuple(f'"kind":"{kind}"'.encode() for kind in _ANSWERS)
Feed = Callable[[Any], None]


class NoticesEvidence:
    """Knows what to read for check N, in which order, and whom to tell."""

    def __init__(
        self, settings: Settings, admin: KafkaAdminClient, database: Database[Document]
    ) -> None:
        """Take the positions, then what waits on lanes, then the ends of the logs: whatever was
        taken from a lane before we looked has its end before the ends that are taken.

        Raises:
            UnsafeStart: a topic is missing.
        """
        self._now = SystemClock().now()
        known: dict[tuple[str, int], int] = {}
        for worker in WORKERS:
            known |= positions(admin, settings, worker)
        aside = {row["_id"] for row in _all(database, "notice_lanes")}
        self._changed, self._requested, self._settled = (
            settings.topic(topic.name) for topic in (CHANGED, NOTICES, NOTICES_SETTLED)
        )
        names = [self._changed, self._requested, self._settled]
        names += map(dead_topic_of, (self._changed, self._requested))
        ids = topic_ids(admin, names)
        missing = [name for name in names if name not in ids]
        if missing:
            raise UnsafeStart(f"no topic {missing[0]}: run `complaints topics apply`")
        spans = spans_of(admin, names)
        self.places = Places(
            ids, {(spot.topic, spot.partition): spans[spot] for spot in spans}, known
        )
        self.check = NoticesCheck(self.places, self._requested, self._settled, aside)

    def feeds(self) -> list[tuple[str, Feed]]:
        """Return the topics to read, in order."""
        return [
            (dead_topic_of(self._changed), self._on_dead_change),
            (dead_topic_of(self._requested), self._on_dead),
            (self._requested, self._on_requested),
            (self._settled, self._on_settled),
        ]

    def beside(self, topic: str, feed: Feed) -> Feed:
        """Return what hears of a topic that another check reads: that one, and we."""
        if topic != self._changed:
            return feed

        def both(record: Any) -> None:
            feed(record)
            self._on_changed(record)

        return both

    def collections(
        self, database: Database[Document]
    ) -> list[tuple[str, Iterator[Document], Feed]]:
        """Return the collections to read after the topics, in order."""
        check = self.check
        return [
            (
                "notices",
                _all(database, "notices", "source", "requested", "case", "seq", "who"),
                self._on_row,
            ),
            (
                "notice_claims",
                _all(database, "notice_claims", "notice", "attempt", "owner"),
                lambda row: check.claim(row["notice"], row["attempt"], row["owner"]),
            ),
            (
                "notice_results",
                _all(database, "notice_results", "notice", "attempt", "outcome"),
                lambda row: check.result(row["notice"], row["attempt"], row["outcome"]),
            ),
        ]

    def _on_row(self, row: Document) -> None:
        self.check.row(row["_id"], row["source"], row["requested"])
        if "who" in row:
            self.check.told(row["case"], row["seq"])

    def _on_changed(self, record: Any) -> None:
        """Take note of an answer; most changes are none, and are not opened for that."""
        value, spot = record.value or b"", (record.topic, record.partition)
        if spot not in self.places.positions or not any(said in value for said in _SAID):
            return
        body = opened(value) or {}
        if body.get("kind") in _ANSWERS and isinstance(seq := body.get("seq"), int):
            place = self.places.place(record.topic, record.partition, record.offset)
            self.check.answered(place, f"{body.get('tenant')}|{body.get('case_id')}", seq)

    def _on_dead_change(self, record: Any) -> None:
        with suppress(MalformedRecordError):
            facts = from_headers(record.headers)
            if facts.worker == WORKERS[0]:
                self.check.dead(facts.source)

    def _on_dead(self, record: Any) -> None:
        with suppress(MalformedRecordError):
            self.check.dead(from_headers(record.headers).source)

    def _on_requested(self, record: Any) -> None:
        place = self.places.place(record.topic, record.partition, record.offset)
        body = opened(record.value) or {}
        notice_id = body.get("notice_id")
        if isinstance(notice_id, str):
            self.check.requested(place, notice_id, self._is_held(body.get("not_before")))
        else:
            self.check.unreadable(place)

    def _is_held(self, until: Any) -> bool:
        """Return whether a notice may still be waiting for its time, and a while for its end."""
        if not isinstance(until, str):
            return False
        with suppress(ValueError):
            return datetime.fromisoformat(until) + _UNDER_WAY > self._now
        return False

    def _on_settled(self, record: Any) -> None:
        body = opened(record.value) or {}
        notice_id, attempts = body.get("notice_id"), body.get("attempts")
        if isinstance(notice_id, str) and isinstance(attempts, int):
            epoch = body.get("epoch", 0)
            state = str(body.get("state"))
            self.check.ended(
                notice_id, state, attempts, record.value, epoch if isinstance(epoch, int) else 0
            )
        else:
            self.check.unreadable(self.places.place(record.topic, record.partition, record.offset))


def _all(database: Database[Document], name: str, *fields: str) -> Iterator[Document]:
    yield from database[name].find({}, dict.fromkeys(fields or ("_id",), 1), batch_size=_BATCH)
