"""Sustained throughput of the spine: dedup and cases, one process each, on a backlog.

    python -m bench.spine --contacts 20000                  engines of its own
    python -m bench.spine --kafka HOST:PORT --mongo URI     engines that run already

Contacts are put on the topic first; then the workers start. The clock runs from the moment
both serve until everything is in its case. CPU is that of each process in that time, per
contact, in microseconds; the budget of the whole pipeline is 667 at 3,000 contacts/s on two
cores. Works in a namespace of its own and removes it.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from infra.embedded import EmbeddedStack, StackAddresses
from schemas import topics
from tests.support.namespaces import Namespace, a_namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Kind, Sender, Traffic

_TICK: Final = os.sysconf("SC_CLK_TCK")
_DEADLINE_SECONDS: Final = 900.0
_SAMPLE: Final = re.compile(r"^(\w+?)(?:\{(.*?)\})? ([0-9.e+-]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """One process in the measured time."""

    process: str
    cpu_us_per_contact: float
    cpu_share: float


@dataclass(frozen=True)
class WorkerFigures:
    """What a worker says about its batches (from its own metrics, start included)."""

    worker: str
    batches: int
    records_per_batch: float
    decide_ms: float
    commit_ms: float


@dataclass(frozen=True)
class Result:
    """A whole run."""

    contacts: int
    commands: int
    cases: int
    partitions: int
    batch_max: int
    seconds: float
    dedup_seconds: float
    contacts_per_second: float
    cpu_us_per_contact: float
    costs: list[Cost]
    workers: list[WorkerFigures]


class Scrape:
    """One reading of a worker's metrics."""

    def __init__(self, worker: WorkerProcess) -> None:
        status, text = worker.get("/metrics")
        self._samples = [
            (name, labels or "", float(value)) for name, labels, value in _SAMPLE.findall(text)
        ]
        self.is_there = status == 200

    def total(self, name: str, labelled: str = "") -> float:
        """Return the sum of ``name`` over all label values that contain ``labelled``."""
        return sum(v for n, labels, v in self._samples if n == name and labelled in labels)

    def figures(self, worker: str) -> WorkerFigures:
        batches = int(self.total("complaints_batch_records_count"))

        def mean(name: str, factor: float) -> float:
            return round(self.total(f"{name}_sum") / max(batches, 1) * factor, 1)

        return WorkerFigures(
            worker,
            batches,
            mean("complaints_batch_records", 1),
            mean("complaints_decide_seconds", 1000),
            mean("complaints_commit_seconds", 1000),
        )


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    after_name = fields.rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICK


def pid_listening_on(port: int) -> int | None:
    """Return which process listens on this port of this machine, if we may see it."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                links = {os.readlink(link) for link in (process / "fd").iterdir()}
            except OSError:
                continue
            if links & inodes:
                return int(process.name)
    return None


def engine_pids(addresses: StackAddresses) -> dict[str, int]:
    """Return the engines' processes by name, as far as they run on this machine."""
    ports = {
        "kafka (java)": int(addresses.kafka.split(",")[0].rpartition(":")[2]),
        "mongod": urlsplit(addresses.mongo).port or 27017,
    }
    found = {name: pid_listening_on(port) for name, port in ports.items()}
    return {name: pid for name, pid in found.items() if pid is not None}


@contextmanager
def engines(kafka: str | None, mongo: str | None, data: Path | None) -> Iterator[StackAddresses]:
    """Yield the addresses given, or those of engines started here."""
    if kafka and mongo:
        yield StackAddresses(kafka, mongo)
        return
    with ExitStack() as cleanup:
        folder = data or Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="spine-")))
        stack = EmbeddedStack(folder, progress=_say, usual_ports=False)
        yield cleanup.enter_context(stack).addresses


