"""How many notices a second the sender hands over, from their topic to a provider's sink.

    ./complaints bench-notices            (or: python -m bench.notices --help)

Real Kafka and MongoDB: every notice is claimed before and written down after, and settled in a
transaction. The sinks take everything as fast as they can, in a process of their own. Two senders
are what the wanted numbers are for; exits 1 when one of them is not reached.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.engines import engines
from bench.measuring import used, wait_for
from schemas.notice_words import NoticeChannel
from tests.support.namespaces import Namespace, a_namespace
from tests.support.notices import put, requests
from tests.support.processes import WorkerProcess
from tests.support.sinks import Sink

WANTED: Final = {"http": 1500, "smtp": 300}
SENDERS: Final = 2
_CHANNELS: Final = {"http": NoticeChannel.WEBHOOK, "smtp": NoticeChannel.EMAIL}
_SECRET: Final = "a-secret-of-at-least-24-characters"


def environment(kind: str, port: int, threads: int, batch: int) -> dict[str, str]:
    """Return the settings that let a sender write to a sink."""
    known = {
        "COMPLAINTS_SENDER_THREADS": str(threads),
        "COMPLAINTS_SENDER_BATCH_MAX": str(batch),
        "COMPLAINTS_BATCH_MIN": str(min(batch, 256)),
    }
    if kind == "smtp":
        return known | {"COMPLAINTS_SMTP_HOST": "127.0.0.1", "COMPLAINTS_SMTP_PORT": str(port)}
    return known | {
        "COMPLAINTS_WEBHOOK_URL": f"http://127.0.0.1:{port}/",
        "COMPLAINTS_WEBHOOK_SECRET": _SECRET,
        "COMPLAINTS_WEBHOOK_PRIVATE": "true",
    }


def measure(
    namespace: Namespace,
    kind: str,
    count: int,
    senders: int,
    threads: int,
    batch: int,
    folder: Path,
) -> float:
    """Send ``count`` notices; print and return how many a second of the last nine tenths went."""
    notices = requests(namespace, range(count), _CHANNELS[kind])
    put(namespace, notices)
    with ExitStack() as running:
        sink = running.enter_context(Sink(kind))
        wished = environment(kind, sink.port, threads, batch)
        workers = [
            running.enter_context(
                WorkerProcess("sender", namespace.settings, folder, slot, **wished).start(None)
            )
            for slot in range(senders)
        ]
        first = count // 10
        wait_for(lambda: sink.count() >= first, 120, "the first notices")
        pids = {f"sender {slot}": worker.pid for slot, worker in enumerate(workers)}
        pids["sink"] = sink.pid
        began, before, started = sink.count(), used(pids), time.monotonic()
        wait_for(lambda: sink.count() >= count, 600, "all notices")
        seconds, after = time.monotonic() - started, used(pids)
        came = sink.came()
    sent = count - began
    cpu = {name: round((after[name] - before[name]) / sent * 1e6) for name in pids}
    print(
        f"{kind}: {sent / seconds:,.0f} notices/s ({sent:,} in {seconds:.1f} s, wanted "
        f"{WANTED[kind]:,}); {len(came):,} different, {sum(came.values()) - len(came)} doubles; "
        f"CPU µs a notice: {cpu}"
    )
    return sent / seconds


def verdict(rates: Mapping[str, float]) -> tuple[str, int]:
    """Return what the rates come to, in a line, and the exit status.

    >>> verdict({"http": 1600.0, "smtp": 301.0})
    ('PASS: http 1,600 of 1,500, smtp 301 of 300 notices/s', 0)
    >>> verdict({"http": 1499.9})
    ('BELOW TARGET: http 1,499 of 1,500 notices/s', 1)
    """
    is_reached = all(rate >= WANTED[kind] for kind, rate in rates.items())
    told = ", ".join(f"{kind} {int(rate):,} of {WANTED[kind]:,}" for kind, rate in rates.items())
    return f"{'PASS' if is_reached else 'BELOW TARGET'}: {told} notices/s", int(not is_reached)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="bench.notices", description=__doc__)
    parser.add_argument("--kind", choices=("http", "smtp"), action="append")
    parser.add_argument("--notices", type=int, default=20_000)
    parser.add_argument(
        "--senders", type=int, default=SENDERS, help="sender processes (%(default)s)"
    )
    parser.add_argument("--threads", type=int, default=96)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--kafka", help="bootstrap servers of a running Kafka")
    parser.add_argument("--mongo", help="URI of a running MongoDB")
    chosen = parser.parse_args(arguments)
    rates: dict[str, float] = {}
    with engines(chosen.kafka, chosen.mongo) as addresses:
        for kind in chosen.kind or ("http", "smtp"):
            with (
                tempfile.TemporaryDirectory(prefix="bench-") as folder,
                a_namespace(addresses) as namespace,
            ):
                count = chosen.notices if kind == "http" else chosen.notices // 3
                rates[kind] = measure(
                    namespace,
                    kind,
                    count,
                    chosen.senders,
                    chosen.threads,
                    chosen.batch,
                    Path(folder),
                )
    line, status = verdict(rates)
    print(line)
    return status


if __name__ == "__main__":
    sys.exit(main())
