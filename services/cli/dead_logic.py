"""Choosing, naming and showing dead letters. Pure."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from schemas.codec import decode
from schemas.dead import DeadFacts, Headers, dead_id, dead_topic_of, from_headers
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.topics import TOPICS, Topic
from services.domain.letter_store import LetterEnd

NUMBER_DIGITS: Final = 6
CASE_KEY: Final = "tenant|case"
"""What the table calls the key of a topic that is keyed by case."""
_SPAN: Final = re.compile(r"^(\d{1,6})([smhd])$")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class DeadLetterError(Exception):
    """What was asked for cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. ``facts`` is None when its headers are not those of a worker."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    facts: DeadFacts | None
    topic_id: str = ""

    @property
    def place(self) -> str:
        """Where it lies, for ever: a topic made anew under the same name differs."""
        return f"{self.topic_id}:{self.partition}:{self.offset}"

    @property
    def id(self) -> str:
        return dead_id(self.topic, self.partition, self.offset)

    @property
    def number(self) -> str:
        """A short name that stays the same when other letters come and go."""
        digest = hashlib.sha256(self.id.encode()).digest()
        return f"{int.from_bytes(digest[:8]) % 10**NUMBER_DIGITS:0{NUMBER_DIGITS}}"

    @property
    def home(self) -> str:
        """The topic in which it died.

        Raises:
            DeadLetterError: its headers do not say, or contradict where it lies.
        """
        if self.facts is None or dead_topic_of(self.facts.topic) != self.topic:
            raise DeadLetterError(f"{self.id}: its headers do not say where it came from")
        return self.facts.topic


class Again(NamedTuple):
    """What is to be produced again for a letter."""

    letter: Letter
    key: bytes | None
    value: bytes | None

    @classmethod
    def of(cls, letter: Letter) -> "Again":
        """Return the original, as it died."""
        return cls(letter, letter.key, letter.value)


def a_letter(
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
    topic_id: str = "",
) -> Letter:
    """Read a record of a dead-letter topic."""
    kept = tuple((name, held or b"") for name, held in headers)
    try:
        facts = from_headers(kept)
    except MalformedRecordError:
        facts = None
    return Letter(topic, partition, offset, key, value, kept, facts, topic_id)


def since_of(text: str, now: datetime) -> datetime:
    """Read ``90m``, ``2h``, ``7d`` (ago) or an ISO date or time (UTC unless it says).

    Raises:
        ValueError: it is none of these.
    """
    span = _SPAN.match(text.strip())
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def split_id(text: str) -> tuple[str, int, int] | None:
    """Read ``<topic>:<partition>:<offset>``; None when it is something else."""
    topic, _, rest = text.partition(":")
    partition, _, offset = rest.partition(":")
    if not topic or not partition.isdigit() or not offset.isdigit():
        return None
    return topic, int(partition), int(offset)


def by_number(letters: Iterable[Letter], number: str) -> Letter:
    """Return the letter with this short number.

    Raises:
        DeadLetterError: none has it, or several do.
    """
    found = [letter for letter in letters if letter.number == number]
    if not found:
        raise DeadLetterError(f"{number}: no dead letter has this number; see `dead list`")
    if len(found) > 1:
        ids = ", ".join(letter.id for letter in found)
        raise DeadLetterError(f"{number}: several have this number, give the id: {ids}")
    return found[0]


def check_replayable(letter: Letter, prefix: str) -> None:
    """See that the topic where the letter died keeps a history.

    Raises:
        DeadLetterError: it is compacted: what is replayed there would be the newest value of its
            key, however old it is.
    """
    topic = _topic_of(letter, prefix)
    if topic is not None and topic.compacted:
        raise DeadLetterError(
            f"{letter.id}: {letter.home} is compacted, so a replay would stand as the newest "
            "state of its key, in place of what came after it. Nothing needs a replay here: the "
            "next change of the case (a note will do) produces its state anew"
        )


def check_mended(letter: Letter, value: bytes, prefix: str) -> None:
    """See that a mended value would be read in the topic where the letter died.

    Raises:
        DeadLetterError: it would die again; the message names field and rule.
    """
    topic = _topic_of(letter, prefix)
    if topic is None or topic.record is None:
        return
    try:
        decode(topic.record, value)
    except MalformedRecordError as error:
        raise DeadLetterError(f"the mended value would die again: {error}") from None


