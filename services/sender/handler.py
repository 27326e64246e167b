"""A batch of notices: claim, send, write down, settle; in waves, within a time budget.

Idempotent: what was sent is found by its result. Whatever stops the batch half-way, a
database or a provider that is away, is an outage: the batch comes again and goes on.
"""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.codec import encode
from services.domain.notice_fates import news_of
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import Handled, Inbound, Outbound, Positions
from services.sender.breaker import Provider
from services.sender.intake import Intake
from services.sender.journal import Journal
from services.sender.logic import settled, steps
from services.sender.outside import Outside
from services.sender.planner import Planner
from services.sender.policy import SendingPolicy
from services.sender.tasks import Task
from services.sender.waves import Waves


class Topics(NamedTuple):
    """Real names of the topics that a sender knows."""

    settled: str
    receipts: str


class SenderHandler:
    """See :class:`services.runtime.ports.Handler`. ``owner`` names this process in claims."""

    def __init__(
        self,
        outside: Outside,
        policy: SendingPolicy,
        owner: str,
        at_once: int,
        topics: Topics,
        crash: CrashPoints = never,
    ) -> None:
        self._clock = outside.clock
        self._budget = policy.budget_seconds
        self._topic = topics.settled
        journal = Journal(outside.store, owner, outside.clock)
        providers = {name: Provider(one) for name, one in policy.channels.items()}
        self._intake = Intake(outside.store, outside.writer, topics.receipts)
        self._planner = Planner(outside, policy, journal, providers)
        self._waves = Waves(
            outside, policy, self._planner, journal, providers, owner, at_once, crash
        )

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; sender needs no positions."""
        handled = Handled()
        until = self._clock.monotonic() + self._budget
        tasks = self._intake.read(batch, handled)
        if tasks:
            self._planner.look_up(tasks)
            self._planner.decide(tasks)
        while waiting := [task for task in tasks if task.end is None]:
            self._planner.decide(self._waves.send(waiting, until))
        self._planner.give_up(tasks)
        for task in tasks:
            self._tell(task, handled)
        return handled

    def _tell(self, task: Task, handled: Handled) -> None:
        """Say how it ended; before a first end, by which steps it came there."""
        if task.end is None:
            raise ValueError("a task is told of before it ended")
        record = settled(task.notice, task.attempts, task.end)
        handled.outcomes[f"{record.channel}_{record.state}"] += 1
        handled.notices[record.channel, record.state, _label(record.reason)] += 1
        is_first = not news_of(task.attempts)
        told = [*(steps(task.notice, task.attempts) if is_first else ()), record]
        key = task.key.encode()
        handled.outbound += [Outbound(self._topic, key, encode(one)) for one in told]


def _label(reason: str | None) -> str:
    """Return a reason as a metric can carry it: providers' own codes are too many."""
    word = (reason or "").partition(":")[0]
    return "provider_code" if word.startswith("code_") else word
