"""A loop on a broker in memory around a handler that does what the test says."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.adapters.memory_broker import MemoryBroker
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.memory_log import MemoryLog
from services.runtime.batching import BatchSizer
from services.runtime.breaker import Breaker
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.loop import BatchLoop, LoopSettings, Step
from services.runtime.records import Handled, Inbound, Outbound, Positions
from services.runtime.silent_metrics import SilentMetrics
from tests.support.manual_clock import ManualClock

IN, OUT, DEAD = "in", "out", "in.dead"
RETRY, PROBE = 1.0, 30.0


class Echo:
    """A handler that passes everything on, in order. ``refuse`` is asked about every batch
    first and may raise; ``batches`` are the values it was given each time."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.positions: Positions = {}
        self.refuse: Callable[[list[str]], None] = lambda batch: None
        self.answer: Callable[[Sequence[Inbound]], Handled] = passed_on

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        texts = [(record.value or b"").decode() for record in batch]
        self.batches.append(texts)
        self.positions = dict(positions)
        self.refuse(texts)
        return self.answer(batch)


def passed_on(batch: Sequence[Inbound]) -> Handled:
    """Return the records themselves as what to produce."""
    return Handled([Outbound(OUT, record.key, record.value) for record in batch])


class CountingMetrics(SilentMetrics):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def batch(
        self,
        batch: Sequence[Inbound],
        handled: Handled,
        decide_seconds: float,
        commit_seconds: float,
        now: datetime,
    ) -> None:
        self.told.append(f"batch of {len(batch)}, {len(handled.dead)} dead")

    def held(self, cause: str) -> None:
        self.told.append(f"held: {cause}")

    def lost(self) -> None:
        self.told.append("lost")

    def breaker(self, is_open: bool) -> None:
        self.told.append(f"breaker {'open' if is_open else 'closed'}")


class Bench:
    """One worker and everything around it."""

    def __init__(
        self,
        batch: int = 8,
        smallest: int | None = None,
        share: float = 2.0,
        window: int = 10,
        crash: CrashPoints = never,
        handler: "Echo | None" = None,
        inputs: Sequence[str] = (IN,),
    ) -> None:
        self.clock = ManualClock()
        self.broker = MemoryBroker(self.clock)
        for topic in (IN, OUT, DEAD, "changed", "state", "settled", "counts"):
            self.broker.make_topic(topic, 1)
        self.checkpoints = MemoryCheckpointStore()
        self.handler = handler or Echo()
        self.metrics = CountingMetrics()
        self.log = MemoryLog(self.broker, "w", list(inputs), "w-0", self.checkpoints, self.clock)
        self.loop = BatchLoop(
            LoopSettings("w", 0.25, RETRY, PROBE, "test-1"),
            self.log,
            self.handler,
            self.clock,
            BatchSizer(smallest or batch, batch, 0.2),
            Breaker(window, share),
            self.metrics,
            crash,
        )
        while not self.log.is_serving():
            assert self.loop.step() is Step.IDLE

    def send(self, *texts: str) -> None:
        """Let records come in."""
        self.broker.append([Outbound(IN, b"key", text.encode()) for text in texts])

    def produced(self, topic: str = OUT) -> list[str]:
        """Return what stands on a topic, for readers of committed records."""
        records = self.broker.committed_records(topic)
        return [(record.value or b"").decode() for record in records]

    def committed(self) -> int:
        """Return the group's committed position."""
        return sum(self.broker.group("w").committed.values())
