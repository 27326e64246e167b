"""One run: processes, stores and broker in memory, and the scheduler that torments them.

The workers are the real ones (batch loop, handlers); what is simulated stands behind ports.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random

from services.adapters.memory_broker import MemoryBroker
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_hooks import Hooked
from services.adapters.memory_incidents import MemoryIncidentStore
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.memory_log import MemoryLog
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.runtime.batching import BatchSizer
from services.runtime.breaker import Breaker
from services.runtime.loop import BatchLoop, LoopSettings
from services.runtime.ports import Handler
from services.runtime.records import Spot
from services.runtime.silent_metrics import SilentMetrics
from services.sender.lane import AGAIN_SECONDS, Lane
from tests.simulation.actors import Actor
from tests.simulation.consequences import (
    NOTIFICATION,
    SENDER,
    SLA,
    Consequences,
)
from tests.simulation.curses import Cursed
from tests.simulation.inputs import CURSES
from tests.simulation.points import Faults, Points, Sightings
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
        self._starts = 0
        self.clock = ManualClock()
        self.faults = Faults(storm)
        self.seen = Sightings()
        self.broker = MemoryBroker(self.clock)
        self.points = Points(rng, self.faults, self.seen, self.broker, self.clock)
        self.note = self.points.note
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
        self.behind = Consequences(
            self.dedup, self.cases, self.clock, rng, lambda: self.faults.storm, self.points.reach
        )
        """What follows from the cases, where the workers for it are among ``reads``."""
        self.is_cursed = True
        self.largest_batch = rng.choice((1, 3, 8, 30))
        self._looked: dict[str, int] = {}
        self.topics = tuple(
            dict.fromkeys((*(t for names in reads.values() for t in names), *written_with(reads)))
        )
        for name in self.topics:
            self.broker.make_topic(name, 1 if name in ALONE else partitions)
        for group in reads:
            self.broker.group(group).hand_out = self._hand_out
        for kind, hooked in self._hooked():
            hooked.before = self.points.before(kind)
            hooked.after = self.points.after(kind)

    def _hooked(self) -> Iterator[tuple[str, Hooked]]:
        yield "kafka", self.broker
        for one in (self.dedup, self.cases, self.labels, self.incidents, self.checkpoints):
            yield "mongodb", one
        for other in self.behind.hooked():
            yield "mongodb", other

    # ------------------------------------------------------------------ processes

    def start(self, slot: Slot) -> None:
        """Put a new process into the slot; it runs when it is resumed."""
        slot.is_stopping = False
        slot.log = slot.last_step = None
        slot.stalled_until = 0
        slot.beside = None
        self._starts += 1
        slot.actor = Actor(slot.name, lambda actor: self._live(slot, actor))

    def run(self, slot: Slot) -> None:
        """Let the slot's process run until it hands back."""
        actor = slot.actor
        if slot.beside is not None and self.rng.random() < 0.3:
            actor = slot.beside
        assert actor is not None
        self.points.let_run(slot, actor)
        if actor.failure is not None:
            self.seen.failures.append(f"{slot.name} ended by {actor.failure!r}")
            actor.failure = None
        if actor.has_ended:
            self._end(slot)

    def _end(self, slot: Slot) -> None:
        """A process ends as a whole: what works beside its loop dies where it stands."""
        for actor in (slot.actor, slot.beside):
            if actor is not None and not actor.has_ended:
                actor.kill()
        slot.beside = None

    @contextmanager
    def ended_after(self) -> Iterator[None]:
        """Leave no thread behind."""
        try:
            yield
        finally:
            for slot in self.slots:
                if slot.is_alive:
                    self._end(slot)

    def _live(self, slot: Slot, actor: Actor) -> None:
        log = None
        while log is None:
            try:
                log = slot.log = self._open_log(slot)
            except OutageError:
                actor.hand_back()
        clock = SkewedClock(self.clock, slot.skew)
        loop = BatchLoop(
            LoopSettings(slot.worker, 0.25, 1.0, 30.0, "simulated"),
            log,
            self._handler(slot, clock),
            clock,
            BatchSizer(1, self.largest_batch, 0.2),
            Breaker(200, 2.0),
            SilentMetrics(),
            self.points.reach,
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
            self.points.reach,
            alone=ALONE,
        )

    def _handler(self, slot: Slot, clock: Clock) -> Handler:
        if slot.worker == SLA:
            return self.behind.timing(clock, self.points.reach)
        if slot.worker == NOTIFICATION:
            return self.behind.telling(clock, self.points.reach)
        if slot.worker == SENDER:
            return self._sender(slot, clock)
        if slot.worker == INCIDENTS:
            handler = build_incidents(self.incidents, self.dedup, clock, self.points.reach)
        else:
            stores = (self.dedup, self.cases, self.labels)
            handler = build_handler(slot.worker, *stores, clock, self.points.reach)
        return Cursed(handler, CURSES.get(slot.worker, "cursed"), self._has_curse)

    def _sender(self, slot: Slot, clock: Clock) -> Handler:
        owner = f"{slot.name}-{self._starts}"
        sending = self.behind.sending(owner, clock, self.points.reach, self.points.pause)
        lanes = sending.lanes
        slot.beside = Actor(f"{slot.name} beside", lambda actor: self._drive(lanes, actor))
        return sending.handler

    def _drive(self, lanes: Sequence[Lane], actor: Actor) -> None:
        """Do as the threads of a sender's lanes do."""
        due = dict.fromkeys(range(len(lanes)), 0.0)
        while True:
            for number, lane in enumerate(lanes):
                now = self.clock.monotonic()
                if due[number] <= now:
                    try:
                        due[number] = now + lane.step()
                    except OutageError:
                        due[number] = now + AGAIN_SECONDS
            actor.hand_back()

    def leap(self, most: float) -> float:
        """Let time pass at once, to the next due time or for some minutes, at most ``most``
        seconds; return how many passed."""
        due = self.behind.next_due()
        seconds = self.rng.uniform(60.0, 5400.0)
        if due is not None and self.rng.random() < 0.8:
            left = (due - self.clock.now()).total_seconds()
            seconds = left + self.rng.choice((-0.5, 0.0, 1.0, 90.0))
        seconds = max(0.0, seconds)
        if seconds > most:
            return 0.0
        self.clock.advance(seconds)
        self.seen.occurred["leaps of time"] += seconds > 0
        self.note(f"{seconds:.0f} seconds pass at once")
        return seconds

    def look(self) -> None:
        """Read all documents, as clerks do; none may ever be older than it was."""
        for case, projection in self.cases.cases.items():
            if projection.n < self._looked.get(case, 0):
                self.seen.failures.append(f"the document of {case} went back to {projection.n}")
            self._looked[case] = projection.n

    def _hand_out(self, member_id: str, free: Sequence[Spot]) -> Sequence[Spot]:
        is_piecemeal = (share := self.faults.storm.piecemeal) and self.rng.random() < share
        return [spot for spot in free if self.rng.random() < 0.5] if is_piecemeal else free
