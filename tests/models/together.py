"""Incidents, told as simply as can be: a place has one at most, a case is of one at most, and each
hears of the other. Written from the guides, not from the workers' code."""

from dataclasses import dataclass, field
from typing import Final

from tests.models.reference import ANSWERED

QUIET: Final = 24 * 60
"""Minutes without a further case, after which an incident is over."""
NEWS: Final = 24 * 60
"""Minutes for which what customers were told is told to those of cases that join."""
FIRST_LEVEL: Final = 3


@dataclass
class ModelIncident:
    """``number`` is its place among those of its hub."""

    hub: str
    number: int
    quiet_until: int
    level: int = FIRST_LEVEL
    cases: int = 0
    is_over: bool = False
    news: str | None = None
    news_until: int = 0


@dataclass
class ModelMember:
    """A case, as far as incidents go. ``known`` is the level it was told, ``who`` whose it is."""

    who: str = ""
    status: str = "received"
    level: int = 1
    incident: ModelIncident | None = None
    known: int | None = None
    heard: list[str] = field(default_factory=list)
    """What its customers were told of its incidents."""
    learnt: set[str] = field(default_factory=set)
    """All that the case was told for them; what came after the answer nobody hears."""

    def reopen(self) -> bool:
        """What was answered is taken up again, as grave as its incident is."""
        if self.status not in ANSWERED:
            return False
        self.status = "reopened"
        self._reach()
        return True

    def resolve(self) -> bool:
        """Be answered, unless it is."""
        if self.status in ANSWERED:
            return False
        self.status = "resolved"
        return True

    def hear(self, level: int) -> None:
        """Hear of the level; one that is answered stays as it is until it is taken up again."""
        self.known = level
        if self.status not in ANSWERED:
            self._reach()

    def learn(self, news: str) -> None:
        """Tell the customers, while they wait for an answer, what is new to the case."""
        if self.status not in ANSWERED and news not in self.learnt:
            self.heard.append(news)
        self.learnt.add(news)

    def _reach(self) -> None:
        self.level = max(self.level, self.known or 0)


@dataclass
class ModelHub:
    """A place, and what is said of its incident."""

    name: str
    incidents: list[ModelIncident] = field(default_factory=list)

    def lasting(self, now: int) -> ModelIncident | None:
        """Return the incident that lasts; what has been quiet for long is over at the next word."""
        if not self.incidents or self.incidents[-1].is_over:
            return None
        newest = self.incidents[-1]
        newest.is_over = now > newest.quiet_until
        return None if newest.is_over else newest

    def open(self, now: int) -> None:
        """Open one, unless one lasts."""
        if self.lasting(now) is None:
            number = len(self.incidents) + 1
            self.incidents.append(ModelIncident(self.name, number, now + QUIET))

    def takes(self, rank: int, now: int, level: int | None = None) -> bool:
        """Return whether a clerk may end it, or give it a level, which may be a higher one: at
        level 3 the senior desk, at 4 the task force (``rank``: up to which level he decides)."""
        incident = self.incidents[-1] if self.incidents else None
        if incident is None or incident.is_over or now > incident.quiet_until:
            return True
        return (level is not None and level > incident.level) or rank >= incident.level

    def end(self, now: int) -> None:
        """End it. Its cases keep its name and level."""
        if (incident := self.lasting(now)) is not None:
            incident.is_over = True

    def set_level(self, level: int, now: int, cases: list[ModelMember]) -> None:
        """Give it a level, of which all its cases hear."""
        if (incident := self.lasting(now)) is not None:
            incident.level = level
            for case in cases:
                if case.incident is incident:
                    case.hear(level)

    def update(self, news: str, now: int, cases: list[ModelMember]) -> None:
        """Tell the customers of all its cases something, and for a day whoever joins."""
        if (incident := self.lasting(now)) is not None:
            incident.news, incident.news_until = news, now + NEWS
            for case in cases:
                if case.incident is incident:
                    case.learn(news)

    def add(self, case: ModelMember, now: int) -> None:
        """Ask a case to be part of it: it is, unless it is part of one already."""
        if (incident := self.lasting(now)) is None:
            return
        incident.quiet_until = max(incident.quiet_until, now + QUIET)
        if case.incident is None:
            case.incident = incident
            incident.cases += 1
            case.hear(incident.level)
            if incident.news is not None and now <= incident.news_until:
                case.learn(incident.news)

    def remove(self, case: ModelMember, incident: ModelIncident, now: int) -> None:
        """Ask a case to leave an incident, which may be over; the level that it reached stays."""
        self.lasting(now)
        if case.incident is incident:
            case.incident = case.known = None
            incident.cases -= not incident.is_over
