"""What happens next: the ticks of a storm, mishaps and leaps of time, and the calm at the end."""

from datetime import timedelta
from typing import Final

from schemas.dead import dead_id, replay_headers
from services.runtime.loop import Step
from services.runtime.records import Outbound, Spot
from tests.simulation.clerk import Clerk
from tests.simulation.consequences import SLA
from tests.simulation.inputs import Inputs
from tests.simulation.slots import Slot
from tests.simulation.storm import Storm
from tests.simulation.world import World

STORM_TICKS: Final = 160
ROUNDS_BEFORE: Final = 6
"""Rounds of fair weather before the storm, on the whole path."""
WHOLE_TICKS: Final = 180
"""How long a storm lasts; on the whole path a contact has further to go."""
CALM_ROUNDS: Final = 400
"""In each of which everybody does a step."""
QUIET_ROUNDS: Final = 2
"""So many of them in a row are quiet when nothing is left: a clock may need a second to settle."""
PATIENT_ROUNDS: Final = 25
"""The same where something is due and did not happen yet."""
MOST_LEAPT: Final = 20 * 3600.0
"""Seconds that may pass at once while commands are sent: by then nobody is asked yet how content
he is, and no window has ended."""
LEAPS_AT_THE_END: Final = 2
NIGHTS_AT_THE_END: Final = 3
"""Nights, after all else, whose end is waited for: who waits to be told something is told it."""
AFTER_DUE: Final = 75.0
"""Seconds after a due time when every process has seen it pass, however its clock is off."""