def run(namespace: Namespace, contacts: int, partitions: int, seed: int, folder: Path) -> Result:
    """Fill the topic, start the workers, wait until everything is in its case."""
    settings = namespace.settings
    _say(f"producing {contacts} messages")
    sender = Sender(settings)
    for sending in islice(Traffic(settings.key_ring(), seed), contacts):
        sender.send(sending)
    history = sender.flush()
    commands = history.count(Kind.COMMAND, Kind.COMMAND_AGAIN)
    expected = contacts - commands
    with ExitStack() as running:
        workers = {
            name: running.enter_context(WorkerProcess(name, settings, folder).start(None))
            for name in ("dedup", "cases")
        }
        _await(lambda: all(Scrape(worker).is_there for worker in workers.values()), 30)
        pids = {name: worker.pid for name, worker in workers.items()}
        pids |= engine_pids(StackAddresses(settings.kafka, settings.mongo))
        before, started = _used(pids), time.monotonic()
        _say("workers are up; measuring")
        dedup_seconds = _await(lambda: _deduplicated(workers) >= expected)
        passed_on = Scrape(workers["dedup"]).total(
            "complaints_produced_total", topics.DEDUPLICATED.name
        )
        _await(lambda: _handled(workers) >= passed_on + commands)
        seconds, after = time.monotonic() - started, _used(pids)
        figures = [Scrape(worker).figures(name) for name, worker in workers.items()]
    costs = [
        Cost(
            name,
            round((after[name] - before[name]) / expected * 1e6, 1),
            round((after[name] - before[name]) / seconds, 3),
        )
        for name in pids
    ]
    return Result(
        contacts=expected,
        commands=commands,
        cases=namespace.database["cases"].estimated_document_count(),
        partitions=partitions,
        batch_max=settings.batch_max,
        seconds=round(seconds, 2),
        dedup_seconds=round(dedup_seconds, 2),
        contacts_per_second=round(expected / seconds, 1),
        cpu_us_per_contact=round(sum(cost.cpu_us_per_contact for cost in costs), 1),
        costs=costs,
        workers=figures,
    )


def _deduplicated(workers: Mapping[str, WorkerProcess]) -> float:
    return Scrape(workers["dedup"]).total("complaints_records_total")


def _handled(workers: Mapping[str, WorkerProcess]) -> float:
    return Scrape(workers["cases"]).total("complaints_records_total")


def _used(pids: Mapping[str, int]) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def _await(condition: Any, within: float = _DEADLINE_SECONDS) -> float:
    """Return after how many seconds ``condition`` held.

    Raises:
        TimeoutError: it did not in time.
    """
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > within:
            raise TimeoutError(f"not done after {within:g} s")
        time.sleep(0.1)
    return time.monotonic() - started


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def show(result: Result) -> None:
    """Print the tables."""
    print(
        f"{result.contacts} contacts ({result.cases} cases, {result.commands} commands) over "
        f"{result.partitions} partitions in {result.seconds:.1f} s: "
        f"{result.contacts_per_second:,.0f} contacts/s\n"
    )
    print(f"{'process':<16}{'CPU µs/contact':>16}{'of one core':>14}")
    for cost in result.costs:
        print(f"{cost.process:<16}{cost.cpu_us_per_contact:>16,.1f}{cost.cpu_share:>14.0%}")
    print(f"{'together':<16}{result.cpu_us_per_contact:>16,.1f}\n")
    print(f"{'worker':<10}{'batches':>9}{'records each':>14}{'decide ms':>11}{'commit ms':>11}")
    for one in result.workers:
        print(
            f"{one.worker:<10}{one.batches:>9}{one.records_per_batch:>14,.1f}"
            f"{one.decide_ms:>11,.1f}{one.commit_ms:>11,.1f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.spine", description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000, help="messages of the backlog")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="folder for engines of its own; kept")
    parser.add_argument("--kafka", help="bootstrap servers of a running Kafka")
    parser.add_argument("--mongo", help="URI of a running MongoDB")
    parser.add_argument("--batch-max", type=int, help="COMPLAINTS_BATCH_MAX of the workers")
    parser.add_argument("--json", type=Path, help="also write the result here")
    chosen = parser.parse_args()
    if bool(chosen.kafka) != bool(chosen.mongo):
        parser.error("give both --kafka and --mongo, or neither")
    with (
        tempfile.TemporaryDirectory(prefix="spine-logs-") as logs,
        engines(chosen.kafka, chosen.mongo, chosen.data) as addresses,
        a_namespace(addresses, chosen.partitions) as namespace,
    ):
        if chosen.batch_max:
            limits = {"batch_max": chosen.batch_max}
            namespace = Namespace(namespace.settings.model_copy(update=limits), namespace.client)
        result = run(namespace, chosen.contacts, chosen.partitions, chosen.seed, Path(logs))
    show(result)
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
