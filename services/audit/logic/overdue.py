"""Check L: every limit that passed was breached, and climbed, as the pinned policy says.

Due times are worked out here from the case log and the policy files in the archive, with code of
their own (:mod:`services.audit.logic.open_minutes`); the timers are not asked.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.fold import instant
from services.audit.logic.history import Event, History
from services.audit.logic.open_minutes import OpenMinutes, Span, as_date, instant_of, minute_of
from services.domain.policies import parse_yaml

GRACE: Final = timedelta(minutes=3)
"""A stage may take effect so much later than it is due; a minute of it is our own coarseness."""
_ANSWERED: Final = frozenset({"resolved", "closed", "rejected", "archived", "appealed"})
_UNTOUCHED: Final = frozenset({"received", "assigned", "transferred", "reopened", "unknown"})
_TELLING: Final = frozenset(
    {"acknowledged", "proposed", "transferred", "extended", "customer_updated"}
)
"""What tells the customer how the matter stands; so does missing the time for it."""
_CHINA: Final = timedelta(hours=8)
"""All legal limits that are watched here are China's."""
_SPAN: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Lag(NamedTuple):
    """What the check measures besides its findings."""

    overdue_unescalated_cases: int
    """Open cases with a limit or a rung of a ladder that passed and took no effect."""
    timer_lag_seconds: float
    """How long ago the oldest of these was due; 0 when there is none."""


@dataclass(slots=True)
class _Watched:
    """The clocks of one case, counted from its events."""

    status: str = ""
    level: int = 1
    opened: datetime | None = None
    last_contact: datetime | None = None
    restarted: datetime | None = None
    runs: int = 0
    answered: datetime | None = None
    updates: int = 0
    """How often the next update to the customer was counted anew."""
    updated: datetime | None = None
    is_taken_up: bool = False
    is_appeal: bool = False
    policies: Mapping[str, Any] | None = None
    waits: list[tuple[datetime, datetime | None, str]] = field(default_factory=list)
    extended: dict[str, int] = field(default_factory=dict)
    fired: set[str] = field(default_factory=set)


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
        seen = _Watched()
        for event in history.events:
            _take(seen, event)
        if seen.opened is None or seen.status in _ANSWERED or seen.policies is None:
            return
        if ("sla", seen.policies.get("sla")) not in self._policies:
            return
        self._found.examined += 1
        missing = list(self._missing(seen))
        if missing:
            stage, due = min(missing, key=lambda one: one[1])
            self._lag = max(self._lag, self._now - due)
            self._found.found(Defect.UNESCALATED, history.case_key, f"{stage} was due {due}")

    def findings(self) -> Findings:
        """Say what is wrong."""
        return self._found

    def lag(self) -> Lag:
        """Return the figures."""
        return Lag(self._found.violations, self._lag.total_seconds())

    # ------------------------------------------------------------------ what is due

    def _missing(self, seen: _Watched) -> Iterator[tuple[str, datetime]]:
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
            yield from self._late_by_law(seen, sla["statutory"], pinned)

    def _late_by_law(
        self, seen: _Watched, own: Mapping[str, Any], pinned: Mapping[str, Any]
    ) -> Iterator[tuple[str, datetime]]:
        """The law's clock counts days, and nothing pauses it."""
        start = seen.restarted or seen.opened
        assert start is not None
        matter = own["appeal_matter"] if seen.is_appeal else own["matter"]
        limit = self._law(str(pinned["limits"]), matter, own["jurisdiction"], start)
        if limit is None or own.get("province") or own.get("city"):
            return
        days = int(limit["amount"]) + seen.extended.get("statutory", 0)
        due = minute_of(start + timedelta(days=days)) + 1
        rungs = self._calendar(str(pinned["calendars"]), own["escalate"].get("calendar", "always"))
        spans = own["escalate"]["spans"]
        dues = [due, *(rungs.due(due, _whole(_span(span)), ()) for span in spans)]
        yield from self._not_done(seen, "statutory", seen.runs, dues)

    def _law(
        self, version: str, matter: str, jurisdiction: str, start: datetime
    ) -> Mapping[str, Any] | None:
        on = (start + _CHINA).date()
        rows = self._policies.get(("limits", version), {}).get("limits", ())
        return next(
            (
                one
                for one in rows
                if (one["matter"], one["jurisdiction"], one["unit"])
                == (matter, jurisdiction, "days")
                and not any(one.get(name) for name in ("province", "city", "product"))
                and as_date(one.get("effective_from") or date.min)
                <= on
                <= as_date(one.get("effective_to") or date.max)
            ),
            None,
        )

    def _late(
        self,
        seen: _Watched,
        clock: str,
        run: int,
        start: datetime,
        rule: Mapping[str, Any],
        calendars: str,
    ) -> Iterator[tuple[str, datetime]]:
        who = frozenset(rule.get("pauses_for") or ())
        waits: list[Span] = [
            (minute_of(begin), None if end is None else minute_of(end) + 1)
            for begin, end, whom in seen.waits
            if whom.partition(":")[0] in who
        ]
        limit = rule["limit"]
        budget = _span(limit["span"]) + timedelta(minutes=seen.extended.get(clock, 0))
        hours = self._calendar(calendars, limit.get("calendar", "always"))
        due = hours.due(minute_of(start), _whole(budget), waits)
        ladder = rule["escalate"]
        rungs = self._calendar(calendars, ladder.get("calendar", "always"))
        dues = [due]
        if due is not None:
            dues += [rungs.due(due, _whole(_span(span)), waits) for span in ladder["spans"]]
        yield from self._not_done(seen, clock, run, dues)

    def _not_done(
        self, seen: _Watched, clock: str, run: int, dues: list[int | None]
    ) -> Iterator[tuple[str, datetime]]:
        """Yield the stages that passed and took no effect; the breach comes first."""
        stages = ["breach", *(f"escalate{n}" for n in range(1, len(dues)))]
        done = [n for n, stage in enumerate(stages) if f"{clock}:{stage}:{run}" in seen.fired]
        for n in range(max(done, default=-1) + 1, len(stages)):
            at = dues[n]
            if at is not None and instant_of(at) + GRACE < self._now:
                yield f"{clock}:{stages[n]}:{run}", instant_of(at)

    def _calendar(self, version: str, name: str) -> OpenMinutes:
        key = (version, name)
        if key not in self._calendars:
            content = self._policies["calendars", version]
            calendar = content["calendars"][name]
            days = content["days"].get(calendar["days"]) if calendar.get("days") else None
            self._calendars[key] = OpenMinutes(calendar, days)
        return self._calendars[key]


