"""Dead letters that wait, and those that were given up: counted, so that none is forgotten."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kafka import KafkaAdminClient
from pymongo.database import Database

from schemas.dead import from_headers
from schemas.errors import MalformedRecordError
from schemas.topics import dead_topics
from services.adapters.kafka_admin import topic_ids
from services.audit.database import Document
from services.audit.groups import spans_of
from services.audit.topic_reader import TopicReader
from services.runtime.settings import Settings

DISCARDED = "discarded"


class End(NamedTuple):
    """What became of a letter: ``place`` is where it lies, ``source`` where its original stood."""

    place: str
    fate: str
    source: str


@dataclass(slots=True)
class Letters:
    """How many dead letters there are. ``oldest`` is when the oldest open one died; letters whose
    headers do not say are open, too."""

    waiting: int = 0
    replayed: int = 0
    discarded: int = 0
    oldest: datetime | None = None

    def found(self, fate: str | None, at: datetime | None) -> None:
        """Count a letter that lies there and ended so; None: it is open."""
        if fate is not None:
            self.discarded += fate == DISCARDED
            self.replayed += fate != DISCARDED
            return
        self.waiting += 1
        if at is not None and (self.oldest is None or at < self.oldest):
            self.oldest = at

    def line(self, now: datetime | None) -> str:
        """Return it for a person."""
        oldest = ""
        if now is not None and self.oldest is not None:
            oldest = f" (the oldest for {(now - self.oldest).total_seconds() / 3600:.1f} h)"
        return (
            f"dead letters: {self.waiting} open{oldest}, {self.replayed} replayed, "
            f"{self.discarded} discarded"
        )


def ends(database: Database[Document]) -> Iterator[End]:
    """Yield what became of letters."""
    fields = {"fate": 1, "source": 1}
    for row in database["letter_ends"].find({}, fields, batch_size=10_000):
        yield End(row["_id"], row["fate"], row["source"])


def died_at(record: Any) -> datetime | None:
    """Return when a record of a dead-letter topic died, if its headers say."""
    with suppress(MalformedRecordError):
        return from_headers(record.headers).at
    return None


def count_letters(
    settings: Settings,
    admin: KafkaAdminClient,
    reader: TopicReader,
    database: Database[Document],
) -> tuple[Letters, list[str]]:
    """Return the count, and the sources of discarded letters that Kafka has deleted: these are
    accounted for by what was written down alone."""
    names = [settings.topic(name) for name in dead_topics()]
    ids = topic_ids(admin, names)
    spans = spans_of(admin, names)
    fates = {end.place: end for end in ends(database)}
    letters, met = Letters(), set()
    for records in reader.read(spans):
        for record in records:
            place = f"{ids[record.topic]}:{record.partition}:{record.offset}"
            end = fates.get(place)
            letters.found(None if end is None else end.fate, died_at(record))
            met.add(place)
    gone = [end for place, end in fates.items() if place not in met and end.fate == DISCARDED]
    letters.discarded += len(gone)
    return letters, [end.source for end in gone if end.source]
