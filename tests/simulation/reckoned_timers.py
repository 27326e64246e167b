"""When a case's next timer is due, reckoned from its history and the plain policy files: by the
auditor's arithmetic, which counts open minutes one by one and shares no code with the workers', and
the warnings, which the auditor does not ask for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from services.audit.logic.history import Entry, Event, History
from services.audit.logic.open_minutes import instant_of, minute_from
from services.audit.logic.overdue import Left, OverdueCheck, _span, _whole
from services.audit.logic.watched import ANSWERED, Watched, take
from services.domain.calendars import policy as calendars
from services.domain.clocks import limits, policy
from services.domain.policies import parse_yaml
from services.domain.timer_store import TimerRow

COARSE: Final = timedelta(minutes=2)
"""How far apart both reckonings may be: whole minutes here, and a wait's two ends."""
_FILES: Final = {"sla": policy.SHIPPED, "calendars": calendars.SHIPPED, "limits": limits.SHIPPED}
_UNFIRED: Final = "~"
"""Before a clock's name: a clock that the history knows nothing of."""
_WORKED: Final = ("hours", "minutes")
Body = Mapping[str, Any]


class Expected(NamedTuple):
    """What is still to fire, the first first; ``is_open``: the case is watched without it too."""

    left: list[Left]
    is_open: bool
    waits: int


class Reckoner(OverdueCheck):
    """See :meth:`expected`."""

    def __init__(self) -> None:
        super().__init__(datetime.max.replace(tzinfo=UTC))
        self._warned: set[str] = set()
        for kind, path in _FILES.items():
            content = parse_yaml(path.read_text(encoding="utf-8"))
            self.read(kind, content["version"], content)
            if kind == "sla":
                self.watch_every = _span(content["watch_every"]["span"])

    def expected(self, case: str, changes: Sequence[Body]) -> Expected:
        """Return what is left of a case's stages, warnings among them."""
        warnings = (one for one in changes if one["kind"] == "clock_warned")
        # A head that hears of a merged case's warning has not warned of its own clock.
        self._warned = {one["stage"] for one in warnings if "merge" not in one}
        seen = Watched()
        events = [Event(n, body["seq"], "", b"", body) for n, body in enumerate(changes, 1)]
        for event in events:
            take(seen, event)
        left = self.left(History(case, [Entry(0, (), tuple(events), ())], None)) or []
        is_open = seen.opened is not None and seen.status not in ANSWERED
        return Expected(sorted(left, key=lambda one: one.due), is_open, len(seen.waits))

    def _late(
        self, seen: Watched, clock: str, run: int, start: datetime, rule: Body, calendars: str
    ) -> Iterator[Left]:
        left = list(super()._late(seen, clock, run, start, rule, calendars))
        share = rule["warn"]["share"]
        limit = rule["limit"]
        budget = _span(limit["span"]) + timedelta(minutes=seen.extended.get(clock, 0))
        # Counted as a clock of its own, with a part of the limit and no ladder.
        part = {"span": f"{_whole(budget * share)}m"}
        early = {**rule, "limit": {**limit, **part}, "escalate": {"spans": []}}
        at = next(super()._late(seen, _UNFIRED + clock, run, start, early, calendars), None)
        yield from self._with_warning(left, clock, run, None if at is None else at.due)

    def _late_by_law(self, seen: Watched, by: Any, own: Any, pinned: Any) -> Iterator[Left]:
        left = list(super()._late_by_law(seen, by, own, pinned))
        row, at = self._law(seen, by, own, pinned), None
        breach = next((one.due for one in left if ":breach:" in one.stage), None)
        if row is not None and breach is not None:
            at = by.start + (breach - by.start) * row["warn"]
            if row["unit"] in _WORKED:
                hours = self._calendar(str(pinned["calendars"]), str(row["calendar"]))
                minutes = int(row["amount"]) * (60 if row["unit"] == "hours" else 1)
                found = hours.due(minute_from(by.start), round(minutes * row["warn"]), ())
                at = None if found is None else instant_of(found)
        yield from self._with_warning(left, by.clock, by.run, at)

    def _with_warning(
        self, left: list[Left], clock: str, run: int, at: datetime | None
    ) -> Iterator[Left]:
        """Nobody is warned twice, nor of what has happened."""
        mark = f"{clock}:warn:{run}"
        has_begun = bool(left) and ":breach:" not in left[0].stage
        if at is not None and mark not in self._warned and not has_begun:
            yield Left(mark, at)
        yield from left


@cache
def reckoner() -> Reckoner:
    """Return the one that all runs share: it remembers which minutes are open."""
    return Reckoner()


def timer_problem(case: str, changes: Sequence[Body], row: TimerRow) -> str | None:
    """Return in what a case's timer differs from what its history says; None where it does not."""
    said = reckoner().expected(case, changes)
    mark = None if row.stage is None else f"{row.clock}:{row.stage}{row.step or ''}:{row.run}"
    if not said.is_open:
        return None if row.due is None else f"is answered, and due {row.due} ({mark})"
    if not said.left:
        watch = datetime.fromisoformat(changes[-1]["at"]) + reckoner().watch_every
        is_watched = row.due == watch and mark is None
        return None if is_watched else f"is due {row.due} ({mark}), only to be watched from {watch}"
    first, slack = said.left[0], COARSE + 2 * said.waits * timedelta(minutes=1)
    own = next((one for one in said.left if one.stage == mark), None)
    if (
        own is None
        or row.due is None
        or abs(row.due - own.due) > slack
        or own.due - first.due > slack
    ):
        return f"is due {row.due} ({mark}), and should be {first.due} ({first.stage})"
    return None
