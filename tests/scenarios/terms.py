"""Policies made of sentences: what a scenario says about hours, limits and duty."""

import copy
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from schemas.ledger import PolicyVersions
from services.domain.calendars import policy as calendars
from services.domain.calendars.policy import Calendars
from services.domain.clocks.book import PolicyBook
from services.domain.clocks.limits import Limits, load_limits
from services.domain.clocks.policy import SlaPolicy
from services.domain.clocks.terms import Terms

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FIGURE = {"basis": "internal", "source": "scenario"}
FOREVER = "2400h"
"""Longer than any scenario lasts."""
CLOCKS = "acknowledgement|next update|resolution|team|partner"

_OPEN = re.compile(r"the (\w+) is open ([A-Za-z, ]+?) ([\d:, -]+?)(?: in ([A-Z][\w/]+))?")
_CLOSED = re.compile(r"the (\w+) is closed (\S+)(?: to (\S+))?")
_MOVED = re.compile(r"the (\w+) works (\S+) like (\w{3})")
_WORKS = re.compile(r"([\w-]+) works ([\w-]+) time")
_LAW = re.compile(r"the law gives (?:its days|(\d+) days, extendable by (\d+))")
_TAKES = re.compile(
    rf"({CLOCKS}) takes (\S+) (?:of ([\w-]+) time|elapsed)(?: at level (\d))?"
    r"(?:, paused for ([a-z and]+?))?(?:, warned at (\d+)%)?"
    r"(?:, climbs after ([\dhm, ]+?)(?: of ([\w-]+) time)?)?(?:, extendable by (\S+))?"
)


def _clock(span: str, calendar: str = "always", **more: Any) -> dict[str, Any]:
    return {
        "limit": {"span": span, "calendar": calendar} | FIGURE,
        "warn": {"share": 0.75} | FIGURE,
        "escalate": {"spans": []} | FIGURE,
    } | more


@cache
def shipped_calendars() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(calendars.SHIPPED.read_text(encoding="utf-8"))
    return content


@cache
def shipped_limits() -> Limits:
    return load_limits()


class Written:
    """A policy while its sentences are read. What is not said never comes due."""

    def __init__(self, version: str = "A") -> None:
        level = {"acknowledgement": _clock(FOREVER), "resolution": _clock(FOREVER)}
        self.sla: dict[str, Any] = {
            "version": version,
            "late_after": {"span": "30s"} | FIGURE,
            "watch_every": {"span": "24h"} | FIGURE,
            "levels": {number: copy.deepcopy(level) for number in (1, 2, 3, 4)},
        }
        self.calendars = copy.deepcopy(shipped_calendars()) | {"version": version}
        self.limits = shipped_limits()

    def but(self, version: str) -> "Written":
        """Return the same under another version, to be changed."""
        other = copy.deepcopy(self)
        other.sla["version"] = other.calendars["version"] = version
        return other

    def read(self, sentence: str) -> bool:
        """Take a sentence in; return whether it is one about policies."""
        readers = (
            (_OPEN, self._opens),
            (_CLOSED, self._closes),
            (_MOVED, self._moves),
            (_TAKES, self._takes),
            (_WORKS, self._works),
            (_LAW, self._law),
        )
        for pattern, reader in readers:
            if found := pattern.fullmatch(sentence):
                reader(*found.groups())
                return True
        return False

    def terms(self) -> Terms:
        """Return what was written, checked like any policy."""
        return Terms(
            SlaPolicy.model_validate(self.sla),
            Calendars.model_validate(self.calendars),
            self.limits,
        )

    def _calendar(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        days = self.calendars["days"].setdefault(
            name, {"source": "scenario", "known_until": "2030-12-31", "holidays": []}
        )
        known = self.calendars["calendars"].setdefault(
            name,
            {
                "zh": name,
                "en": name,
                "tz": "Asia/Shanghai",
                "hours": {},
                "days": name,
                "configurable": True,
                "source": "scenario",
            },
        )
        return known, days

    def _opens(self, name: str, on: str, shifts: str, zone: str | None) -> None:
        calendar, _ = self._calendar(name)
        if zone is not None:
            calendar["tz"] = zone
        begin, _, end = on.partition(" to ")
        if end:
            chosen = DAYS[DAYS.index(begin) : DAYS.index(end) + 1]
        else:
            chosen = tuple(day.strip() for day in on.split(","))
        spans = [shift.strip().split("-") for shift in shifts.split(",")]
        for day in chosen:
            calendar["hours"][day.lower()] = spans

    def _closes(self, name: str, first: str, last: str | None) -> None:
        _, days = self._calendar(name)
        days["holidays"].append({"from": first, "to": last or first, "zh": "假日", "en": "Holiday"})

    def _moves(self, name: str, day: str, like: str) -> None:
        _, days = self._calendar(name)
        days.setdefault("workdays", {})[day] = like.lower()

    def _works(self, team: str, calendar: str) -> None:
        hours = self.sla.setdefault("team_calendars", {"default": "always"})
        hours["default" if team == "everybody" else team] = calendar

    def _law(self, days: str | None, more: str | None) -> None:
        self.sla["statutory"] = {
            "matter": "company-answer",
            "appeal_matter": "appeal-answer",
            "jurisdiction": "CN",
            "escalate": {"spans": []} | FIGURE,
        }
        if days is not None:
            content = self.limits.model_dump(mode="json")
            for rule in content["limits"]:
                if rule["matter"] == "company-answer":
                    rule["amount"] = int(days)
                    rule["extension"] = {"amount": int(more or 1), "basis": "scenario"}
            self.limits = Limits.model_validate(content)

    def _takes(
        self,
        clock: str,
        span: str,
        calendar: str | None,
        level: str | None,
        pauses: str | None,
        warned: str | None,
        climbs: str | None,
        ladder: str | None,
        extension: str | None,
    ) -> None:
        made = _clock(span, calendar or "always")
        if pauses:
            made["pauses_for"] = pauses.split(" and ")
        if warned:
            made["warn"]["share"] = int(warned) / 100
        if climbs:
            made["escalate"]["spans"] = [one.strip() for one in climbs.split(",")]
            made["escalate"]["calendar"] = ladder or calendar or "always"
        if extension:
            made["extension"] = extension
        for number in (1, 2, 3, 4) if level is None else (int(level),):
            self.sla["levels"][number][clock.replace(" ", "_")] = copy.deepcopy(made)


class Book(PolicyBook):
    """The book of a scenario: policies that exist only here."""

    def __init__(self, written: Written) -> None:
        self._made: dict[str, Terms] = {}
        self._written: dict[str, Written] = {}
        self.come_into_force(written)

    def know(self, written: Written) -> Terms:
        """Keep a version that no case is opened under yet."""
        terms = written.terms()
        self._made[terms.versions.sla] = terms
        self._written[terms.versions.sla] = written
        return terms

    def come_into_force(self, written: Written) -> None:
        """Open cases under this version from now on."""
        self.current = self.know(written).versions

    def terms(self, versions: PolicyVersions | None) -> Terms:
        return self._made[(versions or self.current).sla]

    def archived(self) -> Iterator[tuple[str, str, Any]]:
        """Yield what the archive would hold."""
        for version, written in self._written.items():
            yield "sla", version, written.sla
            yield "calendars", version, written.calendars
            yield "limits", written.limits.version, written.limits.model_dump(mode="json")

    def has(self, versions: PolicyVersions) -> bool:
        return versions.sla in self._made
