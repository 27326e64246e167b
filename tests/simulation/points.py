"""Where the running process may die, be left standing or meet what is away: before and after each
call to a store or to the broker, and at the crash points of its code."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from services.adapters.memory_broker import BrokerAway, MemoryBroker
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.runtime.loop import Step
from tests.simulation.actors import Actor, Crash
from tests.simulation.consequences import CONSEQUENCES_READ
from tests.simulation.slots import Slot
from tests.simulation.storm import CALM, Storm
from tests.simulation.workers import STATELESS


@dataclass(slots=True)
class Faults:
    """What is broken at the moment; ``trace`` is kept when wanted. ``tick`` counts the moments."""

    storm: Storm
    tick: int = 0
    mongo_away_until: int = 0
    kafka_away_until: int = 0
    trace: list[str] | None = None


@dataclass(slots=True)
class Sightings:
    """What the checker asks about besides topics and stores."""

    alarms: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    occurred: Counter[str] = field(default_factory=Counter)
    """What happened, and how often: a storm that blows nobody over proves nothing."""
    forgotten: int = 0
    """Times a committed offset was deleted: only then records may be done again."""
    defects: int = 0
    """Failures of our own making: only then records may die of them."""
    steps: dict[Step, int] = field(default_factory=dict)


class Points:
    """Knows who runs now, and draws what happens to him."""

    def __init__(
        self, rng: Random, faults: Faults, seen: Sightings, broker: MemoryBroker, clock: Clock
    ) -> None:
        self._rng = rng
        self._faults = faults
        self._seen = seen
        self._broker = broker
        self._clock = clock
        self._factors: dict[str, float] = {}
        """By point: how much likelier things are there in the storm of the run."""
        self._befores: dict[str, str] = {}
        self._afters: dict[str, str] = {}
        self._running: Slot | None = None
        self._actor: Actor | None = None

    def let_run(self, slot: Slot, actor: Actor) -> None:
        """Let a process run until it hands back."""
        self._running, self._actor = slot, actor
        actor.resume()
        self._running = self._actor = None

    def before(self, kind: str) -> Callable[[str], None]:
        """Return what happens before a call to ``kafka`` or ``mongodb``."""

        def hook(op: str) -> None:
            if self._running is None or self._faults.storm is CALM:
                return
            where = self._befores.get(op) or self._befores.setdefault(op, f"before {op}")
            self.reach(where)
            away, defect = self._faults.storm.away, self._faults.storm.defect
            if self._is_away(kind) or (away and self._strikes(away, where)):
                self._note(f"{kind} away at {op}")
                raise _absence(kind)
            breakable = defect and kind == "mongodb" and op not in ("load", "save")
            breakable = breakable and self._running.worker not in CONSEQUENCES_READ
            if breakable and self._strikes(defect, where):
                self._note(f"a defect at {op}")
                self._seen.defects += 1
                raise RuntimeError("a defect of ours")

        return hook

    def after(self, kind: str) -> Callable[[str], None]:
        """Return what happens after such a call."""

        def hook(op: str) -> None:
            if self._running is None or self._faults.storm is CALM:
                return
            where = self._afters.get(op) or self._afters.setdefault(op, f"after {op}")
            self.reach(where)
            unanswered = self._faults.storm.unanswered
            if unanswered and self._strikes(unanswered, where):
                self._seen.occurred["answers lost"] += 1
                self._note(f"{kind} did {op} but the answer is lost")
                raise _absence(kind)

        return hook

    def _strikes(self, chance: float, where: str) -> bool:
        if self._running is not None and self._running.worker in STATELESS:
            chance *= 0.2
        factor = self._factors.get(where)
        if factor is None:
            factor = self._factors[where] = self._faults.storm.factor(where)
        return self._rng.random() < chance * factor

    def _is_away(self, kind: str) -> bool:
        faults = self._faults
        until = faults.kafka_away_until if kind == "kafka" else faults.mongo_away_until
        return faults.tick < until

    def reach(self, where: str) -> None:
        """The running process passes a point: it may die here, or be left standing."""
        slot = self._running
        storm = self._faults.storm
        if storm is CALM:
            return
        assert slot is not None
        if storm.crash and self._strikes(storm.crash, where):
            self._note(f"crash {where}")
            self._seen.occurred["crashes"] += 1
            raise Crash(where)
        if storm.stall and self._strikes(storm.stall, where):
            self._seen.occurred["stalls"] += 1
            slot.stalled_until = self._faults.tick + self._rng.randint(5, 80)
            self._note(f"stalls {where} until {slot.stalled_until}")
            if slot.log is not None and self._rng.random() < 0.7:
                self.note(f"{slot.log.member_id} is expelled: no sign of life")
                self._broker.expel(slot.worker, slot.log.member_id)
            self._hand_back(slot)
        elif storm.switch and self._strikes(storm.switch, where):
            self._seen.occurred["switches"] += 1
            self._note(f"switch {where}")
            self._hand_back(slot)

    def pause(self, seconds: float) -> None:
        """Let the running process wait: time passes by what others do."""
        until = self._clock.monotonic() + seconds
        slot = self._running
        assert slot is not None
        while self._clock.monotonic() < until:
            slot.last_step = None
            self._hand_back(slot)

    def _hand_back(self, slot: Slot) -> None:
        actor = self._actor
        assert actor is not None
        self._running = self._actor = None
        actor.hand_back()
        self._running, self._actor = slot, actor

    def _note(self, what: str) -> None:
        self.note(f"{self._running.name if self._running else '-'}: {what}")

    def note(self, what: str) -> None:
        """Write into the trace, if one is kept."""
        if (trace := self._faults.trace) is not None:
            trace.append(f"{self._faults.tick:5} {what}")


def _absence(kind: str) -> Exception:
    return BrokerAway("away") if kind == "kafka" else OutageError("mongodb", "away")
