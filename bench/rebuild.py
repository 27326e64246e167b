"""Contacts and commands through the whole case path, then every case rebuilt from its events.

    ./complaints bench rebuild                       50,000 contacts, engines of its own
    ./complaints bench rebuild --contacts 2000       in a minute

The clock is moved on by a day, so that time limits warn, breach and escalate as well. Then each
case's log is folded, from nothing, and the sum is compared with the stored document, every field
and every byte of the state; exit code 1 when one differs.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from bench.engines import engines
from bench.measuring import Scrape, write_json
from services.adapters.shared_clock import advance, open_clock
from services.recovery.projection import rebuild
from tests.support.namespaces import Namespace, a_namespace
from tests.support.processes import MOVABLE, WorkerProcess
from tests.support.traffic import TENANT, Kind, Sender, Traffic

PATH: Final = ("dedup", "severity", "routing", "cases", "sla")
PARTITIONS: Final = 4
COMMANDS: Final = 0.2
"""Share of commands in what is sent."""
A_DAY: Final = timedelta(hours=26)
DEADLINE: Final = 900.0
QUIET_SECONDS: Final = 4.0
LISTED: Final = 10


def send(namespace: Namespace, contacts: int) -> int:
    """Send so many contacts, some of them twice, with commands in between; return how many
    messages that were."""
    sender, sent, count = Sender(namespace.settings), 0, 0
    traffic = Traffic(namespace.settings.key_ring(), seed=7, commands=COMMANDS)
    for sending in traffic:
        sender.send(sending)
        sent += 1
        count += sending.kind in (Kind.CONTACT, Kind.AGAIN)
        if count == contacts:
            break
    sender.flush()
    return sent


def wait_until_quiet(workers: Mapping[str, WorkerProcess], what: str) -> None:
    """Wait until nothing waits for any worker and none does anything for some seconds.

    Raises:
        TimeoutError: it goes on.
    """
    begun, quiet_since, before = time.monotonic(), time.monotonic(), -1.0
    while time.monotonic() - quiet_since < QUIET_SECONDS:
        if time.monotonic() - begun > DEADLINE:
            raise TimeoutError(f"{what}: not within {DEADLINE:.0f} s")
        scrapes = [Scrape(one) for one in workers.values()]
        done = sum(one.total("complaints_records_total") for one in scrapes)
        waiting = sum(one.total("complaints_lag_records") for one in scrapes)
        if done != before or waiting:
            before, quiet_since = done, time.monotonic()
        time.sleep(0.25)


def run(namespace: Namespace, contacts: int, folder: Path) -> dict[str, Any]:
    """Fill a namespace and compare its cases with their logs."""
    database = namespace.database
    open_clock(database, is_movable=True)
    with ExitStack() as running:
        workers = {
            name: running.enter_context(
                WorkerProcess(name, namespace.settings, folder, **{MOVABLE: "1"}).start(60)
            )
            for name in PATH
        }
        started = time.monotonic()
        sent = send(namespace, contacts)
        say(f"sent {sent:,} messages")
        wait_until_quiet(workers, "the contacts")
        say(f"handled after {time.monotonic() - started:.0f} s; moving the clock on by {A_DAY}")
        advance(database, A_DAY)
        wait_until_quiet(workers, "the clocks")
        seconds = time.monotonic() - started
        for worker in workers.values():
            worker.stop(30)
    found = rebuild(database, write=False, progress=lambda *_: None)
    events = database["case_log"].aggregate(
        [{"$group": {"_id": None, "events": {"$sum": {"$size": "$events"}}}}]
    )
    for difference in found.listed[:LISTED]:
        say(f"differs: {difference.case_key.removeprefix(TENANT)}: {', '.join(difference.fields)}")
    return {
        "contacts": contacts,
        "messages": sent,
        "cases": found.cases,
        "events": next(iter(events))["events"],
        "seconds": round(seconds, 1),
        "equal": found.cases - found.different,
        "different": found.different,
        "unreadable": found.unreadable,
    }


def say(line: str) -> None:
    """Show progress."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is 1 when a case differs from its events."""
    parser = argparse.ArgumentParser(prog="complaints bench rebuild", description=__doc__)
    parser.add_argument("--contacts", type=int, default=50_000)
    parser.add_argument("--kafka", help="bootstrap servers of a running Kafka")
    parser.add_argument("--mongo", help="URI of a running MongoDB")
    parser.add_argument("--json", type=Path, help="also write the result here")
    chosen = parser.parse_args(arguments)
    with engines(chosen.kafka, chosen.mongo) as addresses, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        namespace = stack.enter_context(a_namespace(addresses, PARTITIONS))
        result = run(namespace, chosen.contacts, folder)
    for name, value in result.items():
        print(f"{name:<28}{value:,}")
    if chosen.json:
        write_json(chosen.json, result)
    return 1 if result["different"] or not result["cases"] else 0


if __name__ == "__main__":
    sys.exit(main())
