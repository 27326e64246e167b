"""What deciding costs: CPU of each handler by itself, over the stores in memory.

    python -m bench.handlers                          a table, in a minute, without engines
    python -m bench.handlers --profile cases          and where one of them spends it
    python -m bench.handlers --mongo URI              over MongoDB: our CPU, and the server's

The same traffic goes from handler to handler in batches. Kafka is not in the figures, nor is
MongoDB without ``--mongo`` (``complaints bench`` has both); encoding and decoding records is. A
busy machine disturbs these figures least: use them to find what to mend, not to promise a rate.
"""

import argparse
import cProfile
import gc
import pstats
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Final, NamedTuple

from pymongo.database import Database

from bench.stores import empty_database, server_us
from schemas import topics
from services.adapters.clock import SystemClock
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.memory_notices import MemoryContactDirectory, MemoryNoticeStore
from services.adapters.memory_timers import MemoryTimerStore
from services.adapters.mongo import Document
from services.adapters.mongo_cases import MongoCaseStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_labels import MongoLabelStore
from services.adapters.mongo_notices import MongoContactDirectory, MongoNoticeStore
from services.adapters.mongo_timers import MongoTimerStore
from services.adapters.preferences import MemoryPreferences, MongoPreferences
from services.cases.handler import CasesHandler
from services.cases.policies import load_policies
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.case_store import CaseStore
from services.domain.clock import Clock
from services.domain.clocks.book import open_book
from services.domain.dedup_store import DedupStore
from services.domain.label_store import LabelStore
from services.domain.teams import load_teams
from services.domain.timer_store import TimerStore
from services.notification.handler import NoticeTopics, NotificationHandler, Rules, Stores
from services.notification.policy import load_policy as load_notice_policy
from services.routing.handler import RoutingHandler
from services.routing.watching import load_router
from services.runtime.ports import Handler
from services.runtime.records import Inbound, Outbound, Positions, Spot
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from services.severity.loading import load_judge
from services.sla.handler import SlaHandler
from tests.support.builders import KEYS
from tests.support.case_topics import CASE_TOPICS
from tests.support.traffic import Traffic
from tests.unit.sla.desk import Gauges

PATH: Final = ("dedup", "severity", "routing", "cases", "notification", "sla")


class Over(NamedTuple):
    """The stores that the handlers work on."""

    dedup: DedupStore
    cases: CaseStore
    labels: LabelStore
    timers: TimerStore
    told: Stores


def in_memory() -> Over:
    """Return stores in memory."""
    contacts, cases = MemoryDedupStore(), MemoryCaseStore()
    told = Stores(MemoryNoticeStore(), MemoryContactDirectory(contacts, cases), MemoryPreferences())
    return Over(contacts, cases, MemoryLabelStore(), MemoryTimerStore(), told)


def in_mongo(database: Database[Document]) -> Over:
    """Return the stores of the workers."""
    return Over(
        MongoDedupStore(database),
        MongoCaseStore(database),
        MongoLabelStore(database),
        MongoTimerStore(database),
        Stores(
            MongoNoticeStore(database),
            MongoContactDirectory(database),
            MongoPreferences(database),
        ),
    )


