"""From notices to their ends: look up, decide, send in waves, write down.

Idempotent: what was sent is found by its result.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from services.sender.journal import Journal, Memory
from services.sender.outside import Outside
from services.sender.planner import Planner
from services.sender.policy import SendingPolicy
from services.sender.providers import Providers
from services.sender.tasks import Task
from services.sender.waves import Process, PutOff, Waves


def always() -> bool:
    """Return that calls may go on being made."""
    return True


class Dispatch:
    """Used by one thread at a time; any number of them may share ``providers``, and those of one
    owner a ``memory``. Claims of other processes that are younger than ``lease`` may be under way:
    their notices are left alone."""

    def __init__(
        self,
        outside: Outside,
        policy: SendingPolicy,
        providers: Providers,
        process: Process,
        lease: timedelta = timedelta(0),
        memory: Memory | None = None,
    ) -> None:
        self._journal = journal = Journal(
            outside.store, process.owner, outside.clock, lease, memory
        )
        self._planner = Planner(outside, policy, journal, providers)
        self._waves = Waves(outside, policy, self._planner, journal, providers, process)

    def catch_up(self) -> None:
        """Write down what could not be written before.

        Raises:
            OutageError: the database is away.
        """
        self._journal.save([])

    def work(
        self,
        tasks: Sequence[Task],
        until: float,
        patient_until: float | None = None,
        goes_on: Callable[[], bool] = always,
    ) -> PutOff | None:
        """Bring tasks to their ends until the monotonic second ``until``; return why those without
        one have to wait, None when there are none. With ``patient_until`` no pause lasts beyond
        it, and notices of slow providers wait as well. Once it is not to go on no call begins.

        Raises:
            OutageError: the database is away.
        """
        if not tasks:
            return None
        left = self._planner.look_up(tasks)
        self._planner.call_off(left)
        self._planner.decide(left)
        trouble: PutOff | None = None
        try:
            while (waiting := [task for task in left if task.end is None]) and goes_on():
                self._planner.decide(self._waves.send(waiting, until, patient_until))
        except PutOff as put_off:
            trouble = put_off
        self._planner.give_up([task for task in left if task.end is not None])
        if trouble is None and len(left) < len(tasks):
            return PutOff("sender", "another process may be sending it")
        return trouble

    def abandon(self, tasks: Sequence[Task], reason: str) -> None:
        """End tasks that nobody here can bring to an end."""
        self._planner.abandon(tasks, reason)
