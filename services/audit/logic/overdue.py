"""Check L: every limit that passed was breached, and climbed, as the pinned policy says.

Due times are worked out here from the case log and the policy files in the archive, with code of
their own (:mod:`services.audit.logic.open_minutes`); the timers are not asked.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import History
from services.audit.logic.law_ends import end_of
from services.audit.logic.laws import Row, law_of
from services.audit.logic.open_minutes import OpenMinutes, Span, instant_of, minute_from, minute_of
from services.audit.logic.watched import ANSWERED, Watched, take
from services.domain.policies import parse_yaml

GRACE: Final = timedelta(minutes=3)
"""A stage may take effect so much later than it is due; a minute of it is our own coarseness."""
_SPAN: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


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


class _ByLaw(NamedTuple):
    """A clock that the law sets, and from when it counts."""

    clock: str
    run: int
    matter: str
    start: datetime


class OverdueCheck:
    """Feed the archived policies, then every case."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._found = Findings("L", "each limit that passed was breached and escalated")
        self._policies: dict[tuple[str, str], Any] = {}
        self._calendars: dict[tuple[str, str], OpenMinutes] = {}
        self._lag = timedelta()

    def policy(self, kind: str, version: str, text: str) -> None:
        """A version of a policy stands in the archive."""
        self.read(kind, version, parse_yaml(text))

    def read(self, kind: str, version: str, content: Any) -> None:
        """Take what such a text says."""
        self._policies[kind, version] = content

    def case(self, history: History) -> None:
        """The log of one case."""
        seen = Watched()
        for event in history.events:
            take(seen, event)
        left = self._of(seen)
        if left is None:
            return
        self._found.examined += 1
        missing = [one for one in left if one.due + GRACE < self._now]
        if missing:
            first = min(missing, key=lambda one: one.due)
            self._lag = max(self._lag, self._now - first.due)
            said = f"{first.stage} was due {first.due}"
            self._found.found(Defect.UNESCALATED, history.case_key, said)

    def left(self, history: History) -> list[Left] | None:
        """Return every stage of an open case that took no effect, whenever it is due; None where
        nothing is due: of an answered case, or one under a policy that is not known."""
        seen = Watched()
        for event in history.events:
            take(seen, event)
        return self._of(seen)

    def _of(self, seen: Watched) -> list[Left] | None:
        if seen.opened is None or seen.status in ANSWERED or seen.policies is None:
            return None
        if ("sla", seen.policies.get("sla")) not in self._policies:
            return None
        return list(self._left(seen))

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found

    def lag(self) -> Lag:
        """Return the figures."""
        return Lag(self._found.violations, self._lag.total_seconds())

    # ------------------------------------------------------------------ what is due

    def _left(self, seen: Watched) -> Iterator[Left]:
        pinned = seen.policies or {}
        sla = self._policies["sla", pinned["sla"]]
        level = sla["levels"].get(seen.level) or sla["levels"].get(str(seen.level))
        for clock in ("acknowledgement", "resolution"):
            if clock == "acknowledgement" and (seen.is_taken_up or seen.runs):
                continue
            start = seen.opened if clock == "acknowledgement" else seen.restarted or seen.opened
            run = seen.runs if clock == "resolution" else 0
            assert start is not None
            yield from self._late(seen, clock, run, start, level[clock], str(pinned["calendars"]))
        if "next_update" in level:
            start = seen.updated or seen.opened
            assert start is not None
            rule, calendars = level["next_update"], str(pinned["calendars"])
            yield from self._late(seen, "next_update", seen.updates, start, rule, calendars)
        if sla.get("statutory"):
            own, start = sla["statutory"], seen.restarted or seen.opened
            assert start is not None
            matter = own["appeal_matter"] if seen.is_appeal else own["matter"]
            by_law = _ByLaw("statutory", seen.runs, matter, start)
            yield from self._late_by_law(seen, by_law, own, pinned)
            if seen.forwarded is not None:
                forwarded = _ByLaw("regulator", seen.forwards, own["appeal_matter"], seen.forwarded)
                yield from self._late_by_law(seen, forwarded, own, pinned)
        for clock, hold in seen.holds.running().items():
            if level.get(clock):
                named = sla.get(f"{clock}_calendars") or {"default": "always"}
                own = named.get(hold.holder.removeprefix("partner:"), named["default"])
                rule, calendars = _in_hours(level[clock], own), str(pinned["calendars"])
                yield from self._late(seen, clock, hold.run, hold.since, rule, calendars)

        for number, task in seen.tasks.items():
            kind, _, name = task.holder.partition(":")
            if level.get(kind):
                named = sla.get(f"{kind}_calendars") or {"default": "always"}
                rule = _in_hours(level[kind], named.get(name, named["default"]))
                rule = {**rule, "pauses_for": ()}  # no wait of the case gives it time
                yield from self._late(
                    seen, "task", number, task.since, rule, str(pinned["calendars"])
                )

    def _law(self, seen: Watched, by: "_ByLaw", own: Row, pinned: Row) -> Row | None:
        rows = self._policies.get(("limits", str(pinned["limits"])), {}).get("limits", ())
        return law_of(rows, own, seen.place or own, by.matter == own["appeal_matter"], by.start)

    def _late_by_law(self, seen: Watched, by: "_ByLaw", own: Row, pinned: Row) -> Iterator[Left]:
        """Nothing pauses a clock of the law."""
        limit = self._law(seen, by, own, pinned)
        if limit is None:
            return
        hours = self._calendar(str(pinned["calendars"]), str(limit["calendar"]))
        amount = int(limit["amount"]) + seen.extended.get(by.clock, 0)
        due = end_of(str(limit["unit"]), amount, by.start, hours)
        if due is None:
            return
        rungs = self._calendar(str(pinned["calendars"]), own["escalate"].get("calendar", "always"))
        spans = own["escalate"]["spans"]
        dues = [due, *(rungs.due(due, _whole(_span(span)), ()) for span in spans)]
        yield from self._not_done(seen, by.clock, by.run, dues)

    def _late(
        self,
        seen: Watched,
        clock: str,
        run: int,
        start: datetime,
        rule: Mapping[str, Any],
        calendars: str,
    ) -> Iterator[Left]:
        who = frozenset(rule.get("pauses_for") or ())
        waits: list[Span] = [
            (minute_of(begin), None if end is None else minute_of(end) + 1)
            for begin, end, whom in seen.waits
            if whom.partition(":")[0] in who
        ]
        limit = rule["limit"]
        budget = _span(limit["span"]) + timedelta(minutes=seen.extended.get(clock, 0))
        hours = self._calendar(calendars, limit.get("calendar", "always"))
        due = hours.due(minute_from(start), _whole(budget), waits)
        ladder = rule["escalate"]
        rungs = self._calendar(calendars, ladder.get("calendar", "always"))
        dues = [due]
        if due is not None:
            dues += [rungs.due(due, _whole(_span(span)), waits) for span in ladder["spans"]]
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


def _in_hours(rule: Row, own: str) -> Row:
    """Return a rule of the policy in the hours of whoever it measures."""
    parts = {name: dict(rule[name]) for name in ("limit", "escalate")}
    for part in parts.values():
        if part.get("calendar") == "own":
            part["calendar"] = own
    return {**rule, **parts}


def _span(written: object) -> timedelta:
    found = _SPAN.fullmatch(str(written))
    days, hours, minutes, seconds = (int(n or 0) for n in found.groups()) if found else (0,) * 4
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _whole(span: timedelta) -> int:
    return -(-span // timedelta(minutes=1))
