"""Which dead letters are meant, and what they have in common. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.cli.dead_logic import Letter
from services.domain.letter_store import LetterEnd

OPEN: Final = "open"
NO_FACTS: Final = "no facts"
Ends = Mapping[str, LetterEnd]
"""What became of letters, by the place where they lie."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What letters are asked for; None asks for nothing. ``topic`` may be the dead topic's or the
    original's name, in full or in part; ``text`` is looked for in the error, ``about`` (a case or
    contact id) in key and value."""

    topic: str | None = None
    reason: str | None = None
    worker: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    about: str | None = None

    @property
    def is_anything(self) -> bool:
        """Whether no letter is left out."""
        return self == Wanted()

    def matches(self, letter: Letter) -> bool:
        """Return whether ``letter`` is among those asked for."""
        if self.topic is not None and self.topic not in letter.topic:
            return False
        if self.about is not None and not _mentions(letter, self.about):
            return False
        return self._facts_match(letter)

    def _facts_match(self, letter: Letter) -> bool:
        facts = letter.facts
        if facts is None:
            return Wanted(topic=self.topic, about=self.about) == self
        exact = ((self.reason, facts.reason), (self.worker, facts.worker), (self.rule, facts.rule))
        return (
            all(asked is None or asked == found for asked, found in exact)
            and (self.since is None or facts.at >= self.since)
            and (self.until is None or facts.at < self.until)
            and (self.text is None or self.text.casefold() in facts.error.casefold())
        )


def _mentions(letter: Letter, identifier: str) -> bool:
    wanted = identifier.encode()
    return wanted in (letter.value or b"") or wanted in (letter.key or b"")


def state_of(letter: Letter, ends: Ends) -> str:
    """Return ``open``, ``replayed`` or ``discarded``."""
    end = ends.get(letter.place)
    return OPEN if end is None else str(end.fate)


def summary(letters: Sequence[Letter], ends: Ends, now: datetime) -> list[str]:
    """Return why letters died, the most frequent reason first, and how many still wait."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    waiting: dict[tuple[str, str, str, str], list[datetime]] = {}
    for letter in letters:
        facts = letter.facts
        why = (facts.worker, facts.reason, facts.rule) if facts else ("?", NO_FACTS, "")
        key = (letter.topic.removesuffix(".dead"), *why)
        counts[key] += 1
        if state_of(letter, ends) == OPEN:
            waiting.setdefault(key, []).append(facts.at if facts else now)
    lines = [f"{'letters':>7} {'open':>6} {'oldest':>8}  {'topic':<28} {'worker':<12} reason, rule"]
    for key, count in counts.most_common():
        topic, worker, reason, rule = key
        since = waiting.get(key, [])
        oldest = age(now - min(since)) if since else ""
        lines.append(
            f"{count:>7} {len(since):>6} {oldest:>8}  {topic:<28} {worker:<12} {reason}, {rule}"
        )
    return [*lines, total_line(letters, ends, now)]


def total_line(letters: Sequence[Letter], ends: Ends, now: datetime) -> str:
    """Return how many there are, how many wait, and since when."""
    since = open_since(letters, ends, now)
    oldest = f", the oldest for {age(now - min(since))}" if since else ""
    return f"{len(letters)} dead letters, {len(since)} open{oldest}"


def open_since(letters: Iterable[Letter], ends: Ends, now: datetime) -> list[datetime]:
    """Return when each open letter died; now, where nobody knows."""
    return [
        letter.facts.at if letter.facts else now
        for letter in letters
        if state_of(letter, ends) == OPEN
    ]


def age(span: timedelta) -> str:
    """Return a span in its largest unit.

    >>> age(timedelta(minutes=125)), age(timedelta(seconds=9))
    ('2 h', '9 s')
    """
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