def handlers(clock: Clock, over: Over) -> dict[str, tuple[str, Handler]]:
    """Return each handler of the path and the topic it reads."""
    book, router = open_book(), load_router()
    dedup = DedupHandler(
        over.dedup,
        KEYS,
        always(load_policy()),
        clock,
        topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
    )
    notification = NotificationHandler(
        over.told,
        always(Rules(load_notice_policy(), load_teams())),
        clock,
        NoticeTopics(
            topics.NOTICES.name,
            topics.NOTICES_SETTLED.name,
            topics.RECEIPTS.name,
            topics.CHANGED.name,
        ),
    )
    sla = SlaHandler(over.timers, book, clock, topics.STATE.name, topics.FIRED.name, Gauges())
    for handler, topic in ((notification, topics.CHANGED), (sla, topics.STATE)):
        handler.assigned(frozenset({Spot(topic.name, 0)}))
    return {
        "dedup": (topics.RECEIVED.name, dedup),
        "severity": (
            topics.DEDUPLICATED.name,
            SeverityHandler(
                always(load_judge()), clock, topics.onward(topics.DEDUPLICATED, topics.SCORED)
            ),
        ),
        "routing": (
            topics.SCORED.name,
            RoutingHandler(lambda: router, clock, topics.onward(topics.SCORED, topics.ROUTED)),
        ),
        "cases": (
            topics.ROUTED.name,
            CasesHandler(over.cases, over.labels, always(load_policies(book)), clock, CASE_TOPICS),
        ),
        "notification": (topics.CHANGED.name, notification),
        "sla": (topics.STATE.name, sla),
    }


def through(
    name: str, topic: str, handler: Handler, records: Sequence[Outbound], batch: int
) -> tuple[list[Outbound], float]:
    """Return what ``handler`` makes of ``records``, and the CPU seconds it took."""
    made: list[Outbound] = []
    gc.collect()
    gc.freeze()  # what the stores in memory hold is no matter of a worker's
    begun = time.process_time()
    for start in range(0, len(records), batch):
        piece = [
            Inbound(topic, 0, start + number, "bench", one.key, one.value)
            for number, one in enumerate(records[start : start + batch])
        ]
        positions: Positions = {Spot(topic, 0): start + len(piece)}
        made += handler.handle(piece, positions).outbound
        gc.freeze()
    return made, time.process_time() - begun


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.handlers", description=__doc__)
    parser.add_argument("--contacts", type=int, default=8_000)
    parser.add_argument("--batch", type=int, default=200, help="records of a batch")
    parser.add_argument("--profile", choices=PATH, help="show where this handler spends it")
    parser.add_argument("--mongo", metavar="URI", help="a running MongoDB, instead of memory")
    chosen = parser.parse_args(arguments)
    with ExitStack() as stack:
        if chosen.mongo is None:
            _measure(chosen, in_memory(), lambda: 0)
        else:
            database = stack.enter_context(empty_database(chosen.mongo))
            _measure(chosen, in_mongo(database), lambda: server_us(database))
    return 0


def _measure(chosen: argparse.Namespace, over: Over, served: Callable[[], int]) -> None:
    """Send the traffic through; ``served`` says how many µs of CPU the server has used so far."""
    traffic = islice(Traffic(KEYS, seed=1, commands=0.0), chosen.contacts)
    flow = [Outbound(one.topic, one.key, one.value) for one in traffic]
    ours = theirs = 0.0
    print(f"{'handler':<14}{'records':>9}{'CPU µs/record':>15}{'CPU µs/contact':>16}", end="")
    print(f"{'mongod µs/contact':>19}" if chosen.mongo else "")

    def show(name: str, each: str, seconds: float, server: float) -> None:
        print(f"{name:<14}{each:>24}{seconds / chosen.contacts * 1e6:>16,.1f}", end="")
        print(f"{server / chosen.contacts:>19,.1f}" if chosen.mongo else "")

    for name, (topic, handler) in handlers(SystemClock(), over).items():
        mine = [record for record in flow if record.topic == topic]
        profile = cProfile.Profile() if name == chosen.profile else None
        if profile is not None:
            profile.enable()
        before = served()
        made, seconds = through(name, topic, handler, mine, chosen.batch)
        server = served() - before
        if profile is not None:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        flow += made
        ours, theirs = ours + seconds, theirs + server
        each = f"{len(mine):>9,}{seconds / max(1, len(mine)) * 1e6:>15,.1f}"
        show(name, each, seconds, server)
    show("together", "", ours, theirs)


if __name__ == "__main__":
    raise SystemExit(main())
