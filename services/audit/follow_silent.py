"""Check L, all the time: open cases with a limit that passed while nothing happened, or whose timer
comes after their next one.

By the case log and the archived policies, with the auditor's own arithmetic; timers are compared
with that, never asked. A case is read when it has moved on, and again only once its next stage has
passed: what is quiet costs a look at its document and nothing else.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from pymongo.database import Database

from schemas.vocabulary import ANSWERED
from services.adapters.instants import from_micros
from services.audit.database import Document, logs_of, policies
from services.audit.follow_kept import WrongCases
from services.audit.follow_outlived import OutlivedCases
from services.audit.logic.overdue import GRACE, OverdueCheck

CASES: Final = 5000
"""Documents passed in one look, of which only open ones are read."""
LOGS: Final = 200
"""Logs read in one look: 40 cases a second, where each has moved on since the last time."""
KNOWN: Final = 200_000
"""Quiet cases that are kept in mind; those beyond are read in every round."""

_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


class _Quiet(NamedTuple):
    """Up to when nothing is due in a case, as long as it stands at this number."""

    seq: int
    until: datetime


class SilenceWatch:
    """Goes round and round through the open cases, some in each look, in the order of their ids.
    What was found late, or armed for too late, is looked at first in every look, so that it counts
    no longer than it lasts; and in the first look of the next audit, which goes on with the round.
    """

    def __init__(self, database: Database[Document], cases: int = CASES, logs: int = LOGS) -> None:
        self._database = database
        self._at_a_time = cases
        self._logs = logs
        self._check = OverdueCheck(_FOREVER)
        self._outlived = OutlivedCases(self._check)
        self._policies: set[tuple[str, str]] = set()
        self._quiet: dict[str, _Quiet] = {}
        self._seen: set[str] = set()
        """Open cases of this round; what is in mind of others is forgotten with it."""
        self._kept = WrongCases(database)
        known = self._kept.known()
        self._late: dict[str, None] = dict.fromkeys(known.late)
        """Late cases, in the order in which they were found."""
        self._misarmed: dict[str, None] = dict.fromkeys(known.misarmed)
        """Cases whose timer comes later than their next limit or rung of it."""
        self._after = known.after

    def look(self, now: datetime) -> int:
        """Return how many open cases are known to be late.

        Raises:
            OutageError: MongoDB is away.
        """
        self._learn_policies()
        for wrong in (self._late, self._misarmed):
            again = list(wrong)[: self._logs]
            self._judge(self._open({"$in": again}), now, asked=again)
        wanted = self._slice()
        self._seen.update(wanted)
        waiting = [key for key, seq in wanted.items() if not self._is_quiet(key, seq, now)]
        chosen = waiting[: self._logs]
        self._judge({key: wanted[key] for key in chosen}, now, asked=chosen)
        if len(waiting) > len(chosen):
            self._after = chosen[-1]
        elif not self._after:
            self._forget()
        self._kept.keep(self._late, self._misarmed, self._after)
        return len(self._late)

    @property
    def misarmed(self) -> int:
        """How many open cases have a timer that comes too late."""
        return len(self._misarmed)

    @property
    def outlived(self) -> int:
        """How many open cases go by holidays of which more are known by now."""
        return len(self._outlived)

    def _forget(self) -> None:
        """Keep of a whole round only what is open."""
        self._outlived.keep(self._seen)
        self._quiet = {key: one for key, one in self._quiet.items() if key in self._seen}
        self._seen = set()

    def _slice(self) -> dict[str, int]:
        """Return the open cases among the next documents, in order, and move behind them."""
        after = self._after
        behind = self._database["cases"].find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", 1)
        found = next(iter(behind.skip(self._at_a_time - 1).limit(1)), None)
        self._after = "" if found is None else str(found["_id"])
        return self._open({"$gt": after} | ({"$lte": self._after} if self._after else {}))

    def _open(self, ids: Document) -> dict[str, int]:
        wanted: dict[str, Any] = {
            "_id": ids,
            "status": {"$exists": True, "$nin": sorted(ANSWERED)},
            "seq": {"$exists": True},
        }
        found = self._database["cases"].find(wanted, {"seq": 1}).sort("_id", 1)
        return {one["_id"]: one["seq"] for one in found}

    def _is_quiet(self, case_key: str, seq: int, now: datetime) -> bool:
        known = self._quiet.get(case_key)
        return known is not None and known.seq == seq and now <= known.until

    def _judge(self, cases: dict[str, int], now: datetime, asked: Iterable[str]) -> None:
        """Read the logs of cases; of what was asked and is open no more nothing is kept."""
        for key in asked:
            if key not in cases:
                self._late.pop(key, None)
                self._misarmed.pop(key, None)
                self._quiet.pop(key, None)
                self._outlived.forget(key)
        firsts: dict[str, datetime] = {}
        for history in logs_of(self._database, list(cases)) if cases else ():
            key = history.case_key
            left = self._check.left(history) or []
            self._outlived.judged(history, left)
            first = min((one.due + GRACE for one in left), default=_FOREVER)
            if cases[key] == max((event.seq for event in history.events), default=0):
                firsts[key] = first  # else the case moved on between document and log
            self._late.pop(key, None)
            self._quiet.pop(key, None)
            if first < now:
                self._late[key] = None
            elif len(self._quiet) < KNOWN:
                self._quiet[key] = _Quiet(cases[key], first)
        self._compare(cases, firsts)

    def _compare(self, cases: dict[str, int], firsts: dict[str, datetime]) -> None:
        """Ask whether the timer of each case's state comes in time; whether it has one at all
        another watch asks."""
        for key in cases:
            self._misarmed.pop(key, None)
        ids = {f"{key}#{seq:08d}": key for key, seq in cases.items() if key in firsts}
        if ids:
            armed = self._database["timers"].find(
                {"_id": {"$in": list(ids)}, "due": {"$exists": True}}, {"due": 1}
            )
            for one in armed:
                if from_micros(one["due"]) > firsts[ids[one["_id"]]]:
                    self._misarmed[ids[one["_id"]]] = None

    def _learn_policies(self) -> None:
        """Take in versions that came since the last look."""
        known = [f"{kind}|{version}" for kind, version in self._policies]
        for kind, version, text in policies(self._database, known):
            self._policies.add((kind, version))
            self._check.policy(kind, version, text)
            if kind == "calendars":
                self._outlived.calendars(version, text)
                self._quiet = {}  # each may be due at another time by these
