"""Who has a case, and which clock measures him: counted from the log, with code of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

TEAM: Final = "team"
PARTNER: Final = "partner"
_NAMED: Final = f"{PARTNER}:"


@dataclass(frozen=True, slots=True)
class Hold:
    """A run of the clock of whoever has the case."""

    holder: str
    since: datetime
    run: int
    is_over: bool = False


class Holds:
    """The newest run of a team's clock and of a partner's; see :meth:`take`."""

    def __init__(self) -> None:
        self._newest: dict[str, Hold] = {}
        self._team: str | None = None
        self._status: str = ""

    def running(self) -> dict[str, Hold]:
        """Return what runs now, by the name of the clock."""
        return {clock: one for clock, one in self._newest.items() if not one.is_over}

    def take(
        self,
        body: Mapping[str, Any],
        at: datetime,
        done: datetime,
        answers: tuple[bool, bool],
        wait: datetime | None,
    ) -> None:
        """Count one event in: when it was written and done, whether the case was and is
        answered, and the beginning of the wait that it is in."""
        status, was = str(body.get("status")), self._status
        self._partner(body, was, status, wait or done)
        if not answers[0] and answers[1]:
            self._end(TEAM)
            self._end(PARTNER)
        elif not answers[1]:
            self._follow_team(body, at, is_anew=answers[0])
        self._team = body.get("team") or self._team
        self._status = status

    def _partner(self, body: Mapping[str, Any], was: str, status: str, since: datetime) -> None:
        """He has it while it waits for him, and from a transfer until somebody else has it."""
        whom = body.get("unit") if body.get("kind") == "transferred" else None
        if status == "waiting" and was != "waiting":
            whom = body.get("waiting_for")
        elif whom is None and status == was:
            return
        now = self._newest.get(PARTNER)
        if not str(whom).startswith(_NAMED):
            self._end(PARTNER)
        elif now is None or now.is_over or now.holder != whom or was == "waiting":
            self._begin(PARTNER, str(whom), since)

    def _follow_team(self, body: Mapping[str, Any], at: datetime, is_anew: bool) -> None:
        """A team is measured while the case is not a partner's by a transfer."""
        if body.get("status") == "transferred" and PARTNER in self.running():
            self._end(TEAM)
            return
        team, now = body.get("team") or self._team, self.running().get(TEAM)
        if team is not None and (is_anew or now is None or now.holder != team):
            self._begin(TEAM, str(team), at)

    def _begin(self, clock: str, holder: str, since: datetime) -> None:
        before = self._newest.get(clock)
        self._newest[clock] = Hold(holder, since, before.run + 1 if before else 0)

    def _end(self, clock: str) -> None:
        one = self._newest.get(clock)
        if one is not None:
            self._newest[clock] = Hold(one.holder, one.since, one.run, is_over=True)
