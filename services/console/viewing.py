"""What all of a page is written with."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from services.console.language import Texts
from services.console.words import Moment, moment
from services.domain.teams import Teams


@dataclass(frozen=True, slots=True)
class Viewing:
    """The time, the zone, the language and the names of the teams."""

    now: datetime
    zone: tzinfo
    texts: Texts
    teams: Teams

    def moment(self, at: datetime) -> Moment:
        """Return a time in words."""
        return moment(at, self.now, self.zone, self.texts)