class Scheduler:
    """Draws what happens next."""

    def __init__(self, world: World, inputs: Inputs, commands: int) -> None:
        self._world = world
        self._left = list(reversed(inputs.records))
        self._clerk = Clerk(world, commands)
        self._may_leap = MOST_LEAPT
        self._picks = 3 if SLA in world.reads else 1
        """How often somebody else is looked for than who had nothing to do."""

    def begin(self) -> None:
        """Let a part of the contacts go all the way before the storm, so that it meets timers and
        notices, not only contacts."""
        world, storm = self._world, self._world.faults.storm
        world.faults.storm = Storm.none()
        for _ in range(len(self._left) * 2 // 3):
            world.broker.append([self._left.pop()])
        for _ in range(ROUNDS_BEFORE):
            for slot in world.slots:
                self._advance(0.3)
                world.run(slot)
        world.faults.storm = storm

    def storm(self) -> None:
        """Let everything happen until all is sent and the storm's time is over."""
        world = self._world
        lasts = world.faults.tick + (WHOLE_TICKS if SLA in world.reads else STORM_TICKS)
        pace = world.rng.choice((0.5, 0.9, 3.0)) * (len(self._left) + 2) / STORM_TICKS
        while world.faults.tick < lasts or self._left or not self._clerk.is_done:
            self._advance(world.rng.choice((0.01, 0.05, 0.3, 1.5)))
            self._clerk.deliver()
            if world.rng.random() < pace or world.faults.tick > lasts:
                self._send()
            if world.rng.random() < world.faults.storm.leap:
                self._may_leap -= world.leap(self._may_leap)
            self._mishap()
            self._restart()
            self._run_somebody()

    def calm(self) -> bool:
        """Repair everything, let the workers finish; return whether they did."""
        world = self._world
        world.faults.storm = Storm.none()
        world.faults.kafka_away_until = world.faults.mongo_away_until = 0
        world.note("calm")
        for slot in world.slots:
            slot.stalled_until = 0
        quiet_rounds = 0
        for _ in range(CALM_ROUNDS):
            for group in world.reads:
                self._bury(group)
            for slot in world.slots:
                self._advance(0.3)
                if not slot.is_alive:
                    world.start(slot)
                world.run(slot)
            world.look()
            quiet_rounds = quiet_rounds + 1 if self._is_quiet() else 0
            if quiet_rounds >= (PATIENT_ROUNDS if self._is_overdue() else QUIET_ROUNDS):
                return True
        return False

    def let_pass(self) -> bool:
        """Let time pass, from one due time to the next; return whether all was worked off."""
        world = self._world
        for leap in range(LEAPS_AT_THE_END + NIGHTS_AT_THE_END):
            due = min(world.behind.mornings(world.clock.now()).values(), default=None)
            armed = world.behind.next_due() if leap < LEAPS_AT_THE_END else None
            if armed is not None:
                due = armed if due is None else min(due, armed)
            if due is None:
                return True
            left = (due - world.clock.now()).total_seconds()
            world.clock.advance(max(0.0, left) + AFTER_DUE)
            world.note("time passes")
            if not self.calm():
                return False
        return True

    def _is_overdue(self) -> bool:
        """Return whether something is due that should have happened: whoever turns pages of
        timers that are superseded is quiet as well."""
        world = self._world
        due = world.behind.next_due()
        return due is not None and due + timedelta(seconds=AFTER_DUE) <= world.clock.now()

    def mend(self) -> int:
        """Do as operators do: mend the defect, replay what died of it; return how many."""
        world = self._world
        world.is_cursed = False
        replays: list[Outbound] = []
        for name in [name for names in world.reads.values() for name in names]:
            for letter in world.broker.committed_records(f"{name}.dead"):
                if dict(letter.headers)["dead.reason"] == b"handler_error":
                    of = dead_id(letter.topic, letter.partition, letter.offset)
                    headers = replay_headers(letter.headers, of)
                    replays.append(Outbound(name, letter.key, letter.value, headers))
        world.broker.append(replays)
        world.note(f"{len(replays)} dead letters are replayed")
        return len(replays)

    def _advance(self, seconds: float) -> None:
        self._world.faults.tick += 1
        self._world.clock.advance(seconds)

    def _send(self) -> None:
        if self._left:
            self._world.broker.append([self._left.pop()])
            self._world.note("a contact is sent")
        has_time = self._clerk.left > 0 and self._world.rng.random() < 0.7
        if has_time and self._clerk.send():
            self._may_leap -= self._world.leap(self._may_leap)

    def _run_somebody(self) -> None:
        world = self._world
        tick = world.faults.tick
        able = [s for s in world.slots if s.stalled_until <= tick and s.is_alive]
        if able:
            slot = world.rng.choice(able)
            for _ in range(self._picks):
                if slot.last_step is not Step.IDLE:
                    break
                slot = world.rng.choice(able)
            world.run(slot)
        world.look()

    def _mishap(self) -> None:
        world, storm = self._world, self._world.faults.storm
        rng = world.rng
        if rng.random() < storm.expel:
            self._expel(rng.choice(list(world.reads)))
        if rng.random() < storm.rebalance:
            group = rng.choice(list(world.reads))
            world.seen.occurred["rebalances"] += 1
            world.note(f"rebalance of {group}")
            world.broker.rebalance(group)
        if rng.random() < storm.stop:
            slot = rng.choice(world.slots)
            slot.is_stopping = True
            world.note(f"{slot.name} is asked to stop")
        if rng.random() < storm.forget:
            committed = world.broker.group(rng.choice(list(world.reads))).committed
            if committed:
                spot = rng.choice(sorted(committed))
                if any(spot == kept for _, kept in world.checkpoints.saved):
                    del committed[spot]
                    world.seen.forgotten += 1
                    world.note(f"the committed offset of {spot} is deleted")
        if rng.random() < storm.outage:
            until = world.faults.tick + rng.randint(3, 25)
            if rng.random() < 0.5:
                world.faults.mongo_away_until = until
            else:
                world.faults.kafka_away_until = until
            world.seen.occurred["outages"] += 1
            world.note(f"an outage until {until}")

    def _expel(self, group: str) -> None:
        """A session ends: of a process that is dead, stalls, or only had bad luck."""
        world = self._world
        members = sorted(world.broker.group(group).members)
        if members:
            member_id = world.rng.choice(members)
            world.broker.expel(group, member_id)
            world.seen.occurred["expulsions"] += 1
            world.note(f"{member_id} is expelled from {group}")
        for slot in world.slots:
            if world.rng.random() < 0.3 and not self._is_able(slot):
                world.broker.time_out(slot.name)

    def _is_able(self, slot: Slot) -> bool:
        return slot.is_alive and slot.stalled_until <= self._world.faults.tick

    def _restart(self) -> None:
        world = self._world
        for slot in world.slots:
            if not slot.is_alive and world.rng.random() < 0.15:
                world.note(f"{slot.name} starts")
                world.start(slot)
        if world.rng.random() < 0.1:
            self._bury(world.rng.choice(list(world.reads)))

    def _bury(self, group: str) -> None:
        """End the sessions of those who are dead."""
        world = self._world
        members = world.broker.group(group).members
        alive = {
            slot.log.member_id
            for slot in world.slots
            if slot.worker == group and slot.is_alive and slot.log is not None
        }
        for member_id in sorted(members.keys() - alive):
            world.broker.expel(group, member_id)

    def _is_quiet(self) -> bool:
        world = self._world
        if any(slot.is_alive and slot.last_step is not Step.IDLE for slot in world.slots):
            return False
        resting = world.behind.mornings(world.clock.now())
        if world.broker.open_transactions() or world.behind.asides.rows.keys() - resting.keys():
            return False
        reached: dict[tuple[str, int], int] = {}
        for slot in world.slots:
            if slot.is_alive and slot.log is not None:
                reached.update(slot.log.positions())
        for name in [name for names in world.reads.values() for name in names]:
            topic_id, count = world.broker.describe([name])[name]
            done = {Spot(name, n): reached.get((topic_id, n), 0) for n in range(count)}
            if world.broker.fetch(done, 1):
                return False
        return True
