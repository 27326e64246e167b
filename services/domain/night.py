"""Hours of the day in which people are left alone."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.notices import QuietHours
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

    def ended(self, now: datetime, zone: str) -> datetime:
        """Return when quiet hours ended there last."""
        here = now.astimezone(ZoneInfo(zone))
        today = datetime.combine(here.date(), self.ends, here.tzinfo)
        last = today if today <= here else today - timedelta(days=1)
        return last.astimezone(UTC)


def slept_since(quiet: QuietHours | None, at: datetime, now: datetime) -> bool:
    """Return whether quiet hours of a record ended between the two, and ``now`` lies in none."""
    if quiet is None or quiet_until(quiet, now) is not None:
        return False
    return at < _night(quiet.begins, quiet.ends).ended(now, quiet.zone)


def quiet_until(quiet: QuietHours | None, now: datetime) -> datetime | None:
    """Return when the quiet hours of a record end, in which ``now`` lies; None outside of them."""
    return None if quiet is None else _night(quiet.begins, quiet.ends).until(now, quiet.zone)


@lru_cache(maxsize=256)
def _night(begins: str, ends: str) -> Night:
    return Night(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))