def check_key(letter: Letter, key: bytes, value: bytes | None, prefix: str) -> None:
    """See that a mended key is the one that its record asks for, where the table tells which.

    Raises:
        DeadLetterError: it would die again, or lie where nobody looks for it.
    """
    topic = _topic_of(letter, prefix)
    if topic is None or topic.record is None or topic.key != CASE_KEY:
        return
    try:
        record = decode(topic.record, value)
    except MalformedRecordError as error:
        raise DeadLetterError(f"{letter.id} would die again whatever its key: {error}") from None
    wanted = case_key(record.tenant, str(getattr(record, "case_id", "")))
    if key != wanted:
        raise DeadLetterError(
            f"with the key {rendered(key, 200)} it would die again: the record is about "
            f"{rendered(wanted, 200)}"
        )


def case_of(letter: Letter, prefix: str) -> str | None:
    """Return the key of the case that a letter is about, where its topic is keyed by that."""
    if letter.facts is None or letter.key is None:
        return None
    try:
        topic = _topic_of(letter, prefix)
        return letter.key.decode() if topic is not None and topic.key == CASE_KEY else None
    except (DeadLetterError, UnicodeDecodeError):
        return None


def _topic_of(letter: Letter, prefix: str) -> Topic | None:
    return next((topic for topic in TOPICS if prefix + topic.name == letter.home), None)


def rendered(value: bytes | None, limit: int) -> str:
    """Return bytes as text that cannot harm a terminal: what is not plain text is escaped."""
    if value is None:
        return "(no value)"
    text = value.decode(errors="backslashreplace")
    cut = text[:limit]
    shown = "".join(_harmless(character) for character in cut)
    left = len(text) - len(cut)
    return f"{shown}\n… {left} more characters; --raw gives all" if left else shown


def table(letters: Sequence[Letter], states: Sequence[str]) -> list[str]:
    """Return one line per letter, without any content; ``states`` says what became of each."""
    head = f"{'number':<{NUMBER_DIGITS}}  {'died at (UTC)':<19}  {'worker':<12} {'reason':<13} "
    lines = [f"{head} {'rule':<22} {'field':<20} {'bytes':>7}  {'state':<9}  id"]
    for letter, state in zip(letters, states, strict=True):
        facts = letter.facts
        size = len(letter.value or b"")
        if facts is None:
            told = f"{'?':<19}  {'?':<12} {'no facts':<13}  {'':<22} {'':<20}"
        else:
            told = (
                f"{facts.at:%Y-%m-%d %H:%M:%S}  {_plain(facts.worker):<12} "
                f"{_plain(facts.reason):<13}  {_plain(facts.rule):<22} {_plain(facts.field):<20}"
            )
        lines.append(f"{letter.number}  {told} {size:>7}  {state:<9}  {letter.id}")
    return lines


def end_lines(end: LetterEnd | None) -> list[str]:
    """Return what became of a letter."""
    if end is None:
        return ["state     open"]
    return [
        f"state     {end.fate} by {_plain(end.by)} at {end.at:%Y-%m-%d %H:%M:%S} UTC",
        f"note      {_plain(end.note)}",
    ]


def facts_lines(letter: Letter) -> list[str]:
    """Return what is known of a letter, without its content."""
    lines = [f"id        {letter.id}", f"number    {letter.number}"]
    facts = letter.facts
    if facts is None:
        return [*lines, "facts     none: it was not put there by a worker"]
    return [
        *lines,
        f"died in   {_plain(facts.topic)} partition {facts.partition} offset {facts.offset}",
        f"topic id  {_plain(facts.topic_id)}",
        f"at        {facts.at:%Y-%m-%d %H:%M:%S} UTC",
        f"worker    {_plain(facts.worker)} ({_plain(facts.code_version)})",
        f"reason    {_plain(facts.reason)}",
        f"rule      {_plain(facts.rule)}",
        f"field     {_plain(facts.field) or '(the whole record)'}",
        f"error     {_plain(facts.error)}",
    ]


def _plain(text: str) -> str:
    return "".join(_harmless(character) for character in text).replace("\n", " ")


def _harmless(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return character.encode("unicode_escape").decode("ascii")
