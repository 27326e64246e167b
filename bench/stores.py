"""What each store operation costs on a real mongod: time, our CPU, and the server's CPU.

    python -m bench.stores --mongo mongodb://127.0.0.1:27017/?replicaSet=complaints

Works in a database of its own and drops it. Figures are per document, in microseconds.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pymongo.database import Database

from schemas.cases import CaseState
from schemas.vocabulary import CaseStatus, Channel
from services.adapters.mongo import Document, open_database
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_indexes import ensure_indexes
from services.domain.case_store import LogEntry, LoggedEvent, Projection
from services.domain.dedup_store import Claim, ContactRow

NOW = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
TENANT = "bench"


@dataclass(frozen=True)
class Cost:
    """One line of the table; times are microseconds per document."""

    operation: str
    documents: int
    per_second: int
    wall_us: float
    client_cpu_us: float
    server_cpu_us: float


class Meter:
    """Runs an operation in batches and adds up what it cost on both sides."""

    def __init__(self, database: Database[Document], batch: int) -> None:
        self._database = database
        self._batch = batch
        self.costs: list[Cost] = []

    def measure(self, operation: str, numbers: range, run: Callable[[range], object]) -> None:
        """Call ``run`` with ``numbers`` piece by piece."""
        pieces = [
            numbers[start : start + self._batch] for start in range(0, len(numbers), self._batch)
        ]
        server, client, wall = server_us(self._database), time.process_time(), time.perf_counter()
        for piece in pieces:
            run(piece)
        wall, client = time.perf_counter() - wall, time.process_time() - client
        server = server_us(self._database) - server
        count = len(numbers)
        cost = Cost(
            operation,
            count,
            round(count / wall),
            round(wall / count * 1e6, 1),
            round(client / count * 1e6, 1),
            round(server / count, 1),
        )
        self.costs.append(cost)
        print(
            f"{cost.operation:<36}{cost.per_second:>10,}/s{cost.wall_us:>10.1f}"
            f"{cost.client_cpu_us:>10.1f}{cost.server_cpu_us:>10.1f}",
            flush=True,
        )


def server_us(database: Database[Document]) -> int:
    """Return how many µs of CPU the server has used so far."""
    usage = database.command("serverStatus")["extra_info"]
    return int(usage["user_time_us"]) + int(usage["system_time_us"])


def a_row(number: int, out: bytes) -> ContactRow:
    return ContactRow(
        key=f"{TENANT}|k{number:08x}contact",
        tenant=TENANT,
        contact_id=f"k{number:08x}contact",
        source=f"dGhpcy1pcy1hLXRvcGlj:{number % 12}:{number}",
        digest=f"{number:032x}",
        case_id=f"C{number // 2:016X}",
        relation="new",
        person=f"k1.{number // 3:026d}",
        received_at=NOW + timedelta(microseconds=number),
        tracking=f"{number * 2654435761 % 2**32:08X}-{number:08X}",
        grams=tuple(range(number, number + 60)),
        out=out,
        marks=tuple(range(number, number + 16)),
        lookups=(f"k1.{number // 3:026d}", *(hashed(number * 10 + part) for part in range(10))),
    )


def hashed(number: int) -> int:
    """Return a lookup as a hash makes it: anywhere in 32 bits."""
    return number * 2654435761 % 2**32


def a_claim(number: int) -> Claim:
    key = f"{TENANT}|waybill|k1.{number * 2654435761 % 2**32:026d}|{number}"
    return Claim(key, f"C{number:016X}", f"k{number:08x}contact", None, NOW)


def an_entry(case: int, n: int, events: int = 1) -> LogEntry:
    sources = tuple(f"dGhpcy1pcy1hLXRvcGlj:{case % 12}:{case}.{n}.{i}" for i in range(events))
    logged = tuple(LoggedEvent(n + i, source, b"e" * 450) for i, source in enumerate(sources))
    return LogEntry(case_key(case), n, NOW, sources, (), logged)


def a_projection(case: int, n: int) -> Projection:
    state = CaseState(
        tenant=TENANT,
        case_id=f"C{case:016X}",
        seq=n,
        status=CaseStatus.RECEIVED,
        opened_at=NOW,
        updated_at=NOW + timedelta(seconds=n),
        first_contact_id=f"k{case:08x}contact",
        last_contact_at=NOW,
        channel=Channel.WEB,
        contacts=n,
        complainants=1,
    )
    return Projection(case_key(case), n, (f"dGhpcy1pcy1hLXRvcGlj:0:{case}",), state)


def case_key(case: int) -> str:
    return f"{TENANT}|C{case * 2654435761 % 2**32:016X}"


def run(database: Database[Document], count: int, batch: int, out_bytes: int) -> list[Cost]:
    """Measure every operation, filling the collections as it goes."""
    meter = Meter(database, batch)
    _dedup(meter, MongoDedupStore(database), range(count), b"o" * out_bytes)
    _cases(meter, MongoCaseStore(database), range(count), batch)
    return meter.costs


def _dedup(meter: Meter, dedup: MongoDedupStore, numbers: range, out: bytes) -> None:
    rows = [a_row(number, out) for number in numbers]
    claims = [a_claim(number) for number in numbers]
    later = [claim._replace(contact_id="later") for claim in claims]
    persons = [(TENANT, row.person or "") for row in rows]
    unknown = [(TENANT, hashed(-1 - number)) for number in numbers]

    def read_rows(piece: range) -> None:
        dedup.rows([rows[i].key for i in piece])

    meter.measure("rows read, not there", numbers, read_rows)
    meter.measure(
        "claims inserted, all won",
        numbers,
        lambda piece: dedup.insert_claims(claims[piece.start : piece.stop]),
    )
    meter.measure(
        "claims inserted, all lost",
        numbers,
        lambda piece: dedup.insert_claims(later[piece.start : piece.stop]),
    )
    meter.measure(
        "claims read", numbers, lambda piece: dedup.claims([claims[i].key for i in piece])
    )
    meter.measure(
        f"rows inserted, out {len(out)} B",
        numbers,
        lambda piece: dedup.insert_rows(rows[piece.start : piece.stop]),
    )
    meter.measure("rows read", numbers, read_rows)
    meter.measure(
        "sights, a third of them persons",
        numbers,
        lambda piece: dedup.sights(persons[piece.start : piece.stop], NOW),
    )
    meter.measure(
        "sights by hashes that nobody has",
        numbers,
        lambda piece: dedup.sights(unknown[piece.start : piece.stop], NOW),
    )


def _cases(meter: Meter, cases: MongoCaseStore, numbers: range, batch: int) -> None:
    entries = [an_entry(number, 1) for number in numbers]
    bulky = [an_entry(-1 - number, 1, events=batch) for number in range(len(numbers) // batch)]
    firsts = [a_projection(number, 1) for number in numbers]
    seconds = [a_projection(number, 2) for number in numbers]
    meter.measure(
        "log appended, a case per event",
        numbers,
        lambda piece: cases.append(entries[piece.start : piece.stop]),
    )
    meter.measure(
        "log appended, one case per batch",
        range(len(bulky) * batch),
        lambda piece: cases.append([bulky[piece.start // batch]]),
    )
    meter.measure(
        "log appended again, all conflicts",
        numbers,
        lambda piece: cases.append(entries[piece.start : piece.stop]),
    )
    meter.measure(
        "projected, new cases",
        numbers,
        lambda piece: cases.project(firsts[piece.start : piece.stop]),
    )
    meter.measure(
        "projected over an older one",
        numbers,
        lambda piece: cases.project(seconds[piece.start : piece.stop]),
    )
    meter.measure(
        "projections read",
        numbers,
        lambda piece: cases.projections([firsts[i].case_key for i in piece]),
    )
    few = range(min(len(numbers), 500))
    meter.measure(
        "log read, a query per case",
        few,
        lambda piece: [cases.entries_after(entries[i].case_key, 0) for i in piece],
    )
    meter.measure("barrier", few, lambda piece: [cases.barrier() for _ in piece])


@contextmanager
def empty_database(uri: str) -> Iterator[Database[Document]]:
    """Yield a database of our own and drop it in the end."""
    database = open_database(uri, f"bench_stores_{time.time_ns()}")
    try:
        ensure_indexes(database)
        yield database
    finally:
        database.client.drop_database(database.name)
        database.client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mongo", required=True, metavar="URI")
    parser.add_argument("--count", type=int, default=30_000, help="documents per operation")
    parser.add_argument("--batch", type=int, default=500, help="documents per call")
    parser.add_argument("--out-bytes", type=int, default=1000, help="size of a contact's record")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    print(f"{'µs per document':<36}{'rate':>12}{'wall':>10}{'our CPU':>10}{'mongod':>10}")
    with empty_database(options.mongo) as database:
        costs = run(database, options.count, options.batch, options.out_bytes)
    if options.json:
        settings = {"batch": options.batch, "out_bytes": options.out_bytes}
        figures = {**settings, "costs": [asdict(cost) for cost in costs]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
