"""A million armed timers, of which 100,000 come due in the same minute, with a worker killed.

    ./complaints bench timers                    about four minutes, engines of its own
    ./complaints bench timers --timers 100000 --due 10000 --json timers.json

Two ``sla`` workers on real Kafka and MongoDB, with a moved clock. Every timer is a warning. No
``cases`` worker runs: a stand-in answers the first proposal of each case with a newer state, which
stops its clock, and counts those that come again. Reported are the size of
the timers in MongoDB, the memory of the workers, the rate at which what is due becomes visible to a
`read_committed` subscriber, whether it is complete and in due order per partition, how many
proposals came again, and how late timers are at a normal load. Whether a proposal that comes again
has a second effect in a case is not measured here.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, Producer, TopicPartition

from bench.engines import engines
from bench.measuring import Scrape, percentiles, wait_for, write_json
from schemas import topics
from schemas.cases import CaseState
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.vocabulary import CaseStatus, Channel
from services.adapters.memory_partitioner import partition_of
from services.adapters.mongo_timers import MongoTimerStore
from services.adapters.shared_clock import advance, offset_of, open_clock
from services.domain.timer_store import TimerRow
from tests.support.namespaces import Namespace, a_namespace
from tests.support.processes import WorkerProcess

TENANT: Final = "default"
PARTITIONS: Final = 4
BATCH: Final = 10_000
AHEAD: Final = timedelta(hours=2)
"""How far from now the full minute lies: the clock is moved there."""
NORMAL_SECONDS: Final = 30
NORMAL_RATE: Final = 100
MOVABLE: Final = {"COMPLAINTS_MOVABLE_CLOCK": "1"}


def row_of(number: int, due: datetime, armed_at: datetime) -> TimerRow:
    """Return the warning of one case."""
    key = case_key(TENANT, f"C{number:08d}")
    return TimerRow(
        case_key=key.decode(),
        seq=1,
        partition=partition_of(key, PARTITIONS),
        due=due,
        armed_at=armed_at,
        clock="resolution",
        stage="warn",
        level=1,
        run=0,
        step=None,
        policy="bench",
    )


def rows(total: int, due: int, normal: int, base: datetime) -> Iterator[TimerRow]:
    """Yield the timers: ``due`` of them in the minute from ``base``, ``normal`` spread over the
    half minute after it, the others over the days that follow."""
    armed_at = base - AHEAD
    for number in range(due):
        yield row_of(number, base + timedelta(minutes=1) * number / due, armed_at)
    later = base + timedelta(minutes=10)
    for number in range(normal):
        at = later + timedelta(seconds=NORMAL_SECONDS) * number / normal
        yield row_of(due + number, at, armed_at)
    for number in range(due + normal, total):
        at = base + timedelta(days=1, seconds=2.5 * number)
        yield row_of(number, at, armed_at)


class Answering:
    """Reads what fires, and answers each case once, as its worker would."""

    def __init__(self, namespace: Namespace) -> None:
        settings = namespace.settings
        self.first: dict[str, float] = {}
        """When each case was first seen to fire, in seconds of a monotonic clock."""
        self.dues: dict[int, list[tuple[datetime, str]]] = {n: [] for n in range(PARTITIONS)}
        """First proposals by partition, in the order of the topic."""
        self.again: Counter[str] = Counter()
        self.lateness: list[float] = []
        self._state_topic = settings.topic(topics.STATE.name)
        self._producer = Producer(
            {"bootstrap.servers": settings.kafka, "partitioner": "murmur2_random", "linger.ms": 5}
        )
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.kafka,
                "group.id": f"{settings.prefix}bench",
                "isolation.level": "read_committed",
                "log_level": 3,
            }
        )
        name = settings.topic(topics.FIRED.name)
        self._consumer.assign([TopicPartition(name, n, 0) for n in range(PARTITIONS)])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            for message in self._consumer.consume(2000, 0.02):
                if message.error() is None:
                    self._take(message)
            self._producer.poll(0)

    def _take(self, message: Any) -> None:
        fired = decode(ClockFired, message.value())
        if fired.case_id in self.first:
            self.again[fired.case_id] += 1
            return
        self.first[fired.case_id] = time.monotonic()
        self.dues[message.partition()].append((fired.due_at, fired.case_id))
        self.lateness.append((fired.fired_at - fired.due_at).total_seconds())
        state = CaseState(
            tenant=fired.tenant,
            case_id=fired.case_id,
            seq=fired.case_seq + 1,
            status=CaseStatus.RESOLVED,
            opened_at=fired.due_at,
            updated_at=fired.fired_at,
            first_contact_id="contact-1",
            last_contact_at=fired.due_at,
            channel=Channel.APP,
            contacts=1,
            complainants=1,
        )
        while True:
            try:
                self._producer.produce(self._state_topic, encode(state), message.key())
                return
            except BufferError:
                self._producer.poll(0.1)

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join(10)
        self._producer.flush(20)
        self._consumer.close()


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def insert(namespace: Namespace, made: Iterator[TimerRow]) -> float:
    """Store the timers as ``sla`` does; return rows a second."""
    store, count, started = MongoTimerStore(namespace.database), 0, time.monotonic()
    forget_at = datetime.now(UTC) + timedelta(days=90)
    while batch := list(islice(made, BATCH)):
        store.insert(batch, forget_at)
        count += len(batch)
    return count / (time.monotonic() - started)


def go_to(database: Any, moment: datetime) -> None:
    """Move the clock of the instance forward to ``moment``."""
    now = datetime.now(UTC) + (offset_of(database) or timedelta())
    advance(database, moment - now)


def armed(workers: Sequence[WorkerProcess]) -> float:
    """Return how many timers the workers hold in memory."""
    return sum(Scrape(one).total("complaints_timers_armed") for one in workers if one.is_running)


def fire(
    namespace: Namespace, due: int, normal: int, base: datetime, folder: Path
) -> dict[str, Any]:
    """Move the clock to the full minute, kill a worker in the middle, and look at what came."""
    database = namespace.database
    with ExitStack() as running:
        workers = [
            running.enter_context(
                WorkerProcess("sla", namespace.settings, folder, slot, **MOVABLE).start()
            )
            for slot in (0, 1)
        ]
        answering = Answering(namespace)
        running.callback(answering.close)
        idle = [memory_mb(one.pid) for one in workers]
        go_to(database, base - timedelta(minutes=5))
        wait_for(lambda: armed(workers) >= due, 120, "the near timers are in memory")
        held = [memory_mb(one.pid) for one in workers]
        say(f"memory of the workers: {idle} MB idle, {held} MB with {due:,} timers near")
        moved_at = time.monotonic()
        go_to(database, base + timedelta(minutes=1))
        wait_for(lambda: len(answering.first) > due * 0.3, 120, "a third has fired")
        workers[0].kill()
        killed_after = len(answering.first)
        workers[0].start(None)
        wait_for(lambda: len(answering.first) >= due, 300, "everything has fired")
        ends = sorted(answering.first.values())
        whole = ends[-1] - ends[0]
        result = {
            "due_in_one_minute": due,
            "published": len(answering.first),
            "killed_after": killed_after,
            "seconds": round(whole, 2),
            "per_second": round(due / whole, 1),
            "per_second_before_the_kill": round(killed_after / (ends[killed_after - 1] - ends[0])),
            "first_after_seconds": round(ends[0] - moved_at, 2),
            "longest_gap_seconds": round(max(b - a for a, b in pairwise(ends)), 2),
            "proposed_again": sum(answering.again.values()),
            "out_of_order": sum(map(_out_of_order, answering.dues.values())),
            "memory_mb_idle": idle,
            "memory_mb_near": held,
        }
        wait_for(lambda: workers[0].is_ready(), 60, "the killed worker serves again")
        result["normal_load_lateness_ms"] = _normal(answering, database, base, normal)
        return result


def _normal(
    answering: Answering, database: Any, base: datetime, normal: int
) -> dict[str, float | None]:
    """Let timers come due one after the other, in real time."""
    go_to(database, base + timedelta(minutes=10, seconds=-8))
    time.sleep(6)
    already = len(answering.lateness)
    wanted = len(answering.first) + normal
    wait_for(lambda: len(answering.first) >= wanted, NORMAL_SECONDS + 60, "the normal load")
    return percentiles([1000 * late for late in answering.lateness[already:]])


def _out_of_order(dues: list[tuple[datetime, str]]) -> int:
    return sum(later < earlier for earlier, later in pairwise(dues))


def size_of(namespace: Namespace) -> dict[str, float]:
    """Return the size of the timers in MongoDB, in megabytes."""
    stats = namespace.database.command("collStats", "timers")
    mega = 1024 * 1024
    return {
        "documents": stats["count"],
        "data_mb": round(stats["size"] / mega, 1),
        "stored_mb": round(stats["storageSize"] / mega, 1),
        "indexes_mb": round(stats["totalIndexSize"] / mega, 1),
    }


def say(line: str) -> None:
    """Show progress."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is 1 when something is missing or out of order."""
    parser = argparse.ArgumentParser(prog="bench.timers", description=__doc__)
    parser.add_argument("--timers", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000, help="due in the same minute")
    parser.add_argument("--kafka", help="bootstrap servers of a running Kafka")
    parser.add_argument("--mongo", help="URI of a running MongoDB")
    parser.add_argument("--json", type=Path, help="also write the result here")
    chosen = parser.parse_args(arguments)
    normal = min(NORMAL_RATE * NORMAL_SECONDS, chosen.timers - chosen.due)
    with engines(chosen.kafka, chosen.mongo) as addresses, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        namespace = stack.enter_context(a_namespace(addresses, PARTITIONS))
        open_clock(namespace.database, is_movable=True)
        base = (datetime.now(UTC) + AHEAD).replace(second=0, microsecond=0)
        say(f"storing {chosen.timers:,} timers")
        rate = insert(namespace, rows(chosen.timers, chosen.due, normal, base))
        result: dict[str, Any] = {"stored_per_second": round(rate), "mongo": size_of(namespace)}
        say(f"stored at {rate:,.0f}/s: {result['mongo']}")
        result |= fire(namespace, chosen.due, normal, base, folder)
    print("measured: warnings proposed by sla, answered by a stand-in; effects in cases are not")
    for name, value in result.items():
        print(f"{name:<28}{value}")
    if chosen.json:
        write_json(chosen.json, result)
    is_whole = result["published"] >= chosen.due and not result["out_of_order"]
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
