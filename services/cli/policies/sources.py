"""Contacts to replay: the lines of a file, or what a topic of the pipeline holds.

A topic is read without joining a group that the pipeline has, and nothing is committed or
produced: whoever looks leaves no trace.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import datetime
from typing import IO, Any, Final, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from schemas import topics
from schemas.cases import CaseState
from schemas.codec import decode
from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.routes import ContactRouted
from schemas.scores import ContactScored, Score
from schemas.vocabulary import ClockName
from services.cli.offline import deduplicate
from services.cli.progress import size_of, watched
from services.cli.sending.lines import BadLine
from services.dedup.policy import DedupPolicy
from services.domain.clock import Clock
from services.domain.clocks.stages import clocks_of
from services.domain.errors import SettingsError
from services.runtime.settings import Settings

READABLE: Final = {
    topic.name: record
    for topic, record in (
        (topics.DEDUPLICATED, ContactDeduplicated),
        (topics.SCORED, ContactScored),
        (topics.ROUTED, ContactRouted),
    )
}


class Replayed(NamedTuple):
    """A contact as dedup passed it on; ``score`` is what severity made of it then, if the topic
    says so; ``text`` is only for files, whose owner has the words before him anyway."""

    id: str
    deduplicated: ContactDeduplicated
    score: Score | None = None
    text: str = ""
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None
    """When somebody took it up and when the customer had an answer, if a file says so (fields of
    these names) or the case that a topic has it in."""


class Twice(NamedTuple):
    """A contact as dedup gave it to its case under both sides; mostly one and the same."""

    before: Replayed
    after: Replayed


class Unreadable(NamedTuple):
    """A line or record that is no contact."""

    problem: str


def from_file(
    file: IO[bytes], policy: DedupPolicy, clock: Clock
) -> Iterator[Replayed | Unreadable]:
    """Yield the contacts of a file of lines as `send` takes them."""
    served: dict[int, Served] = {}
    lines = _noting(watched(file, size_of(file)), served)
    for one in deduplicate(lines, policy, clock):
        if isinstance(one, BadLine):
            yield Unreadable(str(one))
        else:
            known = served.get(one.line.number, NOT_SERVED)
            text = one.line.contact.text
            yield Replayed(
                one.line.id,
                one.deduplicated,
                None,
                text,
                known.acknowledged_at,
                known.answered_at,
            )


def _noting(lines: Iterable[bytes], served: dict[int, "Served"]) -> Iterator[bytes]:
    """Yield ``lines``; note when the contacts were taken up and answered, by their numbers.

    Raises:
        SettingsError: one of these is no time with its zone.
    """
    for number, line in enumerate(lines, 1):
        if b'_at"' in line:
            try:
                served[number] = Served.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                if first["loc"]:  # what is no JSON at all is said where the line is read
                    problem = f"line {number}: {first['loc'][0]}: {first['msg']}"
                    raise SettingsError(problem) from None
        yield line


class Served(BaseModel):
    """When a contact was taken up and answered."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    acknowledged_at: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None


NOT_SERVED: Final = Served()


def service_of(state: CaseState | None) -> Served:
    """Return when a case that is known was taken up and answered."""
    if state is None:
        return NOT_SERVED
    ends = {run.clock: run.stopped_at for run in clocks_of(state).runs}
    return Served.model_construct(
        acknowledged_at=ends.get(ClockName.ACKNOWLEDGEMENT),
        answered_at=ends.get(ClockName.RESOLUTION),
    )


def states_in(
    settings: Settings, wanted: Container[str], progress: "Progress"
) -> dict[str, CaseState]:
    """Return the newest states of cases by key, as much of each as its clocks go by.

    Raises:
        OutageError: the cluster is away.
    """
    states: dict[str, CaseState] = {}
    for record in _records(settings, topics.STATE.name, progress):
        key = (record.key or b"").decode("utf-8", "replace")
        if key not in wanted:
            continue
        try:
            state = decode(CaseState, record.value)
        except MalformedRecordError:
            continue  # newer than this version, or removed: its clocks count from the contact
        states[key] = for_clocks(state)
    return states


def topic_named(name: str) -> str:
    """Return the full name of a topic that can be replayed, from it or a part of it.

    Raises:
        SettingsError: there is none, or the topic carries no decided contacts.
    """
    found = [topic for topic in READABLE if name == topic or name == topic.rpartition(".")[0]]
    if not found:
        raise SettingsError(f"--from {name}: no file, and no topic of {', '.join(READABLE)}")
    return found[0]


def from_topic(
    settings: Settings, topic: str, since: datetime | None, progress: "Progress"
) -> Iterator[Replayed | Unreadable]:
    """Yield the contacts that a topic holds up to now, from ``since`` on.

    Raises:
        OutageError: the cluster is away.
    """
    earliest = since.timestamp() * 1000 if since else 0.0
    for one in _records(settings, topic, progress):
        if one.timestamp >= earliest:
            yield _read(topic, one)


def _records(settings: Settings, topic: str, progress: "Progress") -> Iterator[Any]:
    from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of, start_offsets
    from services.audit.logic.places import Span
    from services.audit.topic_reader import TopicReader

    with admin_of(settings.kafka) as admin:
        spots = partitions_of(admin, [settings.topic(topic)])
        starts, ends = start_offsets(admin, spots), end_offsets(admin, spots)
    spans = {spot: Span(starts[spot], ends[spot]) for spot in spots}
    progress.total = sum(span.end - span.start for span in spans.values())
    with TopicReader(settings.kafka) as reader:
        for batch in reader.read(spans):
            progress.add(len(batch))
            yield from batch


def _read(topic: str, record: Any) -> Replayed | Unreadable:
    try:
        found = decode(READABLE[topic], record.value)
    except MalformedRecordError as error:
        return Unreadable(f"partition {record.partition}, offset {record.offset}: {error}")
    scored = found.scored if isinstance(found, ContactRouted) else found
    if isinstance(scored, ContactScored):
        contact_id = scored.deduplicated.contact.contact_id
        return Replayed(contact_id, scored.deduplicated, scored.score)
    if isinstance(scored, ContactDeduplicated):
        return Replayed(scored.contact.contact_id, scored)
    raise TypeError(f"{topic} carries {type(found).__name__}, which holds no decided contact")


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


class Progress:
    """How far a replay is; ``show`` is told now and then."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._done = self._shown = 0
        self.total = 0

    def add(self, records: int) -> None:
        """Count what was read."""
        self._done += records
        if self._done - self._shown >= 5000 or self._done >= self.total:
            self._shown = self._done
            self._show(f"{self._done:,} of {self.total:,} read")
