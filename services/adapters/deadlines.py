"""What time limit comes next for a case: read from the timers that ``sla`` keeps (ADR 0007)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from schemas.keys import case_key
from services.adapters.instants import from_micros
from services.adapters.mongo import Document, outages


@dataclass(frozen=True, slots=True)
class Deadline:
    """The next stage of a clock of a case; words as in the record ``ClockFired``."""

    clock: str
    stage: str
    due: datetime


class Deadlines(Protocol):
    """Raises OutageError when the database is away."""

    def next_due(self, tenant: str, case_ids: Iterable[str]) -> dict[str, Deadline]:
        """Return what is due next, by case; without cases whose clocks stand still."""
        ...


class NoDeadlines:
    """:class:`Deadlines` where no clocks run."""

    def next_due(self, tenant: str, case_ids: Iterable[str]) -> dict[str, Deadline]:
        """Return nothing."""
        return {}


class MongoDeadlines:
    """:class:`Deadlines` on MongoDB; an installation without ``sla`` has none."""

    def __init__(self, database: Database[Document]) -> None:
        self._timers = database["timers"]

    @outages()
    def next_due(self, tenant: str, case_ids: Iterable[str]) -> dict[str, Deadline]:
        """Return what is due next, by case; without cases whose clocks stand still."""
        cases = {case_key(tenant, case_id).decode(): case_id for case_id in case_ids}
        newest = self._timers.aggregate(
            [
                {"$match": {"case": {"$in": list(cases)}}},
                {"$sort": {"case": ASCENDING, "seq": DESCENDING}},
                {"$group": {"_id": "$case", "row": {"$first": "$$ROOT"}}},
            ]
        )
        # A watch over a case at the end of its ladders is no limit: it has no stage.
        return {
            cases[found["_id"]]: Deadline(row["clock"], row["stage"], from_micros(row["due"]))
            for found in newest
            if "due" in (row := found["row"]) and "stage" in row
        }
