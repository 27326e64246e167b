"""Times as people read them, in their own zone."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.domain.staff import CHINA

_CHINAS: Final = "UTC+8"


def local_time(at: datetime, language: str, zone: str = CHINA) -> str:
    """Return a moment as somebody in ``zone`` writes it; English says how far that is from UTC,
    Chinese where it is not China's time.

    >>> from datetime import UTC
    >>> local_time(datetime(2026, 3, 2, 12, tzinfo=UTC), "en")
    '2 March 2026, 20:00 (UTC+8)'
    """
    there = at.astimezone(ZoneInfo(zone))
    offset = _offset(there)
    if language == "zh":
        day = f"{there:%Y}年{there.month}月{there.day}日 {there:%H:%M}"
        return day if offset == _CHINAS else f"{day}（{offset}）"
    return f"{there.day} {there:%B %Y, %H:%M} ({offset})"


def _offset(there: datetime) -> str:
    """Return the distance from UTC, without noughts that nobody says: ``UTC+5:30``."""
    minutes = int((there.utcoffset() or there - there).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"
