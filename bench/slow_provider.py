"""Whether a slow provider is felt by the case path: its latency beside a quick and a slow one.

    python -m bench.slow_provider --rounds 3

The whole case path and a sender run together, contacts come at a steady rate; rounds with a
provider that answers at once and with one that takes seconds alternate, so that what else the
machine does falls on both.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.engines import engines
from bench.latency import latency
from bench.notices import environment
from bench.pipeline import PATH
from tests.support.namespaces import a_namespace
from tests.support.processes import WorkerProcess
from tests.support.sinks import Sink

_THREADS, _BATCH = 16, 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 1 when the slow provider costs more than a tenth."""
    parser = argparse.ArgumentParser(prog="bench.slow_provider", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of each kind")
    parser.add_argument("--rate", type=float, default=500.0, help="contacts a second")
    parser.add_argument("--slow", type=float, default=3.0, help="seconds an answer takes")
    parser.add_argument("--kafka", help="bootstrap servers of a running Kafka")
    parser.add_argument("--mongo", help="URI of a running MongoDB")
    chosen = parser.parse_args(arguments)
    found: dict[float, list[float]] = {0.0: [], chosen.slow: []}
    with engines(chosen.kafka, chosen.mongo) as addresses:
        for _ in range(chosen.rounds):
            for pause, p99s in found.items():
                with ExitStack() as stack:
                    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
                    namespace = stack.enter_context(a_namespace(addresses))
                    sink = stack.enter_context(Sink("http", pause))
                    settings = environment("http", sink.port, _THREADS, _BATCH)
                    sender = WorkerProcess("sender", namespace.settings, folder, **settings)
                    stack.enter_context(sender.start())
                    measured = latency(namespace, PATH, (chosen.rate,), folder)[f"{chosen.rate:g}"]
                    p99s.append(measured["p99"])
                    print(f"provider takes {pause:g} s: {measured}, {sink.count()} notices came")
    quick, slow = (median(p99s) for p99s in found.values())
    print(
        f"p99 of the case path, median of {chosen.rounds} rounds: {quick:.0f} ms beside a quick "
        f"provider, {slow:.0f} ms beside a slow one ({slow / quick - 1:+.0%})"
    )
    return 0 if slow <= quick * 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
