"""One run: processes, stores and broker in memory, and the scheduler that torments them.

The workers are the real ones (batch loop, handlers); what is simulated stands behind ports.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from services.adapters.memory_broker import BrokerAway, MemoryBroker
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.adapters.memory_incidents import MemoryIncidentStore
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.memory_log import MemoryLog
from services.domain.errors import OutageError
from services.runtime.batching import BatchSizer
from services.runtime.breaker import Breaker
from services.runtime.crashpoints import Point
from services.runtime.loop import BatchLoop, LoopSettings, Step
from services.runtime.ports import Handler
from services.runtime.records import Spot
from services.runtime.silent_metrics import SilentMetrics
from tests.simulation.actors import Actor, Crash
from tests.simulation.curses import Cursed
from tests.simulation.inputs import CURSES
from tests.simulation.slots import Slot
from tests.simulation.storm import Storm
from tests.simulation.workers import (
    INCIDENTS,
    READS,
    STATELESS,
    build_handler,
    build_incidents,
    written_with,
)
from tests.support.case_topics import ALONE
from tests.support.manual_clock import ManualClock, SkewedClock


@dataclass(slots=True)
class Faults:
    """What is broken at the moment; ``trace`` is kept when wanted."""

    storm: Storm
    mongo_away_until: int = 0
    kafka_away_until: int = 0
    trace: list[str] | None = None


@dataclass(slots=True)
class Sightings:
    """What the checker asks about besides topics and stores."""

    alarms: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    crashes: int = 0
    forgotten: int = 0
    """Times a committed offset was deleted: only then records may be done again."""
    defects: int = 0
    """Failures of our own making: only then records may die of them."""
    steps: dict[Step, int] = field(default_factory=dict)


class World:
    """Everything of one run. Deterministic: chance comes from ``rng`` alone."""

    def __init__(
        self,
        rng: Random,
        storm: Storm,
        partitions: int,
        slots: int,
        reads: Mapping[str, tuple[str, ...]] = READS,
    ) -> None:
        """``reads`` are the workers there are, and what each of them reads."""
        self.reads = reads
        self.rng = rng
        self.tick = 0
        self.clock = ManualClock()
        self.faults = Faults(storm)
        self.seen = Sightings()
        self.broker = MemoryBroker(self.clock)
        self.dedup = MemoryDedupStore()
        self.cases = MemoryCaseStore()
        self.labels = MemoryLabelStore()
        self.incidents = MemoryIncidentStore()
        self.checkpoints = MemoryCheckpointStore()
        self.slots = [
            Slot(worker, number, rng.choice((0.0, 0.0, -40.0, 70.0)))
            for worker in reads
            for number in range(1 if worker in STATELESS else slots)
        ]
        self.is_cursed = True
        self.largest_batch = rng.choice((1, 3, 8, 30))
        self._running: Slot | None = None
        self._looked: dict[str, int] = {}
        self.topics = tuple(
            dict.fromkeys((*(t for names in reads.values() for t in names), *written_with(reads)))
        )
        for name in self.topics:
            self.broker.make_topic(name, 1 if name in ALONE else partitions)
        for group in reads:
            self.broker.group(group).hand_out = self._hand_out
        for kind, hooked in self._hooked():
            hooked.before = self._before(kind)
            hooked.after = self._after(kind)

    def _hooked(self) -> Iterator[tuple[str, Hooked]]:
        yield "kafka", self.broker
        for one in (self.dedup, self.cases, self.labels, self.incidents, self.checkpoints):
            yield "mongodb", one

    # ------------------------------------------------------------------ processes

    def start(self, slot: Slot) -> None:
        """Put a new process into the slot; it runs when it is resumed."""
        slot.is_stopping = False
        slot.log = slot.last_step = None
        slot.stalled_until = 0
        slot.actor = Actor(slot.name, lambda actor: self._live(slot, actor))

    def run(self, slot: Slot) -> None:
        """Let the slot's process run until it hands back."""
        assert slot.actor is not None
        self._running = slot
        slot.actor.resume()
        self._running = None
        if slot.actor.failure is not None:
            self.seen.failures.append(f"{slot.name} ended by {slot.actor.failure!r}")
            slot.actor.failure = None

    @contextmanager
    def ended_after(self) -> Iterator[None]:
        """Leave no thread behind."""
        try:
            yield
        finally:
            for slot in self.slots:
                if slot.is_alive and slot.actor is not None:
                    slot.actor.kill()

    def _live(self, slot: Slot, actor: Actor) -> None:
        log = None
        while log is None:
            try:
                log = slot.log = self._open_log(slot)
            except OutageError:
                actor.hand_back()
        loop = BatchLoop(
            LoopSettings(slot.worker, 0.25, 1.0, 30.0, "simulated"),
            log,
            Cursed(self._handler(slot), CURSES.get(slot.worker, "cursed"), self._has_curse),
            self.clock,
            BatchSizer(1, self.largest_batch, 0.2),
            Breaker(200, 2.0),
            SilentMetrics(),
            self._crash_point,
        )
        while not slot.is_stopping:
            step = slot.last_step = loop.step()
            self.seen.steps[step] = self.seen.steps.get(step, 0) + 1
            actor.hand_back()
        log.close()

    def _has_curse(self) -> bool:
        return self.is_cursed

    def _open_log(self, slot: Slot) -> MemoryLog:
        return MemoryLog(
            self.broker,
            slot.worker,
            self.reads[slot.worker],
            slot.name,
            self.checkpoints,
            self.clock,
            self.seen.alarms.append,
            self._crash_point,
            alone=ALONE,
        )

    def _handler(self, slot: Slot) -> Handler:
        clock = SkewedClock(self.clock, slot.skew)
        if slot.worker == INCIDENTS:
            return build_incidents(self.incidents, self.dedup, clock, self._crash_point)
        stores = (self.dedup, self.cases, self.labels)
        return build_handler(slot.worker, *stores, clock, self._crash_point)

    def look(self) -> None:
        """Read all documents, as clerks do; none may ever be older than it was."""
        for case, projection in self.cases.cases.items():
            if projection.n < self._looked.get(case, 0):
                self.seen.failures.append(f"the document of {case} went back to {projection.n}")
            self._looked[case] = projection.n

    # ------------------------------------------------------------------ points

    def _crash_point(self, point: Point) -> None:
        self._pass(point)

    def _before(self, kind: str) -> Callable[[str], None]:
        def hook(op: str) -> None:
            if self._running is not None:
                self._pass(f"before {op}")
                if self._is_away(kind) or self._strikes(self.faults.storm.away, f"before {op}"):
                    self._note(f"{kind} away at {op}")
                    raise _absence(kind)
                breakable = kind == "mongodb" and op not in ("load", "save")
                if breakable and self._strikes(self.faults.storm.defect, f"before {op}"):
                    self._note(f"a defect at {op}")
                    self.seen.defects += 1
                    raise RuntimeError("a defect of ours")

        return hook

    def _after(self, kind: str) -> Callable[[str], None]:
        def hook(op: str) -> None:
            if self._running is not None:
                self._pass(f"after {op}")
                if self._strikes(self.faults.storm.unanswered, f"after {op}"):
                    self._note(f"{kind} did {op} but the answer is lost")
                    raise _absence(kind)

        return hook

    def _strikes(self, chance: float, where: str) -> bool:
        if chance <= 0:
            return False
        if self._running is not None and self._running.worker in STATELESS:
            chance *= 0.2
        return self.rng.random() < chance * self.faults.storm.factor(where)

    def _is_away(self, kind: str) -> bool:
        faults = self.faults
        until = faults.kafka_away_until if kind == "kafka" else faults.mongo_away_until
        return self.tick < until

    def _pass(self, where: str) -> None:
        """The running process passes a point: it may die here, or be left standing."""
        slot = self._running
        storm = self.faults.storm
        assert slot is not None
        if self._strikes(storm.crash, where):
            self._note(f"crash {where}")
            self.seen.crashes += 1
            raise Crash(where)
        if self._strikes(storm.stall, where):
            slot.stalled_until = self.tick + self.rng.randint(5, 80)
            self._note(f"stalls {where} until {slot.stalled_until}")
            if slot.log is not None and self.rng.random() < 0.7:
                self.note(f"{slot.log.member_id} is expelled: no sign of life")
                self.broker.expel(slot.worker, slot.log.member_id)
            self._hand_back(slot)
        elif self._strikes(storm.switch, where):
            self._note(f"switch {where}")
            self._hand_back(slot)

    def _hand_back(self, slot: Slot) -> None:
        assert slot.actor is not None
        self._running = None
        slot.actor.hand_back()
        self._running = slot

    def _hand_out(self, member_id: str, free: Sequence[Spot]) -> Sequence[Spot]:
        is_piecemeal = (share := self.faults.storm.piecemeal) and self.rng.random() < share
        return [spot for spot in free if self.rng.random() < 0.5] if is_piecemeal else free

    def _note(self, what: str) -> None:
        self.note(f"{self._running.name if self._running else '-'}: {what}")

    def note(self, what: str) -> None:
        """Write into the trace, if one is kept."""
        if (trace := self.faults.trace) is not None:
            trace.append(f"{self.tick:5} {what}")


def _absence(kind: str) -> Exception:
    return BrokerAway("away") if kind == "kafka" else OutageError("mongodb", "away")
