"""The topic table: every topic of the pipeline, once.

The whole pipeline stands here; ``record`` is None where a later part of the system
brings the record. Partition counts of a pipeline's topics are equal on purpose: the
``range`` assignor then gives partition *p* of each of them to one worker.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled
from schemas.clocks import ClockFired
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.incidents import IncidentChanged, IncidentCommand
from schemas.notices import NoticeReceipt, NoticeRequested, NoticeSettled
from schemas.record import Record
from schemas.routes import ContactRouted
from schemas.scores import ContactScored
from schemas.trends import ContactsCounted, SurgeSeen

DAY: Final = timedelta(days=1)
SOURCE_MAX_BYTES: Final = 1024 * 1024
DEAD_MAX_BYTES: Final = 2 * SOURCE_MAX_BYTES
"""A dead letter is the original plus headers: it must always fit."""
PARTITIONS: Final = 12
"""Of every topic of the case path in production; fixed for a topic's life, since keys
are placed by it. Small installations choose fewer when the topics are made."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the table.

    ``key`` says in words what the record key is; ``retention`` is None for a compacted
    topic. ``dead_letter`` is the name of the topic for what its consumers cannot read.
    """

    name: str
    key: str
    record: type[Record] | None
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    retention: timedelta | None = 14 * DAY
    max_message_bytes: int = SOURCE_MAX_BYTES

    @property
    def compacted(self) -> bool:
        return self.retention is None

    @property
    def dead_letter(self) -> str | None:
        return f"{self.name}.dead" if self.consumers else None


RECEIVED: Final = Topic(
    "complaints.received.v1", "tenant|locality hint", ContactReceived, ("api",), ("dedup",)
)
DEDUPLICATED: Final = Topic(
    "complaints.deduplicated.v1", "tenant|case", ContactDeduplicated, ("dedup",), ("severity",)
)
SCORED: Final = Topic(
    "complaints.scored.v1", "tenant|case", ContactScored, ("severity",), ("routing",)
)
ROUTED: Final = Topic(
    "complaints.routed.v1", "tenant|case", ContactRouted, ("routing",), ("cases",)
)
COMMANDS: Final = Topic(
    "case.commands.v1",
    "tenant|case",
    CaseCommand,
    ("api", "cases", "incidents", "aftercare"),
    ("cases",),
)
SETTLED: Final = Topic("case.commands.settled.v1", "tenant|case", CommandSettled, ("cases",), ())
CHANGED: Final = Topic(
    "cases.changed.v1",
    "tenant|case",
    CaseChanged,
    ("cases",),
    ("notification", "incidents"),
    retention=30 * DAY,
)
STATE: Final = Topic(
    "cases.state.v1", "tenant|case", CaseState, ("cases",), ("sla",), retention=None
)
PLACES: Final = Topic(
    "incidents.commands.v1",
    "tenant|hub|category",
    IncidentCommand,
    ("incidents", "api"),
    ("incidents",),
)
INCIDENTS: Final = Topic(
    "incidents.changed.v1",
    "tenant|hub|category",
    IncidentChanged,
    ("incidents",),
    (),
    retention=30 * DAY,
)
FIRED: Final = Topic("sla.fired.v1", "tenant|case", ClockFired, ("sla",), ("cases",))
NOTICES: Final = Topic(
    "notifications.requested.v1", "tenant|case", NoticeRequested, ("notification",), ("sender",)
)
NOTICES_SETTLED: Final = Topic(
    "notifications.settled.v1",
    "tenant|case",
    NoticeSettled,
    ("notification", "sender"),
    (),
    retention=30 * DAY,
)
RECEIPTS: Final = Topic(
    "notifications.receipts.v1",
    "tenant|case",
    NoticeReceipt,
    ("api", "sender", "notification"),
    ("sender",),
)
COUNTS: Final = Topic("trends.counts.v1", "tenant|hub", ContactsCounted, ("cases",), ("trends",))
SURGES: Final = Topic("trends.surges.v1", "tenant|hub", SurgeSeen, ("trends",), ())

TOPICS: Final[tuple[Topic, ...]] = (
    RECEIVED,
    DEDUPLICATED,
    SCORED,
    ROUTED,
    COMMANDS,
    SETTLED,
    CHANGED,
    STATE,
    PLACES,
    INCIDENTS,
    FIRED,
    NOTICES,
    NOTICES_SETTLED,
    RECEIPTS,
    COUNTS,
    SURGES,
)

DEAD_RETENTION: Final = 30 * DAY
"""How long a dead letter waits to be mended. Ledger rows must outlive topic retention
plus this horizon, else a late replay would look like a new contact."""
LEDGER_RETENTION: Final = DEAD_RETENTION + max(
    topic.retention for topic in TOPICS if topic.consumers and topic.retention is not None
)


def dead_topics() -> tuple[str, ...]:
    """Names of all dead-letter topics, in table order."""
    return tuple(topic.dead_letter for topic in TOPICS if topic.dead_letter is not None)
