"""Check I: an incident and its cases agree about who is of it, and about the level.

Counted from the events of each case and from the rows of each place, which two workers wrote. What
is younger than a minute, or still lies before the incidents' worker, may differ: that is waiting.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import History

_YOUNG: Final = timedelta(minutes=1)
_ANSWERED: Final = frozenset({"resolved", "rejected", "closed", "archived", "appealed"})
_LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class _News(NamedTuple):
    """What a person had for the customers: the change, and when."""

    seq: int
    at: datetime


@dataclass(slots=True)
class _Member:
    """A case in the incident that it is part of now."""

    joined: datetime
    was_answered: bool = False
    heard: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Incident:
    """What the rows of its place say of it."""

    cases: int = 0
    customers: int = 0
    level: int = 0
    is_ended: bool = False
    seqs: Counter[int] = field(default_factory=Counter)
    members: set[str] = field(default_factory=set)
    whose: dict[str, str | None] = field(default_factory=dict)
    """Of each case that ever joined: the customer; None in rows from before that was kept."""
    late: set[str] = field(default_factory=set)
    """Cases that joined after the end."""
    newest: datetime = _LONG_AGO
    news: _News | None = None


class IncidentsCheck:
    """Feed each case once, then each row of a place in order."""

    def __init__(self, now: datetime, is_busy: bool = False) -> None:
        """``is_busy``: something lay before the incidents' worker when the audit began."""
        self._found = Findings("I", "incidents: who is of one agrees on both sides, and the level")
        self._young = now - _YOUNG
        self._is_busy = is_busy
        self._incidents: dict[str, _Incident] = {}
        self._members: dict[str, set[str]] = {}
        self._told: dict[str, dict[str, int | None]] = {}
        self._standing: dict[str, dict[str, _Member]] = {}
        self._newest: dict[str, datetime] = {}

    def case(self, history: History) -> None:
        """The log of one case."""
        key, incident, told, level, status = history.case_key, "", None, 0, ""
        known = judged = 0  # the highest level so far; that when a person judged the case
        tenant = key.partition("|")[0]
        newest, member = _LONG_AGO, _Member(_LONG_AGO)
        for event in history.events:
            body, kind = event.body, event.body.get("kind")
            link = body.get("incident") or {}
            claimed = (body.get("score") or {}).get("level") or 0
            known = max(known, body.get("level") or 0, claimed)
            judged = known if kind in ("corrected", "confirmed") else judged
            level, status = body.get("level") or level, str(body.get("status"))
            if kind == "incident_joined":
                if incident:
                    self._found.found(Defect.TWO_INCIDENTS, key, str(body.get("incident_id")))
                incident, told = f"{tenant}|{body.get('incident_id')}", link.get("level")
                self._members.setdefault(incident, set()).add(key)
                newest = _at(body)
                member = _Member(newest)
            elif kind == "incident_level_told":
                told, newest = link.get("level"), _at(body)
            elif kind == "incident_left":
                self._members.get(incident, set()).discard(key)
                self._newest[key], incident, told = _at(body), "", None
            member.was_answered |= status in _ANSWERED
            if kind == "customer_updated":
                member.heard.add(str(body.get("command_id")))
        if incident:
            self._told.setdefault(incident, {})[key] = told
            self._standing.setdefault(incident, {})[key] = member
            self._newest[key] = newest
            if told is not None and level < told > judged and status not in _ANSWERED:
                self._found.found(Defect.LEVEL_BELOW, key, f"{level} under {told}")

    def row(self, place: str, row: Mapping[str, Any]) -> None:
        """One row of a place: ``changes`` opened, and who spoke."""
        tenant, about = place.partition("|")[0], row.get("about")
        for change in row["changes"]:
            self._change(f"{tenant}|{change.get('incident_id')}", change)
        member = row.get("member")
        if member is None or about is None:
            return
        incident = self._of(f"{tenant}|{about}")
        case_key = f"{tenant}|{member['case']}"
        if member["in"]:
            incident.members.add(case_key)
            incident.whose[case_key] = member.get("who")
            if incident.is_ended:
                incident.late.add(case_key)
        else:
            incident.members.discard(case_key)
            incident.late.discard(case_key)

    def _change(self, name: str, change: Mapping[str, Any]) -> None:
        incident = self._of(name)
        self._found.examined += 1
        incident.seqs[int(change.get("seq", 0))] += 1
        incident.cases, incident.level = int(change["cases"]), int(change["level"])
        incident.customers = int(change.get("customers", 0))
        incident.newest = max(incident.newest, _at(change))
        incident.is_ended = incident.is_ended or change.get("kind") == "ended"
        if change.get("kind") == "customers_updated":
            incident.news = _News(int(change["seq"]), _at(change))

    def _of(self, name: str) -> _Incident:
        return self._incidents.setdefault(name, _Incident())

    def findings(self) -> Findings:
        """Say what is wrong, after the last row."""
        for name in sorted(self._members.keys() | self._incidents.keys()):
            cases, incident = self._members.get(name, set()), self._incidents.get(name)
            if incident is None or not incident.seqs:
                for case in sorted(cases):
                    self._wrong(Defect.NO_INCIDENT, case, name, _LONG_AGO)
                continue
            self._one(name, incident, cases)
        return self._found

    def _one(self, name: str, incident: _Incident, cases: set[str]) -> None:
        newest = incident.newest
        for case in sorted(cases ^ incident.members):
            side = "only the case says so" if case in cases else "only the incident says so"
            self._wrong(Defect.NOT_A_MEMBER, case, f"{name}: {side}", newest)
        for case in sorted(incident.late):
            self._wrong(Defect.AFTER_THE_END, case, name, newest)
        counted = len(incident.members - incident.late)
        if not incident.is_ended and incident.cases != counted:
            detail = f"{incident.cases}, but {counted} cases"
            self._wrong(Defect.MISCOUNTED, name, detail, newest)
        customers = {incident.whose[case] for case in incident.members}
        is_known = None not in incident.whose.values()
        # Fewer may be counted: beyond what the highest level takes nobody is.
        if is_known and not incident.is_ended and incident.customers > len(customers):
            detail = f"{incident.customers} customers, but {len(customers)}"
            self._wrong(Defect.MISCOUNTED, name, detail, newest)
        if any(n != 1 for n in incident.seqs.values()) or max(incident.seqs) != len(incident.seqs):
            self._found.found(Defect.GAP, name, "its changes")
        if incident.news is not None:
            self._news(name, incident, incident.news)
        if not incident.is_ended:
            for case, told in sorted(self._told.get(name, {}).items()):
                if told != incident.level and case in cases:
                    detail = f"told {told}, {name} has {incident.level}"
                    self._wrong(Defect.LEVEL_BELOW, case, detail, newest)

    def _news(self, name: str, incident: _Incident, news: _News) -> None:
        """Who was part of it by then, and waited for an answer all the time, was told."""
        told = f"news-{name.rpartition('|')[2]}-{news.seq}"
        for case, member in sorted(self._standing.get(name, {}).items()):
            was_there = member.joined < news.at and case in incident.members
            if was_there and not member.was_answered and told not in member.heard:
                self._wrong(Defect.NEWS_MISSED, case, f"{name}, change {news.seq}", news.at)

    def _wrong(self, defect: Defect, offender: str, detail: str, newest: datetime) -> None:
        """What is young may still be under way between two workers."""
        if self._is_busy or max(newest, self._newest.get(offender, _LONG_AGO)) >= self._young:
            self._found.waiting += 1
        else:
            self._found.found(defect, offender, detail)


def _at(body: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(body.get("at")))
    except ValueError:
        return _LONG_AGO
