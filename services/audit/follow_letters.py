"""Dead letters as they come: which records they account for, and which still wait."""

from collections import OrderedDict
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from kafka import KafkaAdminClient, TopicPartition
from pymongo.database import Database

from schemas.dead import from_headers
from schemas.errors import MalformedRecordError
from schemas.topics import dead_topics
from services.adapters.kafka_admin import topic_ids
from services.audit.database import Document
from services.audit.groups import spans_of
from services.audit.logic.history import opened
from services.audit.logic.places import Span
from services.audit.topic_reader import TopicReader
from services.runtime.settings import Settings

KEPT: Final = 100_000
"""Letters held in memory, 300 bytes each; of more the oldest are forgotten here, and a full audit
still counts them. The breaker stops a worker long before."""


class LetterWatch:
    """Read :meth:`look` first, then ask."""

    def __init__(self, settings: Settings) -> None:
        self._names = [settings.topic(name) for name in dead_topics()]
        self._next: dict[TopicPartition, int] = {}
        self._letters: OrderedDict[str, datetime | None] = OrderedDict()
        self._ended: set[str] = set()
        self.sources: OrderedDict[str, None] = OrderedDict()
        """Where the originals stood."""
        self.contacts: OrderedDict[str, None] = OrderedDict()
        """Contact keys that died after dedup."""

    def look(
        self, admin: KafkaAdminClient, reader: TopicReader, database: Database[Document]
    ) -> None:
        """Read what is new."""
        spans = spans_of(admin, self._names)
        new = {
            spot: Span(max(self._next.get(spot, 0), span.start), span.end)
            for spot, span in spans.items()
            if max(self._next.get(spot, 0), span.start) < span.end
        }
        ids = topic_ids(admin, self._names) if new else {}
        for records in reader.read(new):
            for record in records:
                self._take(record, ids[record.topic])
        self._next |= {spot: span.end for spot, span in spans.items()}
        ends = database["letter_ends"]
        if ends.estimated_document_count() != len(self._ended):
            self._ended = {row["_id"] for row in ends.find({}, {"_id": 1})}
            for row in ends.find({"fate": "discarded"}, {"source": 1}):
                _keep(self.sources, row["source"])

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many letters are open, and when the oldest died."""
        left = {place: at for place, at in self._letters.items() if place not in self._ended}
        return len(left), min((at for at in left.values() if at is not None), default=None)

    def _take(self, record: Any, topic_id: str) -> None:
        at = None
        with suppress(MalformedRecordError):
            facts = from_headers(record.headers)
            at = facts.at
            _keep(self.sources, facts.source)
        self._letters[f"{topic_id}:{record.partition}:{record.offset}"] = at
        if len(self._letters) > KEPT:
            self._letters.popitem(last=False)
        contact = contact_key_of(record.value)
        if contact is not None:
            _keep(self.contacts, contact)


def contact_key_of(value: bytes | None) -> str | None:
    """Return the contact that a record of the way from dedup to its case is about."""
    body: Any = opened(value) or {}
    tenant = body.get("tenant")
    for name in ("scored", "deduplicated", "contact"):
        body = body.get(name, body)
        if not isinstance(body, dict):
            return None
    contact_id = body.get("contact_id")
    return f"{tenant}|{contact_id}" if isinstance(contact_id, str) else None


def _keep(kept: "OrderedDict[str, None]", item: str) -> None:
    kept[item] = None
    if len(kept) > KEPT:
        kept.popitem(last=False)
