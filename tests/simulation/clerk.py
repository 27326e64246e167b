"""A clerk who sends commands to the cases there are: also twice, stale, and to the wrong place."""

from typing import Final

from schemas import topics
from schemas.codec import encode
from schemas.keys import case_key
from schemas.vocabulary import CommandKind
from services.runtime.records import Outbound
from tests.simulation.consequences import SLA
from tests.simulation.inputs import a_random_command
from tests.simulation.stations import to_a_stations_clerk
from tests.simulation.world import World

_STOPPING: Final = (CommandKind.ACKNOWLEDGE, CommandKind.ACKNOWLEDGE, CommandKind.RESOLVE)
"""Commands that stop clocks."""


class Clerk:
    """``left`` commands are still to come."""

    def __init__(self, world: World, commands: int) -> None:
        self._world = world
        self.left = commands
        self._sent: list[Outbound] = []
        self._on_its_way: list[tuple[int, Outbound]] = []
        self._is_whole = SLA in world.reads
        self._has_stations = world.faults.storm.stations

    def send(self) -> bool:
        """Send one command, if there is any case to send it to; return whether it is on its way
        and stops a clock: what falls due meanwhile is heard of before it."""
        world, rng = self._world, self._world.rng
        states = [one.state for one in world.cases.cases.values() if one.state is not None]
        self.left -= 1
        if not states:
            return False
        if self._sent and rng.random() < 0.2:
            self._send(rng.choice(self._sent))
            return False
        is_stopping = self._is_whole and rng.random() < 0.25
        unnoticed = [one for one in states if one.acknowledged_at is None] if is_stopping else []
        state = rng.choice(unnoticed or states)
        command = a_random_command(
            rng,
            state,
            f"command-{self.left if rng.random() < 0.85 else 'x'}",
            world.clock.now(),
            [one.case_id for one in states if one.tenant == state.tenant],
        )
        if self._has_stations:
            command = to_a_stations_clerk(command)
        if self._is_whole:
            if command.kind is CommandKind.FOLLOW_UP:
                return False  # where hours pass it may be that something is due
            if is_stopping:
                command = command.model_copy(update={"kind": rng.choice(_STOPPING)})
        key = case_key(command.tenant, command.case_id)
        if rng.random() < 0.03:
            key = b"default|elsewhere"
        value = encode(command) if rng.random() > 0.03 else b'{"kind": "dance"}'
        self._send(Outbound(topics.COMMANDS.name, key, value), is_stopping)
        return is_stopping

    def deliver(self) -> None:
        """Let arrive what was on its way long enough."""
        tick = self._world.faults.tick
        arrived = [record for at, record in self._on_its_way if at <= tick]
        if arrived:
            self._on_its_way = [one for one in self._on_its_way if one[0] > tick]
            self._world.broker.append(arrived)

    @property
    def is_done(self) -> bool:
        """Whether all commands are sent and have arrived."""
        return self.left <= 0 and not self._on_its_way

    def _send(self, record: Outbound, is_slow: bool = False) -> None:
        self._sent.append(record)
        if is_slow or (self._is_whole and self._world.rng.random() < 0.3):
            arrives = self._world.faults.tick + self._world.rng.randint(10, 70)
            self._on_its_way.append((arrives, record))
        else:
            self._world.broker.append([record])
        self._world.note("a command is sent")
