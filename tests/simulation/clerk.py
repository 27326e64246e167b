"""A clerk who sends commands to the cases there are: also twice, stale, and to the wrong place."""

from datetime import timedelta

from schemas import topics
from schemas.codec import encode
from schemas.keys import case_key
from schemas.vocabulary import CommandKind
from services.runtime.records import Outbound
from tests.simulation.consequences import SLA
from tests.simulation.inputs import a_random_command
from tests.simulation.world import World


class Clerk:
    """``left`` commands are still to come."""

    def __init__(self, world: World, commands: int) -> None:
        self._world = world
        self.left = commands
        self._sent: list[Outbound] = []

    def send(self) -> None:
        """Send one command, if there is any case to send it to."""
        world, rng = self._world, self._world.rng
        states = [one.state for one in world.cases.cases.values() if one.state is not None]
        self.left -= 1
        if not states:
            return
        if self._sent and rng.random() < 0.2:
            self._send(rng.choice(self._sent))
            return
        state = rng.choice(states)
        accepted_at = world.clock.now()
        if SLA in world.reads:
            # It was some time on its way: what fell due meanwhile was heard of before it.
            accepted_at -= timedelta(seconds=rng.choice((0, 0, 30, 600, 3600)))
        command = a_random_command(
            rng,
            state,
            f"command-{self.left if rng.random() < 0.85 else 'x'}",
            accepted_at,
            [one.case_id for one in states if one.tenant == state.tenant],
        )
        if command.kind is CommandKind.FOLLOW_UP and SLA in world.reads:
            return  # where hours pass it may be that something is due
        key = case_key(command.tenant, command.case_id)
        if rng.random() < 0.03:
            key = b"default|elsewhere"
        value = encode(command) if rng.random() > 0.03 else b'{"kind": "dance"}'
        self._send(Outbound(topics.COMMANDS.name, key, value))

    def _send(self, record: Outbound) -> None:
        self._sent.append(record)
        self._world.broker.append([record])
        self._world.note("a command is sent")
