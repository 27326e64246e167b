"""What is right in a policy file today, and will not be for long."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from services.cli.policies.checking import Fault
from services.cli.policies.kinds import Kind, read_content
from services.domain.calendars.policy import Calendars
from services.domain.policies import line_of

SOON_DAYS: Final = 60
"""Time to wait for a notice of next year's holidays, and to let the file pass review."""


def warnings_of(path: Path, kind: Kind, today: date) -> Iterator[Fault]:
    """Yield what a file without faults will lack soon: the days of a place that a calendar of a
    working week stands on, when they are known for less than :data:`SOON_DAYS` more."""
    if kind.model is not Calendars:
        return
    policy = Calendars.model_validate(read_content(path))
    text = path.read_text(encoding="utf-8")
    for name, days in policy.days.items():
        users = [calendar for calendar, one in policy.calendars.items() if one.days == name]
        left = (days.known_until - today).days
        if not users or left >= SOON_DAYS:
            continue
        way = ("days", name, "known_until")
        until = f"known until {days.known_until}"
        when = f"{left} days from {today}" if left >= 0 else f"{-left} days before {today}"
        problem = (
            f"{until}, {when}; after it {', '.join(users)} take holidays for working days: "
            "add those of the next year"
        )
        yield Fault(path, line_of(text, way), ".".join(way), "ends_soon", problem)
