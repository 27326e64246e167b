"""Cases whose time ran out and to whom nothing happened: by the timers and the documents."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from pymongo.database import Database

from services.audit.database import Document

OVERDUE: Final = timedelta(minutes=5)
"""Later than this nobody is only slow: a fired clock reaches its case within seconds."""
_LOOKED_AT: Final = 500
"""Due timers looked at for each partition, oldest first."""
_SETTLED: Final = frozenset({"resolved", "closed"})
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Overdue(NamedTuple):
    """How many open cases are overdue, and for how long the oldest timer is unanswered."""

    cases: int
    lag: timedelta


def overdue(database: Database[Document], partitions: int, now: datetime) -> Overdue:
    """Return what is overdue at ``now``. One walk along an index, and the documents it names."""
    now_us = (now - _EPOCH) // timedelta(microseconds=1)
    late: set[str] = set()
    oldest = now_us
    for partition in range(partitions):
        rows = list(
            database["timers"]
            .find({"partition": partition, "due": {"$lt": now_us}}, {"case": 1, "seq": 1, "due": 1})
            .sort([("due", 1), ("_id", 1)])
            .limit(_LOOKED_AT)
        )
        for row in _unanswered(database, rows):
            oldest = min(oldest, row["due"])
            if now_us - row["due"] > OVERDUE // timedelta(microseconds=1):
                late.add(row["case"])
    return Overdue(len(late), timedelta(microseconds=now_us - oldest))


def _unanswered(database: Database[Document], rows: list[Document]) -> list[Document]:
    """Return the timers whose case is open and still at the state that armed them."""
    wanted = {"_id": {"$in": [row["case"] for row in rows]}}
    fields = {"seq": 1, "status": 1}
    states: dict[str, Any] = {one["_id"]: one for one in database["cases"].find(wanted, fields)}
    found = []
    for row in rows:
        state = states.get(row["case"], {})
        if state.get("seq") == row["seq"] and state.get("status") not in _SETTLED:
            found.append(row)
    return found
