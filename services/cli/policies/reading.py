"""Contacts to replay as a running instance holds them, and how their cases stand.

Topics are read without joining a group that the pipeline has, and nothing is committed or
produced: whoever looks leaves no trace.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zlib import compress, decompress

from schemas import topics
from schemas.cases import CaseState
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.record import Record
from schemas.routes import ContactRouted
from schemas.scores import ContactScored
from schemas.topics import Topic
from services.cli.policies.sources import Replayed, Unreadable
from services.domain.clocks.stages import clocks_of
from services.domain.errors import SettingsError
from services.runtime.settings import Settings

READABLE: Final = (topics.DEDUPLICATED, topics.SCORED, topics.ROUTED)
"""What holds contacts that are decided; each with its express lane."""
_QUICK: Final = 1
"""Of zlib: half of the bytes for little time."""


class Period(NamedTuple):
    """From when on and until when a topic is replayed, by when its records came to it; None:
    from its beginning, up to now."""

    since: datetime | None = None
    until: datetime | None = None

    def has(self, milliseconds: float) -> bool:
        """Return whether a moment, in milliseconds since 1970, is in it; its end is not."""
        at = milliseconds / 1000
        return (self.since is None or at >= self.since.timestamp()) and (
            self.until is None or at < self.until.timestamp()
        )


class _Kept(NamedTuple):
    """A contact of a topic until all are read; some hundred bytes, where the record that it is
    read to has thousands."""

    received_at: datetime
    came: float
    """When its record came to the topic."""
    packed: bytes


def topic_named(name: str) -> Topic:
    """Return the topic that can be replayed under a name: that of either of its lanes, or a part
    of it.

    Raises:
        SettingsError: there is none, or the topic carries no decided contacts.
    """
    for topic in READABLE:
        for lane in topics.lane_names(topic):
            if name in (lane, lane.rpartition(".")[0]):
                return topic
    known = ", ".join(one.name for one in READABLE)
    raise SettingsError(f"--from {name}: no file, and no topic of {known} or their express lanes")


def from_topic(
    settings: Settings, topic: Topic, period: Period, progress: "Progress"
) -> Iterator[Replayed | Unreadable]:
    """Yield what cannot be read of a topic in a period, then the contacts of both of its lanes,
    each once, in the order in which they were received.

    What is graver came by the express lane, and cases and incidents are made of both (ADR 0021).

    Raises:
        OutageError: the cluster is away.
    """
    kept: dict[tuple[str, str], _Kept] = {}
    for record in _records(settings, topics.lane_names(topic), progress):
        if not period.has(record.timestamp):
            continue
        try:
            one = _contact_in(topic, record.value)
        except MalformedRecordError as error:
            place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
            yield Unreadable(f"{place}: {error}")
            continue
        key = one.deduplicated.tenant, one.id
        if key not in kept or record.timestamp < kept[key].came:
            received_at = one.deduplicated.contact.received_at
            kept[key] = _Kept(received_at, record.timestamp, compress(record.value, _QUICK))
    progress.begin(len(kept), "replayed")
    for key in sorted(kept, key=lambda key: (kept[key].received_at, key)):
        yield _contact_in(topic, decompress(kept.pop(key).packed))
        progress.add(1)


def _contact_in(topic: Topic, value: bytes | None) -> Replayed:
    """Return the contact of a record of a topic.

    Raises:
        MalformedRecordError: the record is none of this topic.
    """
    assert topic.record is not None
    found: Record = decode(topic.record, value)
    scored = found.scored if isinstance(found, ContactRouted) else found
    if isinstance(scored, ContactScored):
        contact_id = scored.deduplicated.contact.contact_id
        return Replayed(contact_id, scored.deduplicated, scored.score)
    if isinstance(scored, ContactDeduplicated):
        return Replayed(scored.contact.contact_id, scored)
    raise TypeError(f"{topic.name} carries {type(found).__name__}, which holds no decided contact")


def states_in(
    settings: Settings, wanted: Container[str], progress: "Progress"
) -> dict[str, CaseState]:
    """Return the newest states of cases by key, as much of each as its clocks go by.

    Raises:
        OutageError: the cluster is away.
    """
    states: dict[str, CaseState] = {}
    for record in _records(settings, [topics.STATE.name], progress):
        key = (record.key or b"").decode("utf-8", "replace")
        if key not in wanted:
            continue
        try:
            state = decode(CaseState, record.value)
        except MalformedRecordError:
            continue  # newer than this version, or removed: its clocks count from the contact
        states[key] = for_clocks(state)
    return states


def for_clocks(state: CaseState) -> CaseState:
    """Return as much of the state of a case as its clocks go by: many are kept at once."""
    fields: dict[str, Any] = {
        "opened_at": state.opened_at,
        "level": state.level,
        "team": state.team,
        "clocks": clocks_of(state),
        "appeal_of": state.appeal_of,
        "reviewed": state.reviewed,
    }
    return CaseState.model_construct(**fields)


def _records(settings: Settings, names: Sequence[str], progress: "Progress") -> Iterator[Any]:
    """Yield the records of topics by their names in the table; of one partition in order."""
    from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of, start_offsets
    from services.audit.logic.places import Span
    from services.audit.topic_reader import TopicReader

    with admin_of(settings.kafka) as admin:
        spots = partitions_of(admin, [settings.topic(name) for name in names])
        starts, ends = start_offsets(admin, spots), end_offsets(admin, spots)
    spans = {spot: Span(starts[spot], ends[spot]) for spot in spots}
    progress.begin(sum(span.end - span.start for span in spans.values()), "read")
    with TopicReader(settings.kafka) as reader:
        for batch in reader.read(spans):
            progress.add(len(batch))
            yield from batch


class Progress:
    """How far a replay is; ``show`` is told now and then."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self.begin(0, "")

    def begin(self, total: int, done: str) -> None:
        """Count from nothing to ``total``; ``done`` says what is being done."""
        self._done = self._shown = 0
        self._total, self._word = total, done

    def add(self, number: int) -> None:
        """Count what was done."""
        self._done += number
        if self._done - self._shown >= 5000 or self._done >= self._total:
            self._shown = self._done
            self._show(f"{self._done:,} of {self._total:,} {self._word}")
