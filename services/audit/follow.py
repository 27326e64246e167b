"""The continuous audit: every few seconds it judges what is new, and says what it found.

It reads each contact once and each dead letter once, holds a few windows of contacts at a time,
and keeps its place in MongoDB. What takes the whole history (order, bytes, sums) stays with
``complaints audit``.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from kafka import KafkaAdminClient, TopicPartition
from pymongo.database import Database

from schemas.incidents import IncidentChange
from schemas.topics import (
    DEDUPLICATED,
    INCIDENTS,
    NOTICES_SETTLED,
    RECEIVED,
    ROUTED,
    SCORED,
    STATE,
    Topic,
    lane_names,
)
from services.adapters.kafka_admin import end_offsets, partitions_of, topic_ids
from services.audit.database import Document
from services.audit.follow_doubles import DoubleWatch
from services.audit.follow_incidents import IncidentWatch
from services.audit.follow_letters import LetterWatch
from services.audit.follow_metrics import FollowMetrics
from services.audit.follow_state import FollowState, Suspect
from services.audit.follow_timers import TimerWatch
from services.audit.groups import positions, spans_of
from services.audit.logic.following import Received, Row, Trace, Window, trace_of, without_effect
from services.audit.logic.history import opened
from services.audit.logic.places import Span
from services.audit.topic_reader import TopicReader
from services.domain.errors import UnsafeStart
from services.runtime.settings import Settings

AT_A_TIME: Final = 10_000
"""Contacts of one window."""
WINDOWS: Final = 4
"""Windows that may wait at a time; then nothing more is read until one is done: 12 MB."""
LOOK_SECONDS: Final = 2.0
_WAY: Final[tuple[tuple[str, Topic], ...]] = (
    ("severity", DEDUPLICATED),
    ("routing", SCORED),
    ("cases", ROUTED),
)
"""Who must pass which topic after dedup, in order; each has two lanes."""


class Follower:
    """See :meth:`round`."""

    def __init__(
        self,
        settings: Settings,
        admin: KafkaAdminClient,
        reader: TopicReader,
        database: Database[Document],
        metrics: FollowMetrics,
    ) -> None:
        self._settings = settings
        self._admin = admin
        self._reader = reader
        self._database = database
        self._metrics = metrics
        self._state = FollowState(database)
        self._letters = LetterWatch(settings)
        self._doubles = DoubleWatch(self._state)
        self._incidents = IncidentWatch(database)
        self._timers = TimerWatch(database)
        self._windows: list[tuple[Window, dict[TopicPartition, int]]] = []
        self._ids = self._topic_ids()
        self._next = self._begin()

    def round(self, now: datetime) -> bool:
        """Judge what is new; return whether there is more to read at once.

        Raises:
            OutageError: Kafka or MongoDB is away.
        """
        has_more, unread_ms = self._read_on()
        for window, _ in self._windows:
            self._move_on(window)
        # After the positions were read: whatever died before them lies there now.
        self._letters.look(self._admin, self._reader, self._database)
        self._finish()
        self._clear_suspects()
        self._hear(NOTICES_SETTLED, self._count_double)
        self._hear(INCIDENTS, self._count_incident)
        oldest = [window.oldest_ms for window, _ in self._windows] + [unread_ms]
        oldest += [suspect.at_ms for suspect in self._state.suspects()[:1]]
        self._show(now, [at for at in oldest if at is not None])
        return has_more

    # ------------------------------------------------------------------ reading

    def _read_on(self) -> tuple[bool, int | None]:
        """Take the next contacts that dedup has read; return whether there are more, and when
        the first of those that it has not read was written."""
        passed = positions(self._admin, self._settings, "dedup")
        spans = spans_of(self._admin, self._lanes(RECEIVED))
        begin = {spot: max(self._next.get(spot, 0), span.start) for spot, span in spans.items()}
        ready = {
            spot: Span(begin[spot], min(passed.get(tuple(spot), 0), begin[spot] + AT_A_TIME))
            for spot in spans
        }
        ready = {spot: span for spot, span in ready.items() if span.start < span.end}
        unread = {
            spot: Span(max(begin[spot], passed.get(tuple(spot), 0)), span.end)
            for spot, span in spans.items()
        }
        unread_ms = self._first_written(unread)
        if not ready or len(self._windows) >= WINDOWS:
            return False, unread_ms
        records = [self._received(one) for some in self._reader.read(ready) for one in some]
        self._letters.look(self._admin, self._reader, self._database)
        window = self._judged(records)
        window.fence = self._ends(_WAY[0][1])
        self._next |= {spot: span.end for spot, span in ready.items()}
        self._windows.append((window, {spot: span.end for spot, span in ready.items()}))
        return any(passed.get(tuple(s), 0) > self._next[s] for s in ready), unread_ms

    def _received(self, record: Any) -> Received:
        body = opened(record.value) or {}
        tenant, contact_id = body.get("tenant"), body.get("contact_id")
        is_contact = isinstance(tenant, str) and isinstance(contact_id, str)
        return Received(
            f"{self._ids[record.topic]}:{record.partition}:{record.offset}",
            f"{tenant}|{contact_id}" if is_contact else None,
            record.timestamp,
        )

    def _judged(self, records: list[Received]) -> Window:
        """Keep what was decided; what is nowhere is suspect from now on."""
        self._metrics.count("contacts_checked", len(records))
        traces, rows = self._traces(records)
        window = Window({})
        suspects = []
        for record in records:
            key = record.contact_key
            if traces[record.source] is Trace.DECIDED and key is not None:
                window.decided[key] = (record, rows[key].case_key)
            elif traces[record.source] is Trace.NOWHERE:
                suspects.append(Suspect(record.source, key, record.at_ms))
        self._state.suspect(suspects)
        return window

    def _traces(self, records: list[Received]) -> tuple[dict[str, Trace], dict[str, Row]]:
        keys = [one.contact_key for one in records if one.contact_key is not None]
        fields = {"source": 1, "tenant": 1, "case_id": 1}
        rows = {
            row["_id"]: Row(row["source"], f"{row['tenant']}|{row['case_id']}")
            for row in self._database["contacts"].find({"_id": {"$in": keys}}, fields)
        }
        sources = {"_id": {"$in": [one.source for one in records]}}
        absorbed = {row["_id"] for row in self._database["absorbed"].find(sources, {"_id": 1})}
        dead = self._letters.sources.keys()
        return {one.source: trace_of(one, rows, absorbed, dead) for one in records}, rows

    # ------------------------------------------------------------------ windows

    def _move_on(self, window: Window) -> None:
        while window.stage < len(_WAY) and self._is_passed(_WAY[window.stage][0], window.fence):
            window.stage += 1
            if window.stage < len(_WAY):
                window.fence = self._ends(_WAY[window.stage][1])

    def _is_passed(self, worker: str, fence: dict[tuple[str, int], int]) -> bool:
        """Return whether ``worker`` has read up to the fence: what is left are only markers."""
        at = positions(self._admin, self._settings, worker)
        left = {
            TopicPartition(*spot): Span(at.get(spot, 0), end)
            for spot, end in fence.items()
            if at.get(spot, 0) < end
        }
        if not left:
            return True
        first = self._reader.first_records(left, LOOK_SECONDS)
        return all(spot in first and first[spot] is None for spot in left)

    def _finish(self) -> None:
        """Judge the windows that every worker has passed, in order, and remember the place."""
        while self._windows and self._windows[0][0].stage == len(_WAY):
            window, upto = self._windows.pop(0)
            lost = without_effect(window, self._effects(window), self._letters.contacts.keys())
            self._state.suspect(Suspect(one.source, one.contact_key, one.at_ms) for one in lost)
            for name in self._lanes(RECEIVED):
                mine = {spot: end for spot, end in upto.items() if spot.topic == name}
                self._state.advance(mine, self._ids[name])

    def _effects(self, window: Window) -> set[tuple[str, str]]:
        """Return the pairs of case and contact that stand in the log."""
        pairs = [(case, key) for key, (_, case) in window.decided.items()]
        found: set[tuple[str, str]] = set()
        for begin in range(0, len(pairs), 1000):
            some = pairs[begin : begin + 1000]
            marks = {f"con:{key.partition('|')[2]}" for _, key in some}
            wanted = {"case": {"$in": [case for case, _ in some]}, "marks": {"$in": list(marks)}}
            for entry in self._database["case_log"].find(wanted, {"case": 1, "marks": 1}):
                tenant = entry["case"].partition("|")[0]
                found.update(
                    (entry["case"], f"{tenant}|{mark[4:]}")
                    for mark in entry["marks"]
                    if mark in marks
                )
        return found

    def _clear_suspects(self) -> None:
        """Look again at what was nowhere: it may have been mended and replayed."""
        suspects = self._state.suspects()
        records = [Received(*suspect) for suspect in suspects]
        traces, rows = self._traces(records) if records else ({}, {})
        decided = Window(
            {
                one.contact_key: (one, rows[one.contact_key].case_key)
                for one in records
                if traces[one.source] is Trace.DECIDED and one.contact_key is not None
            }
        )
        effects, dead = self._effects(decided), self._letters.contacts.keys()
        lost = {one.source for one in without_effect(decided, effects, dead)}
        well = [s for s, trace in traces.items() if trace is not Trace.NOWHERE and s not in lost]
        if well:
            self._state.cleared(well)

    # ------------------------------------------------------------------ the rest

    def _hear(self, topic: Topic, take: Callable[[Any], None]) -> None:
        """Take what is new on a topic, and remember the place."""
        real = self._settings.topic(topic.name)
        spans = spans_of(self._admin, [real])
        new = {
            spot: Span(max(self._next.get(spot, 0), span.start), span.end)
            for spot, span in spans.items()
        }
        for records in self._reader.read(new):
            for record in records:
                take(record)
        moved = {spot: span.end for spot, span in new.items() if span.start < span.end}
        self._next |= moved
        self._state.advance(moved, self._ids[real])

    def _count_double(self, record: Any) -> None:
        if self._doubles.heard(record.value):
            self._metrics.count("possible_doubles", 1)

    def _count_incident(self, record: Any) -> None:
        kind = self._incidents.heard(record.value)
        if kind in (IncidentChange.OPENED, IncidentChange.ENDED):
            self._metrics.count(f"incidents_{kind}", 1)

    def _show(self, now: datetime, oldest_ms: list[int]) -> None:
        seconds = now.timestamp() - min(oldest_ms) / 1000 if oldest_ms else 0.0
        waiting, since = self._letters.waiting()
        partitions = len(partitions_of(self._admin, [self._settings.topic(STATE.name)]))
        letter_age = now - since if since is not None else timedelta()
        for name, value in {
            "unaccounted_contacts": float(self._state.suspect_count()),
            "oldest_unprocessed_seconds": max(0.0, seconds),
            **self._timers.figures(partitions, now),
            "open_dead_letters": float(waiting),
            "oldest_dead_letter_seconds": max(0.0, letter_age.total_seconds()),
            **self._incidents.figures(self._database, now),
            "last_round_timestamp_seconds": now.timestamp(),
        }.items():
            self._metrics.show(name, value)

    def _first_written(self, spans: dict[TopicPartition, Span]) -> int | None:
        left = {spot: span for spot, span in spans.items() if span.start < span.end}
        first = self._reader.first_records(left, LOOK_SECONDS) if left else {}
        return min((one.timestamp for one in first.values() if one is not None), default=None)

    def _lanes(self, *topics: Topic) -> list[str]:
        return [self._settings.topic(name) for topic in topics for name in lane_names(topic)]

    def _ends(self, topic: Topic) -> dict[tuple[str, int], int]:
        spots = partitions_of(self._admin, self._lanes(topic))
        return {(s.topic, s.partition): at for s, at in end_offsets(self._admin, spots).items()}

    def _topic_ids(self) -> dict[str, str]:
        names = self._lanes(RECEIVED, NOTICES_SETTLED, INCIDENTS)
        ids = topic_ids(self._admin, names)
        missing = [name for name in names if name not in ids]
        if missing:
            raise UnsafeStart(f"no topic {missing[0]}: run `complaints topics apply`")
        return ids

    def _begin(self) -> dict[TopicPartition, int]:
        """Return where an earlier audit stopped, or the beginning of the topics."""
        found = {
            spot: self._state.position(spot, self._ids[spot.topic])
            for spot in partitions_of(self._admin, self._ids)
        }
        return {spot: at for spot, at in found.items() if at is not None}