# ---------------------------------------------------------------------- counting events


def _take(seen: _Watched, event: Event) -> None:
    body = event.body
    kind, at = body.get("kind"), instant(body.get("at"))
    if at is None:
        return
    done = min(instant(body.get("accepted_at")) or at, at)
    contact = body.get("contact")
    if kind == "appeal_opened":
        seen.is_appeal = True
    if isinstance(contact, Mapping) and kind in ("opened", "contact_added", "appeal_opened"):
        received = instant(contact.get("received_at")) or at
        seen.opened = min(received, seen.opened or received)
        seen.last_contact = max(received, seen.last_contact or received)
    status = str(body.get("status"))
    _follow_wait(seen, body, status, done)
    _follow_answer(seen, body, status, at, done)
    _follow_update(seen, body, status, at)
    seen.status = status
    seen.level = body.get("level") or seen.level
    seen.policies = body.get("policies") or seen.policies
    if status not in _UNTOUCHED:
        seen.is_taken_up = True
    if kind == "extended" and isinstance(body.get("clock"), str):
        clock = body["clock"]
        seen.extended[clock] = seen.extended.get(clock, 0) + int(body.get("extended_by") or 0)
    _follow_stage(seen, body)


def _follow_wait(seen: _Watched, body: Mapping[str, Any], status: str, done: datetime) -> None:
    is_open = bool(seen.waits) and seen.waits[-1][1] is None
    if status == "waiting" and not is_open:
        seen.waits.append((done, None, str(body.get("waiting_for"))))
    elif status != "waiting" and is_open:
        begin, _, whom = seen.waits[-1]
        end = max(begin, done)
        last = seen.last_contact
        if body.get("command_id") is None and last is not None and begin <= last <= done:
            end = last
        seen.waits[-1] = (begin, end, whom)


def _follow_answer(
    seen: _Watched, body: Mapping[str, Any], status: str, at: datetime, done: datetime
) -> None:
    if status in _ANSWERED:
        if seen.answered is None:
            seen.answered = done
        return
    if seen.answered is None:
        return
    seen.runs += 1
    last, ended = seen.last_contact, seen.answered
    is_contact = body.get("command_id") is None and last is not None and ended <= last <= at
    seen.restarted = last if is_contact else at
    seen.answered = None
    seen.extended.clear()
    seen.updates, seen.updated = seen.updates + 1, seen.restarted


def _follow_update(seen: _Watched, body: Mapping[str, Any], status: str, at: datetime) -> None:
    kind, missed = body.get("kind"), f"next_update:breach:{seen.updates}"
    is_missed = kind == "clock_breached" and body.get("stage") == missed
    if status not in _ANSWERED and (kind in _TELLING or is_missed):
        seen.updates, seen.updated = seen.updates + 1, at
        seen.extended.pop("next_update", None)


def _follow_stage(seen: _Watched, body: Mapping[str, Any]) -> None:
    kind, stage = body.get("kind"), body.get("stage")
    if not isinstance(stage, str) or body.get("merge"):
        return  # a merged case's clock: whether its own fired is counted with it
    if kind in ("clock_breached", "escalated"):
        seen.fired.add(stage)
    elif kind == "breach_retracted":
        clock, run = stage.split(":")[0], stage.rsplit(":", 1)[1]
        seen.fired = {
            one
            for one in seen.fired
            if not (one.startswith(f"{clock}:") and one.endswith(f":{run}"))
        }


def _span(written: object) -> timedelta:
    found = _SPAN.fullmatch(str(written))
    days, hours, minutes, seconds = (int(n or 0) for n in found.groups()) if found else (0,) * 4
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _whole(span: timedelta) -> int:
    return -(-span // timedelta(minutes=1))
