"""The contacts of the demo with their times of day. Pure.

``day.jsonl`` has a contact a line, as ``complaints send`` takes it, and beside it ``time``, when it
comes, and with some ``scene``, what happens then. The day begins at six in the morning; what comes
before six is of the night after it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.cli.sending.lines import Sendable

DAY: Final = Path(__file__).with_name("day.jsonl")
DAY_SECONDS: Final = 24 * 3600
BEGIN_SECONDS: Final = 6 * 3600
"""A newcomer should see a morning fill up, not an empty night."""
SHOWN_EVERY_SECONDS: Final = 1800


@dataclass(frozen=True, slots=True)
class Moment:
    """What comes at ``at``, in seconds since the day began: a contact, with a scene or none."""

    at: int
    contact: Sendable
    scene: str = ""


def read_day(path: Path = DAY) -> list[Moment]:
    """Return the day, in order."""
    lines = path.read_bytes().splitlines()
    return [_moment(number, json.loads(line)) for number, line in enumerate(lines, 1)]


def clock_words(at: float) -> str:
    """Return the time of day, ``at`` seconds after its begin.

    >>> clock_words(0), clock_words(3 * 3600 + 59), clock_words(20.5 * 3600)
    ('06:00', '09:00', '02:30')
    """
    minutes = int(at + BEGIN_SECONDS) % DAY_SECONDS // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def half_hours(after: float, until: float) -> Iterator[int]:
    """Yield the half hours of the day in (``after``, ``until``]."""
    first = int(after // SHOWN_EVERY_SECONDS + 1) * SHOWN_EVERY_SECONDS
    yield from range(first, int(until) + 1, SHOWN_EVERY_SECONDS)


def _moment(number: int, line: dict[str, Any]) -> Moment:
    hours, minutes, seconds = map(int, line.pop("time").split(":"))
    scene = line.pop("scene", "")
    at = (hours * 3600 + minutes * 60 + seconds - BEGIN_SECONDS) % DAY_SECONDS
    return Moment(at, Sendable(number, json.dumps(line, ensure_ascii=False).encode()), scene)
