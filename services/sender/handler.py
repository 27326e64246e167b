"""A batch of notices: read, send, settle; within a time budget.

Idempotent: what was sent is found by its result. Whatever stops the batch half-way, a
database or a provider that is away, is an outage: the batch comes again and goes on.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from schemas.codec import encode
from services.domain.notice_fates import news_of
from services.domain.unreached import is_unreached, kind_of
from services.runtime.records import Handled, Inbound, Outbound, Positions
from services.sender.dispatch import Dispatch, always
from services.sender.intake import Intake
from services.sender.journal import Memory
from services.sender.logic import settled, steps
from services.sender.outside import Outside
from services.sender.policy import SendingPolicy
from services.sender.providers import Providers
from services.sender.tasks import Task
from services.sender.waves import Process, PutOff

_FEW: Final = 8
"""So many notices are not worth a second hand."""


class Topics(NamedTuple):
    """Real names of the topics that a sender knows."""

    settled: str
    receipts: str


class SenderHandler:
    """See :class:`services.runtime.ports.Handler`. With several ``hands`` a batch is dealt out:
    while one waits for the database another one sends. Together they have no more on their way
    than ``process`` allows. No pause lasts beyond ``patience`` seconds after a batch came, and with
    it notices of slow providers are not sent here at all."""

    def __init__(
        self,
        outside: Outside,
        policy: SendingPolicy,
        process: Process,
        topics: Topics,
        hands: int = 1,
        patience: float | None = None,
    ) -> None:
        self._clock = outside.clock
        self._budget = policy.budget_seconds
        self._patience = patience
        self._topic = topics.settled
        self._intake = Intake(outside.store, outside.writer, topics.receipts)
        self.providers = Providers(policy.channels, outside.channels)
        each = process._replace(at_once=max(1, process.at_once // hands))
        memory = Memory()
        self._hands = [
            Dispatch(outside, policy, self.providers, each, memory=memory) for _ in range(hands)
        ]
        self._threads = ThreadPoolExecutor(hands, thread_name_prefix="hand")

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; sender needs no positions."""
        handled = Handled()
        tasks = self.read(batch, handled)
        trouble = self.work(tasks)
        if trouble is not None:
            raise trouble
        for task in tasks:
            self.tell(task, handled)
        return handled

    def read(self, batch: Sequence[Inbound], handled: Handled) -> list[Task]:
        """Return what there is to do about a batch; what cannot be read is put aside."""
        return self._intake.read(batch, handled)

    def tell(self, task: Task, handled: Handled) -> None:
        """Say how it ended; before a first end, by which steps it came there."""
        if task.end is None:
            raise ValueError("a task is told of before it ended")
        record = settled(task.notice, task.attempts, task.end)
        handled.outcomes[f"{record.channel}_{record.state}"] += 1
        reason = _label(record.reason)
        handled.notices[record.channel, record.state, reason] += 1
        if is_unreached(record):
            handled.unreached[kind_of(record.recipient), record.kind, reason] += 1
        is_first = not news_of(task.attempts)
        told = [*(steps(task.notice, task.attempts) if is_first else ()), record]
        key = task.key.encode()
        handled.outbound += [Outbound(self._topic, key, encode(one)) for one in told]

    def work(self, tasks: Sequence[Task], goes_on: Callable[[], bool] = always) -> PutOff | None:
        """Deal the tasks out; return why those without an end have to wait. Once it is not to go
        on no call begins.

        Raises:
            OutageError: the database is away.
        """
        self._hands[0].catch_up()  # before anybody looks these notices up, here or on a lane
        now = self._clock.monotonic()
        until = now + self._budget
        patient = None if self._patience is None else now + self._patience
        if len(self._hands) == 1 or len(tasks) <= _FEW:
            return self._hands[0].work(tasks, until, patient, goes_on)
        shares: list[list[Task]] = [[] for _ in self._hands]
        for task in tasks:
            shares[hash(task.notice.notice_id) % len(shares)].append(task)
        calls = [
            self._threads.submit(hand.work, share, until, patient, goes_on)
            for hand, share in zip(self._hands, shares, strict=True)
        ]
        errors = [call.exception() for call in calls]  # waits until all are done
        for error in errors:
            if error is not None:
                raise error
        return next((call.result() for call in calls if call.result() is not None), None)


def _label(reason: str | None) -> str:
    """Return a reason as a metric can carry it: providers' own codes are too many."""
    word = (reason or "").partition(":")[0]
    return "provider_code" if word.startswith("code_") else word
