"""Check L: every limit that passed was breached, and climbed, as the pinned policy says; and an
answer that came after a limit says so.

Due times are worked out here from the case log and the policy files in the archive, with code of
their own (:mod:`services.audit.logic.open_minutes`); the timers are not asked.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.fold import instant
from services.audit.logic.history import History
from services.audit.logic.law_ends import end_of, least_of
from services.audit.logic.laws import Row, law_of
from services.audit.logic.open_minutes import OpenMinutes, Span, instant_of, minute_from, minute_of
from services.audit.logic.rules import ByLaw, in_hours, span_of, whole_minutes
from services.audit.logic.watched import ANSWERED, Watched, take
from services.domain.policies import parse_yaml

GRACE: Final = timedelta(minutes=3)
"""A stage may take effect so much later than it is due; a minute of it is our own coarseness."""
NO_POLICY: Final = "its policies"
"""Stands for all stages of a case whose policies are not in the archive."""
_ARCHIVED: Final = ("sla", "calendars", "limits")
"""Kinds of policies without which nobody can say when a case is due."""
_PLACED_BY: Final = ("jurisdiction", "province", "city", "product", "reach")
"""What of a place a limit of the law goes by."""


class Lag(NamedTuple):
    """What the check measures besides its findings."""

    overdue_unescalated_cases: int
    """Open cases with a limit or a rung of a ladder that passed and took no effect."""
    timer_lag_seconds: float
    """How long ago the oldest of these was due; 0 when there is none."""


class Left(NamedTuple):
    """A stage of a clock that took no effect, and when it is due."""

    stage: str
    due: datetime


class OverdueCheck:
    """Feed the archived policies, then every case."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._found = Findings("L", "each limit that passed was breached and escalated")
        self._policies: dict[tuple[str, str], Any] = {}
        self._calendars: dict[tuple[str, str], OpenMinutes] = {}
        self._laws: dict[tuple[Any, ...], Row | None] = {}
        self._late_cases = 0
        self._lag = timedelta()

    def policy(self, kind: str, version: str, text: str) -> None:
        """A version of a policy stands in the archive."""
        self.read(kind, version, parse_yaml(text))

    def read(self, kind: str, version: str, content: Any) -> None:
        """Take what such a text says."""
        self._policies[kind, version] = content

    def case(self, history: History) -> datetime | None:
        """The log of one case; return when the next limit or rung of it is due, if any is."""
        seen, missed = self._folded(history)
        for one in missed:
            said = f"{one.stage} was due {one.due}"
            self._found.found(Defect.ANSWERED_LATE, history.case_key, said)
        left = self._of(seen)
        if left is None:
            return None
        self._found.examined += 1
        first = min(left, key=lambda one: one.due, default=None)
        if first is None:
            return None
        if first.stage == NO_POLICY:
            self._found.found(Defect.NO_POLICY, history.case_key)
            return None
        if first.due + GRACE < self._now:
            self._late_cases += 1
            self._lag = max(self._lag, self._now - first.due)
            said = f"{first.stage} was due {first.due}"
            self._found.found(Defect.UNESCALATED, history.case_key, said)
        return first.due

    def _folded(self, history: History) -> tuple[Watched, list[Left]]:
        """Return the clocks of a case, and the limits that its answers missed without a word."""
        seen, missed = Watched(), list[Left]()
        promised: list[Left] = []
        for event in history.events:
            is_answered = str(event.body.get("status")) in ANSWERED
            if is_answered and seen.answered is None:
                promised = self._own_limit(seen, instant(event.body.get("at")))
            elif seen.answered is not None and not is_answered:
                missed += self._missed(seen, promised)
            take(seen, event)
        if seen.answered is not None:
            missed += self._missed(seen, promised)
        return seen, missed

    def _own_limit(self, seen: Watched, at: datetime | None) -> list[Left]:
        """Return when the answer that is written ``at`` was promised, as things stand before it;
        nothing where it comes so soon that it is in time at whatever hours."""
        if seen.opened is None or at is None or not self._knows(seen):
            return []
        rule, start = self._level(seen)["resolution"], seen.restarted or seen.opened
        if at - start <= span_of(rule["limit"]["span"]):
            return []
        found = self._late(seen, "resolution", seen.runs, start, rule)
        return [one for one in found if ":breach:" in one.stage]

    def _missed(self, seen: Watched, promised: list[Left]) -> list[Left]:
        """Return the limits that the last answer missed though no breach tells of them: ours as
        it stood then, and the law's, which counts from the earliest contact, known or not."""
        if seen.answered is None or not self._knows(seen):
            return []
        law: list[Left] = []
        if (by := self._by_law(seen)) is not None and self._may_be_over(seen, by, seen.answered):
            law = [one for one in self._late_by_law(seen, by) if ":breach:" in one.stage]
        return [
            one
            for one in (*promised, *law)
            if one.stage not in seen.fired and one.due + GRACE < seen.answered
        ]

    def _knows(self, seen: Watched) -> bool:
        pinned = seen.policies
        return pinned is not None and all(
            (kind, str(pinned.get(kind))) in self._policies for kind in _ARCHIVED
        )

    def left(self, history: History, calendars: str | None = None) -> list[Left] | None:
        """Return every stage of an open case that took no effect, whenever it is due (or would be,
        by another version of the ``calendars``); NO_POLICY where nobody can say; None where nothing
        is due: of an answered case, or one of a version that named no policies."""
        seen = Watched()
        for event in history.events:
            take(seen, event)
        if seen.policies is not None and calendars is not None:
            seen.policies = {**seen.policies, "calendars": calendars}
        return self._of(seen)

    def _of(self, seen: Watched) -> list[Left] | None:
        if seen.opened is None or seen.status in ANSWERED or seen.policies is None:
            return None
        if not self._knows(seen):
            return [Left(NO_POLICY, seen.opened)]
        return [*self._of_us(seen), *self._of_law(seen)]

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found

    def lag(self) -> Lag:
        """Return the figures."""
        return Lag(self._late_cases, self._lag.total_seconds())

    # ------------------------------------------------------------------ what is due

    def _of_us(self, seen: Watched) -> Iterator[Left]:
        """Yield what is left of our own limits."""
        sla, level = self._sla(seen), self._level(seen)
        for clock in ("acknowledgement", "resolution"):
            if clock == "acknowledgement" and (seen.is_taken_up or seen.runs):
                continue
            start = seen.opened if clock == "acknowledgement" else seen.restarted or seen.opened
            run = seen.runs if clock == "resolution" else 0
            assert start is not None
            yield from self._late(seen, clock, run, start, level[clock])
        if "next_update" in level:
            start = seen.updated or seen.opened
            assert start is not None
            yield from self._late(seen, "next_update", seen.updates, start, level["next_update"])
        for clock, hold in seen.holds.running().items():
            if level.get(clock):
                named = sla.get(f"{clock}_calendars") or {"default": "always"}
                own = named.get(hold.holder.removeprefix("partner:"), named["default"])
                rule = in_hours(level[clock], own)
                yield from self._late(seen, clock, hold.run, hold.since, rule)
        for number, task in seen.tasks.items():
            kind, _, name = task.holder.partition(":")
            if level.get(kind):
                named = sla.get(f"{kind}_calendars") or {"default": "always"}
                rule = in_hours(level[kind], named.get(name, named["default"]))
                rule = {**rule, "pauses_for": ()}  # no wait of the case gives it time
                yield from self._late(seen, "task", number, task.since, rule)

    def _sla(self, seen: Watched) -> Row:
        found: Row = self._policies["sla", (seen.policies or {})["sla"]]
        return found

    def _level(self, seen: Watched) -> Row:
        levels = self._sla(seen)["levels"]
        found: Row = levels.get(seen.level) or levels.get(str(seen.level))
        return found

    def _of_law(self, seen: Watched) -> Iterator[Left]:
        """Yield what is left of the limits of the law."""
        by = self._by_law(seen)
        if by is None:
            return
        yield from self._late_by_law(seen, by)
        if seen.forwarded is not None:
            matter = self._sla(seen)["statutory"]["appeal_matter"]
            forwarded = ByLaw("regulator", seen.forwards, matter, seen.forwarded)
            yield from self._late_by_law(seen, forwarded)

    def _by_law(self, seen: Watched) -> ByLaw | None:
        """Return the clock of the law, where the policy has one."""
        own, start = self._sla(seen).get("statutory"), seen.restarted or seen.opened
        if not own or start is None:
            return None
        matter = own["appeal_matter"] if seen.is_appeal else own["matter"]
        return ByLaw("statutory", seen.runs, matter, start)

    def _may_be_over(self, seen: Watched, by: ByLaw, at: datetime) -> bool:
        """Return whether so much time has passed that it is worth reckoning."""
        row = self._law(seen, by)
        return row is not None and at - by.start > least_of(str(row["unit"]), int(row["amount"]))

    def _law(self, seen: Watched, by: ByLaw) -> Row | None:
        """Return the row that holds: the same for all cases of one place, day and matter."""
        own, pinned = self._sla(seen)["statutory"], seen.policies or {}
        place, version = seen.place or own, str(pinned["limits"])
        where = tuple((name, str(place.get(name))) for name in _PLACED_BY)
        # A date begins with an hour in every zone that the rows go by.
        hour = by.start.replace(minute=0, second=0, microsecond=0)
        key = (version, str(pinned["sla"]), where, by.matter, hour)
        if key not in self._laws:
            rows = self._policies["limits", version].get("limits", ())
            is_appeal = by.matter == own["appeal_matter"]
            self._laws[key] = law_of(rows, own, place, is_appeal, by.start)
        return self._laws[key]

    def _late_by_law(self, seen: Watched, by: ByLaw) -> Iterator[Left]:
        """Nothing pauses a clock of the law."""
        own, pinned = self._sla(seen)["statutory"], seen.policies or {}
        limit = self._law(seen, by)
        if limit is None:
            return
        hours = self._calendar(str(pinned["calendars"]), str(limit["calendar"]))
        amount = int(limit["amount"]) + seen.extended.get(by.clock, 0)
        due = end_of(str(limit["unit"]), amount, by.start, hours)
        if due is None:
            return
        rungs = self._calendar(str(pinned["calendars"]), own["escalate"].get("calendar", "always"))
        spans = own["escalate"]["spans"]
        dues = [due, *(rungs.due(due, whole_minutes(span_of(span)), ()) for span in spans)]
        yield from self._not_done(seen, by.clock, by.run, dues)

    def _late(
        self,
        seen: Watched,
        clock: str,
        run: int,
        start: datetime,
        rule: Mapping[str, Any],
    ) -> Iterator[Left]:
        calendars = str((seen.policies or {})["calendars"])
        who = frozenset(rule.get("pauses_for") or ())
        waits: list[Span] = [
            (minute_of(begin), None if end is None else minute_of(end) + 1)
            for begin, end, whom in seen.waits
            if whom.partition(":")[0] in who
        ]
        limit = rule["limit"]
        budget = span_of(limit["span"]) + timedelta(minutes=seen.extended.get(clock, 0))
        hours = self._calendar(calendars, limit.get("calendar", "always"))
        due = hours.due(minute_from(start), whole_minutes(budget), waits)
        ladder = rule["escalate"]
        rungs = self._calendar(calendars, ladder.get("calendar", "always"))
        dues = [due]
        if due is not None:
            dues += [rungs.due(due, whole_minutes(span_of(s)), waits) for s in ladder["spans"]]
        yield from self._not_done(seen, clock, run, dues)

    def _not_done(
        self, seen: Watched, clock: str, run: int, dues: list[int | None]
    ) -> Iterator[Left]:
        """Yield the stages that took no effect yet; the breach comes first."""
        stages = ["breach", *(f"escalate{n}" for n in range(1, len(dues)))]
        done = [n for n, stage in enumerate(stages) if f"{clock}:{stage}:{run}" in seen.fired]
        for n in range(max(done, default=-1) + 1, len(stages)):
            at = dues[n]
            if at is not None:
                yield Left(f"{clock}:{stages[n]}:{run}", instant_of(at))

    def _calendar(self, version: str, name: str) -> OpenMinutes:
        key = (version, name)
        if key not in self._calendars:
            content = self._policies["calendars", version]
            calendar = content["calendars"][name]
            days = content["days"].get(calendar["days"]) if calendar.get("days") else None
            self._calendars[key] = OpenMinutes(calendar, days)
        return self._calendars[key]
