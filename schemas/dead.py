"""Dead letters on the wire: the original record untouched, the facts in headers.

A dead letter has the original's key and its value, byte for byte (nothing that could not
be read is parsed or wrapped); its headers are the original's, then the facts below as
``dead.<name>``. An original header whose name could be mistaken for one of these gets
``orig.`` in front, so that a replay can give back exactly what there was.

No fact quotes content: dead letters are listed where personal data must not appear.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from schemas.errors import MalformedRecordError

Headers = tuple[tuple[str, bytes], ...]

DEAD: Final = "dead."
ORIGINAL: Final = "orig."
REPLAY_OF: Final = "replay.of"
"""Header of a replayed record; its value is the dead letter's id (:func:`dead_id`)."""
MAX_FACT: Final = 500
"""Longest value of one fact in characters: original and facts must fit the dead topic."""


@dataclass(frozen=True, slots=True)
class DeadFacts:
    """Where a record stood, who refused it, and why.

    ``topic`` is the real name with its prefix; ``topic_id`` tells a topic made anew under
    the same name apart. ``reason``, ``field`` and ``rule`` are stable codes; ``error`` is
    a sentence for a person.
    """

    topic: str
    topic_id: str
    partition: int
    offset: int
    worker: str
    reason: str
    error: str
    field: str
    rule: str
    at: datetime
    code_version: str

    @property
    def source(self) -> str:
        """``<topic id>:<partition>:<offset>``, as ledgers and logs store it."""
        return f"{self.topic_id}:{self.partition}:{self.offset}"


def dead_topic_of(topic: str) -> str:
    """Return the dead-letter topic of ``topic`` (a prefix is kept)."""
    return f"{topic}.dead"


def dead_id(topic: str, partition: int, offset: int) -> str:
    """Return the id of the dead letter that stands there; ``topic`` is the dead topic."""
    return f"{topic}:{partition}:{offset}"


def to_headers(facts: DeadFacts, original: Headers = ()) -> Headers:
    """Return the headers of a dead letter: ``original`` kept, then ``facts``.

    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> facts = DeadFacts("t", "id", 0, 7, "dedup", "malformed", "no value", "", "x", at, "1")
    >>> dict(to_headers(facts, (("dead.at", b"?"),)))["orig.dead.at"]
    b'?'
    """
    written = {
        "topic": facts.topic,
        "topic_id": facts.topic_id,
        "partition": str(facts.partition),
        "offset": str(facts.offset),
        "worker": facts.worker,
        "reason": facts.reason,
        "error": facts.error,
        "field": facts.field,
        "rule": facts.rule,
        "at": facts.at.astimezone(UTC).isoformat(),
        "code_version": facts.code_version,
    }
    own = ((DEAD + name, text[:MAX_FACT].encode()) for name, text in written.items())
    return (*((_escaped(name), value) for name, value in original), *own)


def from_headers(headers: Iterable[tuple[str, bytes | None]]) -> DeadFacts:
    """Read the facts of a dead letter.

    Raises:
        MalformedRecordError: naming the first header that is missing or unreadable; then
            the record was not put there by a worker of ours.
    """
    found = {name: value for name, value in headers if name.startswith(DEAD) and value is not None}

    def text(name: str) -> str:
        value = found.get(DEAD + name)
        if value is None:
            raise MalformedRecordError(DEAD + name, "missing", "no such header")
        return value.decode(errors="replace")

    def number(name: str) -> int:
        try:
            return int(text(name))
        except ValueError:
            raise MalformedRecordError(DEAD + name, "int_parsing", "not a number") from None

    return DeadFacts(
        topic=text("topic"),
        topic_id=text("topic_id"),
        partition=number("partition"),
        offset=number("offset"),
        worker=text("worker"),
        reason=text("reason"),
        error=text("error"),
        field=text("field"),
        rule=text("rule"),
        at=_instant(text("at")),
        code_version=text("code_version"),
    )


def original_headers(headers: Iterable[tuple[str, bytes]]) -> Headers:
    """Return what :func:`to_headers` was given as ``original``."""
    return tuple(
        (name.removeprefix(ORIGINAL), value) for name, value in headers if not name.startswith(DEAD)
    )


def replay_headers(headers: Iterable[tuple[str, bytes]], of: str) -> Headers:
    """Return the headers of the replay of dead letter ``of``: the original's and its name.

    A replay that dies and is replayed again names its newest dead letter only; that one
    still carries the name of the one before.
    """
    kept = (item for item in original_headers(headers) if item[0] != REPLAY_OF)
    return (*kept, (REPLAY_OF, of.encode()))


def _escaped(name: str) -> str:
    return ORIGINAL + name if name.startswith((DEAD, ORIGINAL)) else name


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("naive")
    except ValueError:
        problem = "not an aware ISO instant"
        raise MalformedRecordError(DEAD + "at", "datetime_parsing", problem) from None
    return at.astimezone(UTC)
