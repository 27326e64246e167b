"""Cases anew from their logs: written where they differ, and proved equal afterwards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final

from pymongo import ReplaceOne
from pymongo.database import Database

from services.adapters.mongo import Document, outages
from services.adapters.mongo_case_documents import from_projection, to_entry
from services.adapters.mongo_inserts import insert_new
from services.cases.planning import Basis, replay
from services.cases.tips import tip_after
from services.domain.case_store import LogEntry, Projection
from services.recovery.snapshot import Progress

_AT_A_TIME: Final = 500
KEPT: Final = 1000
_AFTER_LOG: Final = "$"
_NOT_SAID: Final = frozenset({"value"})
"""Named last: it differs whenever anything does."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A case whose document is not the sum of its log; ``fields`` says where."""

    case_key: str
    fields: tuple[str, ...]


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild found. At most a thousand differences are kept by name."""

    cases: int = 0
    different: int = 0
    unreadable: int = 0
    listed: list[Difference] = field(default_factory=list)

    def found(self, difference: Difference) -> None:
        """Count a case that differs."""
        self.different += 1
        if len(self.listed) < KEPT:
            self.listed.append(difference)


@outages()
def rebuild(database: Database[Document], write: bool, progress: Progress) -> Rebuilt:
    """Fold every case's log and compare the sum with its document; with ``write`` put the sum in
    its place. The system may run: documents are read before their logs, and one that a worker
    has written meanwhile is newer and stays."""
    result, total = Rebuilt(), database["cases"].estimated_document_count()
    for entries in _logs(database):
        keys = list(entries)
        present = {one["_id"]: one for one in database["cases"].find({"_id": {"$in": keys}})}
        wanted: list[Document] = []
        for key, log in entries.items():
            result.cases += 1
            document = _folded(key, log if write else _up_to(log, present.get(key)))
            if document is None:
                result.unreadable += 1
                result.found(Difference(key, ("the log cannot be folded",)))
                continue
            names = _differing(document, present.get(key))
            if names:
                result.found(Difference(key, names))
                wanted.append(document)
        if write:
            _write(database, wanted, present)
        progress("cases", result.cases, max(total, result.cases))
    return result


def _logs(database: Database[Document]) -> Iterator[dict[str, list[LogEntry]]]:
    """Yield some cases with their whole logs, in key order."""
    entries = database["case_log"].find().sort("_id", 1)
    some: dict[str, list[LogEntry]] = {}
    for key, group in groupby(entries, key=itemgetter("case")):
        some[key] = [to_entry(document) for document in group]
        if len(some) >= _AT_A_TIME:
            yield some
            some = {}
    if some:
        yield some


def _up_to(log: Sequence[LogEntry], present: Document | None) -> Sequence[LogEntry]:
    """Return the entries that the document claims to hold: a worker writes the log first, so one
    that is behind is not wrong."""
    n = present.get("n", 0) if present is not None else 0
    return [entry for entry in log if entry.n <= n] or log


def _folded(key: str, log: Sequence[LogEntry]) -> Document | None:
    """Return the document that the log adds up to; None when it does not follow from itself."""
    basis = Basis()
    try:
        replay(basis, log)
    except ValueError:
        return None
    return from_projection(Projection(key, basis.n, tip_after((), log), basis.state))


def _differing(wanted: Document, present: Document | None) -> tuple[str, ...]:
    if present is None:
        return ("no document",)
    names = {*wanted, *present}
    wrong = {name for name in names if _plain(wanted.get(name)) != _plain(present.get(name))}
    return tuple(sorted(wrong - _NOT_SAID)) + tuple(sorted(wrong & _NOT_SAID))


def _plain(value: object) -> object:
    """Return a value as MongoDB gives it back: dates without zone, cut to milliseconds."""
    if isinstance(value, datetime):
        naive = value.replace(tzinfo=None)
        return naive.replace(microsecond=naive.microsecond // 1000 * 1000)
    return value


def _write(
    database: Database[Document], wanted: Sequence[Document], present: dict[str, Document]
) -> None:
    insert_new(database["cases"], [one for one in wanted if one["_id"] not in present])
    changed = [one for one in wanted if one["_id"] in present]
    if changed:
        gate = [ReplaceOne({"_id": one["_id"], "n": {"$lte": one["n"]}}, one) for one in changed]
        database["cases"].bulk_write(gate, ordered=False)
