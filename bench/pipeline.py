"""The case path, from the topic to the decision whom to notify: exactly once (the audit looks
afterwards), MongoDB included. Of the other workers, incidents, trends and sender do not run.

    ./complaints bench                           everything, engines of its own
    python -m bench.pipeline --contacts 30000 --json result.json

Three measurements in one run: contacts/s on a backlog; latency at several rates
(:mod:`bench.latency`); and the transport floor (the same bytes through as many topics by
forwarders that decide nothing). The exit code is 1 when something was lost or doubled.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import islice, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bench.engines import engine_pids, engines
from bench.latency import latency
from bench.measuring import PERCENTILES, Scrape, contacts_of, say, used, wait_for, write_json
from infra.embedded import StackAddresses
from schemas import topics
from tests.support.audited import audited
from tests.support.namespaces import Namespace, a_namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Sender

PATH: Final = ("dedup", "severity", "routing", "cases", "notification", "sla")
HOPS: Final = (
    topics.RECEIVED,
    topics.DEDUPLICATED,
    topics.SCORED,
    topics.ROUTED,
    topics.CHANGED,
    topics.NOTICES,
)
NEXT: Final = dict(zip(PATH, pairwise(HOPS), strict=False))
"""From which topic to which each worker of the path brings a contact."""
LOOK_SECONDS: Final = 0.25
RATES: Final = (200.0, 1000.0)
DEADLINE: Final = 900.0


class Forwarding(WorkerProcess):
    """A forwarder process between two topics."""

    def __init__(self, source: str, target: str, namespace: Namespace, folder: Path) -> None:
        super().__init__(f"forward-{source}", namespace.settings, folder)
        self.module = ["bench.forwarder", source, target]


def fill(namespace: Namespace, count: int, seed: int, *, one_lane: bool = False) -> None:
    """Put ``count`` contacts on their topics, or all of them on that of the common lane."""
    sender = Sender(namespace.settings)
    for sending in islice(contacts_of(namespace, seed), count):
        sender.send(replace(sending, topic=topics.RECEIVED.name) if one_lane else sending)
    sender.flush()


def records(worker: WorkerProcess) -> float:
    """Return how many records the worker has done."""
    return Scrape(worker).total("complaints_records_total")


def throughput(
    namespace: Namespace, addresses: StackAddresses, count: int, warm: int, folder: Path
) -> dict[str, Any]:
    """Time ``count`` contacts from the topic until every one is decided about to the last hop.

    Before that ``warm`` contacts go the same way, so that what is measured is sustained: Kafka
    compiles itself during its first half minute of work. The first worker is stopped while
    the topic is filled again; starting is not measured.
    """
    with ExitStack() as running:
        later = {
            name: running.enter_context(WorkerProcess(name, namespace.settings, folder).start(60))
            for name in PATH[1:]
        }
        fill(namespace, warm, seed=2)
        with WorkerProcess(PATH[0], namespace.settings, folder).start(None) as first:
            _wait_through({PATH[0]: first} | later, warm)
            first.stop()
        say(f"warm after {warm:,} contacts")
        fill(namespace, count, seed=1)
        since = _flow(later)
        again = WorkerProcess(PATH[0], namespace.settings, folder).start(None)
        workers = {PATH[0]: running.enter_context(again)} | later
        pids = {name: worker.pid for name, worker in workers.items()} | engine_pids(addresses)
        wait_for(lambda: records(workers[PATH[0]]) > 0, 60, "dedup starts")
        done_before = records(workers[PATH[0]])
        before, started = used(pids), time.monotonic()
        _wait_through(workers, count, since)
        seconds, after = time.monotonic() - started, used(pids)
        measured = count - done_before
        return {
            "contacts": count,
            "cases": namespace.database["cases"].estimated_document_count(),
            "seconds": round(seconds, 2),
            "contacts_per_second": round(measured / seconds, 1),
            "cpu_us_per_contact": {
                name: round((after[name] - before[name]) / measured * 1e6, 1) for name in pids
            },
            "workers": {
                name: asdict(Scrape(worker).figures(name)) for name, worker in workers.items()
            },
            "cpu_of_both_cores": round(sum(after[n] - before[n] for n in pids) / seconds / 2, 3),
        }


def _flow(workers: Mapping[str, WorkerProcess]) -> dict[str, tuple[float, float]]:
    """Return what each worker of the path has read of its hop and produced to the next, over
    both lanes."""
    return {name: _flow_of(name, workers) for name in NEXT if name in workers}


def _flow_of(name: str, workers: Mapping[str, WorkerProcess]) -> tuple[float, float]:
    source, target = (topic.name[: -len(".v1")] for topic in NEXT[name])
    seen = Scrape(workers[name])
    return (
        seen.total("complaints_records_total", source),
        seen.total("complaints_produced_total", target),
    )


def _wait_through(
    workers: Mapping[str, WorkerProcess],
    count: int,
    since: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> None:
    """Wait until the first worker has done ``count`` records, and the others what came of them;
    what they had done ``since`` then does not count. Only one is asked at a time, and not often:
    to write down its figures costs a worker milliseconds that are measured too."""
    nothing = (0.0, 0.0)
    wanted = float(count)
    for name in NEXT:

        def done(name: str = name, wanted: float = wanted) -> bool:
            return _flow_of(name, workers)[0] - since.get(name, nothing)[0] >= wanted

        wait_for(done, DEADLINE, name, LOOK_SECONDS)
        wanted = _flow_of(name, workers)[1] - since.get(name, nothing)[1]


def floor(namespace: Namespace, count: int, folder: Path) -> float:
    """Return contacts/s of the same bytes through the same number of hops without decisions."""
    fill(namespace, count, seed=1, one_lane=True)
    with ExitStack() as running:
        hops = [
            running.enter_context(
                Forwarding(source.name, target.name, namespace, folder).start(None)
            )
            for source, target in pairwise(HOPS)
        ]
        wait_for(lambda: records(hops[0]) > 0, 60, "the first forwarder starts")
        started, already = time.monotonic(), records(hops[0])
        wait_for(lambda: records(hops[-1]) >= count, DEADLINE, "the last forwarder", LOOK_SECONDS)
        return (count - already) / (time.monotonic() - started)


def show(result: Mapping[str, Any]) -> None:
    """Print the tables."""
    through = result["throughput"]
    print(
        f"\n{through['contacts']:,} contacts ({through['cases']:,} cases) through the case path in "
        f"{through['seconds']:.1f} s: {result['contacts_per_second']:,.0f} contacts/s"
    )
    print(
        "\n".join(
            ["audit: nothing lost, nothing twice"] if not result["audit"] else result["audit"]
        )
    )
    if result["floor_per_second"]:
        share = result["floor_share"]
        print(f"transport floor: {result['floor_per_second']:,.0f}/s; share of it: {share:.0%}")
    print(f"\n{'process':<16}{'CPU µs/contact':>16}{'records/batch':>15}{'decide ms':>11}", end="")
    print(f"{'commit ms':>11}")
    for name, cost in through["cpu_us_per_contact"].items():
        print(f"{name:<16}{cost:>16,.1f}", end="")
        if one := through["workers"].get(name):
            print(f"{one['records_per_batch']:>15,.1f}{one['decide_ms']:>11,.1f}", end="")
            print(f"{one['commit_ms']:>11,.1f}", end="")
        print()
    total = sum(through["cpu_us_per_contact"].values())
    print(f"{'together':<16}{total:>16,.1f}   ({through['cpu_of_both_cores']:.0%} of both cores)")
    if result["latency_ms"]:
        print(f"\n{'rate/s':<10}{'p50 ms':>10}{'p99 ms':>10}{'p99.9 ms':>10}{'unseen':>10}")
    for rate, one in result["latency_ms"].items():
        waits = "".join(f"{'-' if one[p] is None else one[p]:>10}" for p in PERCENTILES)
        print(f"{rate:<10}{waits}{one['unseen']:>10}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="complaints bench", description=__doc__)
    parser.add_argument("--contacts", type=int, default=60_000, help="contacts of the backlog")
    parser.add_argument("--warm", type=int, default=20_000, help="contacts before it")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--no-latency", action="store_true", help="throughput only")
    parser.add_argument("--no-floor", action="store_true", help="without the transport floor")
    parser.add_argument("--kafka", help="bootstrap servers of a running Kafka")
    parser.add_argument("--mongo", help="URI of a running MongoDB")
    parser.add_argument("--json", type=Path, help="also write the result here")
    chosen = parser.parse_args(arguments)
    if bool(chosen.kafka) != bool(chosen.mongo):
        parser.error("give both --kafka and --mongo, or neither")
    result: dict[str, Any] = {
        "floor_per_second": None,
        "floor_share": None,
        "half_maximum_per_second": None,
        "latency_ms": {},
    }
    with engines(chosen.kafka, chosen.mongo) as addresses:

        def fresh(stack: ExitStack) -> tuple[Namespace, Path]:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            return stack.enter_context(a_namespace(addresses, chosen.partitions)), folder

        with ExitStack() as stack:
            namespace, folder = fresh(stack)
            say(f"throughput: {chosen.contacts:,} contacts")
            result["throughput"] = throughput(
                namespace, addresses, chosen.contacts, chosen.warm, folder
            )
            result["contacts_per_second"] = result["throughput"]["contacts_per_second"]
            say("audit of what came of them")
            result["audit"] = audited(namespace, 120)
        if not chosen.no_floor:
            with ExitStack() as stack:
                namespace, folder = fresh(stack)
                say("transport floor")
                result["floor_per_second"] = round(floor(namespace, chosen.contacts, folder), 1)
                share = result["contacts_per_second"] / result["floor_per_second"]
                result["floor_share"] = round(share, 3)
        if not chosen.no_latency:
            half = float(round(result["contacts_per_second"] / 2))
            result["half_maximum_per_second"] = half
            with ExitStack() as stack:
                namespace, folder = fresh(stack)
                rates = tuple(dict.fromkeys((*RATES, half)))
                result["latency_ms"] = latency(namespace, PATH, rates, folder)
    show(result)
    if chosen.json:
        write_json(chosen.json, result)
    return 1 if result["audit"] else 0


if __name__ == "__main__":
    sys.exit(main())
