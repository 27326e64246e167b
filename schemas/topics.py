"""The topic table: every topic of the pipeline, once.

The whole pipeline stands here; ``record`` is None where a later part of the system
brings the record. Partition counts of a pipeline's topics are equal on purpose: the
``range`` assignor then gives partition *p* of each of them to one worker.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from schemas.cases import CaseChanged, CaseCommand, CaseState, CommandSettled
from schemas.clocks import ClockFired
from schemas.contacts import ContactDeduplicated, ContactReceived
from schemas.incidents import IncidentChanged, IncidentCommand
from schemas.notices import NoticeReceipt, NoticeRequested, NoticeSettled
from schemas.preferences import PreferencesChosen
from schemas.record import Record
from schemas.routes import ContactRouted
from schemas.scores import ContactScored
from schemas.trends import ContactsCounted, SurgeSeen

DAY: Final = timedelta(days=1)
SOURCE_MAX_BYTES: Final = 1024 * 1024
DEAD_MAX_BYTES: Final = 2 * SOURCE_MAX_BYTES
"""A dead letter is the original plus headers: it must always fit."""
DEAD_PARTITIONS: Final = 1
"""Dead letters are rare and are read as a whole, in order of time."""
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
    stands_alone: bool = False
    """It has one partition, served by whoever holds it: nothing on it has to be decided by the
    worker that reads the same number of another topic (ADR 0021)."""

    @property
    def compacted(self) -> bool:
        return self.retention is None

    @property
    def dead_letter(self) -> str | None:
        return f"{self.name}.dead" if self.consumers else None

    def partitions(self, count: int) -> int:
        """Return how many it has where the topics of the case path have ``count``."""
        return 1 if self.stands_alone else count


_EXPRESS: Final = ".express.v1"


def _express_of(topic: Topic, stands_alone: bool = True) -> Topic:
    name = topic.name.removesuffix(".v1") + _EXPRESS
    return replace(topic, name=name, stands_alone=stands_alone)


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
RECEIVED_EXPRESS: Final = _express_of(RECEIVED)
DEDUPLICATED_EXPRESS: Final = _express_of(DEDUPLICATED)
SCORED_EXPRESS: Final = _express_of(SCORED)
ROUTED_EXPRESS: Final = _express_of(ROUTED, stands_alone=False)
"""A case has one writer: its number is that of its other topics."""
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
PREFERENCES: Final = Topic(
    "preferences.chosen.v1",
    "tenant|person",
    PreferencesChosen,
    ("api",),
    (),
    retention=30 * DAY,
)
"""Read by a restore alone: no opt-out is lost with the database."""
COUNTS: Final = Topic("trends.counts.v1", "tenant|hub", ContactsCounted, ("cases",), ("trends",))
SURGES: Final = Topic("trends.surges.v1", "tenant|hub", SurgeSeen, ("trends",), ())

TOPICS: Final[tuple[Topic, ...]] = (
    RECEIVED,
    DEDUPLICATED,
    SCORED,
    ROUTED,
    RECEIVED_EXPRESS,
    DEDUPLICATED_EXPRESS,
    SCORED_EXPRESS,
    ROUTED_EXPRESS,
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
    PREFERENCES,
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


_TWINS: Final[Mapping[str, Topic]] = {
    RECEIVED.name: RECEIVED_EXPRESS,
    DEDUPLICATED.name: DEDUPLICATED_EXPRESS,
    SCORED.name: SCORED_EXPRESS,
    ROUTED.name: ROUTED_EXPRESS,
}


def lanes(topic: Topic) -> tuple[Topic, ...]:
    """Return the topic and, where it has one, its express twin."""
    twin = _TWINS.get(topic.name)
    return (topic,) if twin is None else (topic, twin)


def lane_names(topic: Topic) -> tuple[str, ...]:
    """Return the names of :func:`lanes`."""
    return tuple(lane.name for lane in lanes(topic))


def is_express(name: str) -> bool:
    """Return whether ``name`` (real or of the table) is that of an express topic.

    >>> is_express("complaints.routed.express.v1"), is_express("complaints.routed.v1")
    (True, False)
    """
    return name.endswith(_EXPRESS)


def onward(
    read: Topic, written: Topic, real: Callable[[str], str] = lambda name: name
) -> dict[str, str]:
    """Return where a record goes on, by the topic it came by: in the same lane.

    >>> onward(SCORED, ROUTED)["complaints.scored.express.v1"]
    'complaints.routed.express.v1'
    """
    pairs = zip(lanes(read), lanes(written), strict=True)
    return {real(came.name): real(goes.name) for came, goes in pairs}
