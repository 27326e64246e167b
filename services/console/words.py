"""Times, durations and numbers as people read them. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal

from services.console.language import Texts

Tone = Literal["calm", "soon", "late"]
SOON: Final = timedelta(hours=2)
"""A limit nearer than this is shown with emphasis."""
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})")
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for people, and the same for machines."""

    text: str
    iso: str


def moment(at: datetime, now: datetime, zone: tzinfo, texts: Texts) -> Moment:
    """Return a time in ``zone``, with its year only where it is not this one."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    key = "time.this_year" if local.year == today.year else "time.other_year"
    if local.date() == today.date():
        key = "time.today"
    text = texts(
        key,
        year=local.year,
        month=local.month,
        month_name=texts(f"month.{local.month}"),
        day=local.day,
        clock=f"{local:%H:%M}",
    )
    return Moment(text, local.isoformat(timespec="seconds"))


def zone_words(now: datetime, zone: tzinfo, texts: Texts) -> str:
    """Return whose time a page tells, and how far that is from UTC."""
    offset = f"{now.astimezone(zone):%z}"
    name = texts.word("zone", str(zone))
    if name == str(zone):
        name = texts("zone.other", name=zone)
    return texts("app.zone", zone=name, offset=f"{offset[:3]}:{offset[3:5]}")


def duration(length: timedelta, texts: Texts) -> str:
    """Return a duration in its two largest units; shorter than a minute is told as such."""
    left = max(0, int(length.total_seconds()))
    parts: list[str] = []
    for name, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(texts(f"duration.{name}", n=count))
        elif parts:
            break  # not "2 days 5 minutes"
        if len(parts) == 2:
            break
    return texts("duration.gap").join(parts) or texts("duration.moment")


@dataclass(frozen=True, slots=True)
class Remaining:
    """How much time is left, and how much that should worry."""

    text: str
    tone: Tone


def remaining(due: datetime, now: datetime, texts: Texts) -> Remaining:
    """Return the time until ``due``, or since it passed."""
    if due <= now:
        return Remaining(texts("due.late", time=duration(now - due, texts)), "late")
    tone: Tone = "soon" if due - now <= SOON else "calm"
    return Remaining(texts("due.left", time=duration(due - now, texts)), tone)


def number(value: float, digits: int = 0) -> str:
    """Return a number with its thousands apart.

    >>> number(12345.6), number(0.256, 1), number(8, 1)
    ('12,346', '0.3', '8.0')
    """
    return f"{value:,.{digits}f}"


def dates_apart(text: str) -> list[str]:
    """Return a text's parts, of which every second is a date: a page keeps it on one line, which
    browsers break at its hyphens.

    >>> dates_apart("by 2026-11-22, late")
    ['by ', '2026-11-22', ', late']
    """
    return _DATE.split(text)


def actor_name(actor: str, texts: Texts) -> str:
    """Return who acted: a clerk by their id, everybody else by what they are."""
    kind, _, name = actor.partition(":")
    return name if kind == "clerk" and name else texts.word("actor", actor)


def excerpt(text: str, length: int = 120) -> str:
    """Return the beginning of a text on one line.

    >>> excerpt("a  b\\nc", 9), excerpt("快件一直没到", 4)
    ('a b c', '快件一…')
    """
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length else line[: length - 1] + "…"
