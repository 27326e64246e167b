"""Latency of the case path: from when a contact is planned to be handed to Kafka until its first
notice decision is visible to a `read_committed` subscriber, at several rates on running workers.

The contacts are made before, and what arrives is read after: on the cores that the workers have,
only sending and receiving goes on beside them.

Some contacts have no notice of their own (a repeat right after another): told as *unseen*. That
nothing is lost is for the audit to say, which looks after the throughput.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bench.measuring import Arrivals, contacts_of, paced, percentiles, say
from schemas import topics
from schemas.codec import decode
from schemas.contacts import ContactReceived
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.traffic import Sender

SECONDS: Final = 15.0
"""How long each rate is held."""
WARM: Final = 0.2
"""The share of that in which nothing is measured."""
_NAMED: Final = ("contact_id",)
CALM: Final = 3.0
"""When nothing has arrived for so long, nothing more will."""


def latency(
    namespace: Namespace, path: Sequence[str], rates: Sequence[float], folder: Path
) -> dict[str, Any]:
    """Measure each rate in turn; return by rate the percentiles in milliseconds, how many were
    seen and how many were not."""
    found: dict[str, Any] = {}
    with ExitStack() as running:
        for name in path:
            running.enter_context(WorkerProcess(name, namespace.settings, folder).start())
        for number, rate in enumerate(rates):
            found[f"{rate:g}"] = _at(namespace, rate, seed=100 + number)
            say(f"latency at {rate:g}/s: {found[f'{rate:g}']}")
    return found


def _at(namespace: Namespace, rate: float, seed: int) -> dict[str, Any]:
    arrivals = Arrivals(namespace.settings, (topics.NOTICES.name, topics.NOTICES_SETTLED.name))
    sender = Sender(namespace.settings, **{"delivery.report.only.error": True})
    made = list(islice(contacts_of(namespace, seed), int(rate * SECONDS)))
    names = [decode(ContactReceived, one.value, only=_NAMED).contact_id for one in made]
    traffic = iter(zip(names, made, strict=True))
    planned: dict[str, float] = {}

    def send(at: float) -> None:
        name, sending = next(traffic)
        planned.setdefault(name, at)
        sender.send(sending)

    started = time.monotonic()
    paced(rate, SECONDS, send)
    sender.flush()
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < CALM:
        if arrivals.count != seen:
            seen, since = arrivals.count, time.monotonic()
        time.sleep(0.1)
    arrived = arrivals.close()
    measured = {one: at for one, at in planned.items() if at > started + SECONDS * WARM}
    waited = [(arrived[one] - at) * 1000 for one, at in measured.items() if one in arrived]
    return {**percentiles(waited), "seen": len(waited), "unseen": len(measured) - len(waited)}
