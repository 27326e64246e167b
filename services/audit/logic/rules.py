"""Reading a rule of the time limits from the plain policy file: code of the audit's own."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

_SPAN: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class ByLaw(NamedTuple):
    """A clock that the law sets, and from when it counts."""

    clock: str
    run: int
    matter: str
    start: datetime


def in_hours(rule: Mapping[str, Any], own: str) -> Mapping[str, Any]:
    """Return a rule of the policy in the hours of whoever it measures."""
    parts = {name: dict(rule[name]) for name in ("limit", "escalate")}
    for part in parts.values():
        if part.get("calendar") == "own":
            part["calendar"] = own
    return {**rule, **parts}


def span_of(written: object) -> timedelta:
    """Return a span that is written as ``1d2h3m4s``; nothing where it is not.

    >>> span_of("1d12h")
    datetime.timedelta(days=1, seconds=43200)
    """
    found = _SPAN.fullmatch(str(written))
    days, hours, minutes, seconds = (int(n or 0) for n in found.groups()) if found else (0,) * 4
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def whole_minutes(span: timedelta) -> int:
    """Return a span in minutes, a part of one as a whole one."""
    return -(-span // timedelta(minutes=1))
