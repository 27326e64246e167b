"""Hours of the day in which people are left alone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.domain.policies import PolicyPart


class Night(PolicyPart):
    """From ``begins`` to ``ends``, by the clock of whoever is left alone; over midnight where it
    begins later than it ends."""

    begins: time
    ends: time

    def until(self, now: datetime, zone: str) -> datetime | None:
        """Return when the quiet hours in which ``now`` lies end there; None outside of them."""
        here = now.astimezone(ZoneInfo(zone))
        clock = here.time()
        over_night = self.begins > self.ends
        is_quiet = (
            clock >= self.begins or clock < self.ends
            if over_night
            else self.begins <= clock < self.ends
        )
        if not is_quiet:
            return None
        day = here.date() + timedelta(days=1 if over_night and clock >= self.begins else 0)
        return datetime.combine(day, self.ends, here.tzinfo).astimezone(UTC)
