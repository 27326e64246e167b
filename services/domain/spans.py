"""Spans of time as people write them: ``7d``, ``3d12h``, ``30m``."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SPAN: Final = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?", re.ASCII)


def parse_span(text: str) -> timedelta:
    """Return the span that ``text`` writes: days, hours, minutes and seconds, in this order.

    >>> parse_span("3d12h")
    datetime.timedelta(days=3, seconds=43200)

    Raises:
        ValueError: it is not written so, or it is no time at all.
    """
    match = _SPAN.fullmatch(text.strip())
    numbers = match.groups(default="0") if match else ("0",) * len(_UNITS)
    span = timedelta(**dict(zip(_UNITS.values(), map(int, numbers), strict=True)))
    if not span:
        raise ValueError(f"{text!r} is not a span of time: write it like 7d, 3d12h or 30m")
    return span


def span_words(span: timedelta) -> str:
    """Return how :func:`parse_span` reads ``span``; parts of a second are left out.

    >>> span_words(timedelta(days=3, hours=12))
    '3d12h'
    """
    left, words = int(span.total_seconds()), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, size)
        words += f"{number}{unit}" if number else ""
    return words or "0s"
