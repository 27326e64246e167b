"""Cases whose time ran out and to whom nothing happened: by the timers and the documents."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, NamedTuple

from pymongo.database import Database

from schemas.vocabulary import ANSWERED
from services.adapters.instants import from_micros, to_micros
from services.audit.database import Document
from services.audit.follow_silent import SilenceWatch
from services.audit.follow_unarmed import UnarmedWatch

OVERDUE: Final = timedelta(minutes=5)
"""Later than this nobody is only slow: a fired clock reaches its case within seconds."""
PAGE: Final = 1000
"""Due timers, and the documents of their cases, that are held at a time."""
LOOK_SECONDS: Final = 2.0
"""A look ends with the page in which so much time is over; the next one goes on there."""


class Overdue(NamedTuple):
    """How many open cases are overdue, and since when the oldest unanswered timer was due (None:
    all are answered)."""

    cases: int = 0
    since: datetime | None = None

    def or_worse(self, other: "Overdue") -> "Overdue":
        """Return the worse of two views of the same timers."""
        known = [at for at in (self.since, other.since) if at is not None]
        return Overdue(max(self.cases, other.cases), min(known, default=None))


class _Place(NamedTuple):
    """How far a walk has come: all of this partition up to here is counted."""

    partition: int = 0
    due: int = -1
    row_id: str = ""


class OverdueWatch:
    """Walks through every due timer, a page at a time. Only what waits for an action counts: the
    mere watch over a case at the end of its ladders has no stage, and is due for as long as the
    case is open."""

    def __init__(
        self,
        database: Database[Document],
        page: int = PAGE,
        seconds: float = LOOK_SECONDS,
        time: Callable[[], float] = monotonic,
    ) -> None:
        self._timers = database["timers"]
        self._cases = database["cases"]
        self._page = page
        self._seconds = seconds
        self._time = time
        self._whole = Overdue()
        self._so_far = Overdue()
        self._place = _Place()

    def look(self, partitions: int, now: datetime) -> Overdue:
        """Return what is overdue at ``now``. Where one look does not come to the end, what the
        last whole walk found stands until the next has found more or is whole."""
        end = self._time() + self._seconds
        while self._place.partition < partitions:
            self._read_on(now)
            if self._time() >= end:
                break
        if self._place.partition < partitions:
            return self._whole.or_worse(self._so_far)
        self._whole, self._so_far, self._place = self._so_far, Overdue(), _Place()
        return self._whole

    def _read_on(self, now: datetime) -> None:
        """Count a page, and move behind it. A case has one newest timer, so none counts twice."""
        rows = self._rows(now)
        late = to_micros(now - OVERDUE)
        unanswered = [row["due"] for row in self._unanswered(rows)]
        more = self._so_far.cases + sum(due < late for due in unanswered)
        since = from_micros(min(unanswered)) if unanswered else None
        self._so_far = self._so_far.or_worse(Overdue(more, since))
        if len(rows) < self._page:
            self._place = _Place(self._place.partition + 1)
        else:
            self._place = self._place._replace(due=rows[-1]["due"], row_id=rows[-1]["_id"])

    def _rows(self, now: datetime) -> list[Document]:
        """Return the next due timers of the partition: one walk along an index."""
        partition, due, row_id = self._place
        wanted = {
            "partition": partition,
            "due": {"$gte": due, "$lt": to_micros(now)},
            "$or": [{"due": {"$gt": due}}, {"_id": {"$gt": row_id}}],
            "stage": {"$exists": True},
        }
        found = self._timers.find(wanted, {"case": 1, "seq": 1, "due": 1})
        return list(found.sort([("due", 1), ("_id", 1)]).limit(self._page))

    def _unanswered(self, rows: list[Document]) -> list[Document]:
        """Return the timers whose case is open and still at the state that armed them."""
        wanted = {"_id": {"$in": [row["case"] for row in rows]}}
        fields = {"seq": 1, "status": 1}
        states: dict[str, Any] = {one["_id"]: one for one in self._cases.find(wanted, fields)}
        found = []
        for row in rows:
            state = states.get(row["case"], {})
            if state.get("seq") == row["seq"] and state.get("status") not in ANSWERED:
                found.append(row)
        return found


class TimerWatch:
    """What the timers say, and what they do not say: see :meth:`figures`."""

    def __init__(self, database: Database[Document]) -> None:
        self._overdue = OverdueWatch(database)
        self._unarmed = UnarmedWatch(database)
        self._silent = SilenceWatch(database)

    def figures(self, partitions: int, now: datetime) -> dict[str, float]:
        """Return the gauges about timers."""
        late = self._overdue.look(partitions, now)
        lag = now - late.since if late.since is not None else timedelta()
        unarmed, silent = self._unarmed.look(now), self._silent.look(now)
        return {
            "overdue_cases": float(late.cases),
            "timer_lag_seconds": lag.total_seconds(),
            "unarmed_cases": float(unarmed + self._silent.misarmed),
            "overdue_unescalated_cases": float(silent),
            "outlived_cases": float(self._silent.outlived),
        }
