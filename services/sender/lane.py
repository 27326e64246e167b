"""The lane of a channel: what its provider could not take at once, worked off beside the loop.

A lane is driven by a thread of its own and never touches Kafka: it brings notices to their ends
and keeps them until the loop has told of them.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

from schemas.codec import decode
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.domain.aside_store import Aside, AsideStore
from services.domain.clock import Clock
from services.runtime.metrics import SilentMetrics
from services.runtime.ports import LaneMetrics
from services.sender.breaker import Provider
from services.sender.dispatch import Dispatch
from services.sender.journal import LANE
from services.sender.outside import Outside
from services.sender.planner import Providers
from services.sender.policy import SendingPolicy
from services.sender.pool import ThreadPool
from services.sender.tasks import Task
from services.sender.waves import Process

logger: Final = logging.getLogger(__name__)

PAGE: Final = 256
_LATE_SECONDS: Final = 4.0
"""How much longer than a call a process may take to write down how it ended."""
COUNT_SECONDS: Final = 5.0
"""How often a lane is counted that holds more than it reads at a time."""
AGAIN_SECONDS: Final = 1.0
"""How soon a lane looks again whose provider is in trouble."""
_UNTOLD: Final = SilentMetrics()


class Lane:
    """``budget`` is how many seconds one :meth:`step` begins calls. Only :meth:`step` belongs to
    the lane's thread; everything else is the loop's."""

    def __init__(
        self,
        channel: NoticeChannel,
        store: AsideStore,
        dispatch: Dispatch,
        provider: Provider,
        clock: Clock,
        budget: float,
        metrics: LaneMetrics,
    ) -> None:
        self.channel = channel
        self._metrics = metrics
        self._count_at = clock.monotonic()
        self._store = store
        self._dispatch = dispatch
        self._provider = provider
        self._clock = clock
        self._budget = budget
        self._lock = threading.Lock()
        self._partitions: frozenset[int] = frozenset()
        self._ended: dict[str, Task] = {}
        self._resting: dict[str, float] = {}
        """Notices whose addresses had enough, and until when: they are passed over, and close the
        lane to nobody."""
        self._trouble = ""
        self._is_empty = False
        self._is_sure = False
        self._arrived: set[str] = set()
        """Notices that were put here since the step began that is under way."""

    @property
    def is_open(self) -> bool:
        """Whether a notice may go past the lane: nothing waits here for the provider, and that
        one is quick."""
        return self._is_empty and not (self._provider.is_slow or self._provider.breaker.is_open)

    def serve(self, partitions: AbstractSet[int]) -> None:
        """Work for these partitions from now on; forget ends of others, and of all when there
        are none: they are found again."""
        with self._lock:
            self._partitions = frozenset(partitions)
            self._ended = {
                key: task for key, task in self._ended.items() if task.partition in partitions
            }
            self._resting.clear()
            self._is_empty = self._is_sure = False

    def settle(self) -> None:
        """Find out whether somebody left something here.

        Raises:
            OutageError: the database is away.
        """
        if self._is_sure or not self._partitions:
            return
        rows = self._store.oldest(self.channel, self._partitions, (), 1)
        with self._lock:
            self._is_sure, self._is_empty = True, not (rows or self._ended or self._arrived)

    def put(self, rows: list[Aside]) -> None:
        """Let notices wait here; what was found out about them before does not count."""
        with self._lock:
            self._is_empty = False
            for row in rows:
                self._arrived.add(row.notice_id)
                self._ended.pop(row.notice_id, None)
                self._resting.pop(row.notice_id, None)
        self._store.put(rows)

    def ended(self) -> list[Task]:
        """Return what ended, and was not told yet."""
        with self._lock:
            return list(self._ended.values())

    def told(self, notice_ids: Iterable[str]) -> None:
        """Forget notices whose ends are committed."""
        with self._lock:
            for one in notice_ids:
                self._ended.pop(one, None)

    def step(self) -> float:
        """Work on what has waited longest; return after how many seconds to do so again.

        Raises:
            OutageError: the database is away.
        """
        with self._lock:
            now = self._clock.monotonic()
            self._resting = {key: until for key, until in self._resting.items() if until > now}
            resting = len(self._resting)
            partitions, others = self._partitions, {*self._ended, *self._resting}
            self._arrived.clear()
        if not partitions:
            self._metrics.lane(self.channel, 0, 0.0)
            return AGAIN_SECONDS
        rows = self._store.oldest(self.channel, partitions, others, PAGE)
        self._show(rows, partitions, resting)
        if not rows:
            with self._lock:
                self._is_empty = self._is_sure and not (self._ended or self._arrived)
            return AGAIN_SECONDS
        tasks = [Task(decode(NoticeRequested, row.value), row.partition) for row in rows]
        trouble = self._dispatch.work(tasks, now + self._budget)
        if trouble is not None and str(trouble) != self._trouble:
            logger.warning("a lane waits", extra={"reason": str(trouble)})
        self._trouble = "" if trouble is None else str(trouble)
        has_left = self._sort_out(tasks)
        return 0.0 if trouble is None or has_left else AGAIN_SECONDS

    def _sort_out(self, tasks: Iterable[Task]) -> bool:
        """Keep what ended, and remember what rests; return whether something left the way of
        those behind by it."""
        now, has_left = self._clock.monotonic(), False
        with self._lock:
            for task in tasks:
                name = task.notice.notice_id
                if task.partition not in self._partitions or name in self._arrived:
                    continue
                if task.end is not None:
                    self._ended[name] = task
                elif task.rests_until > now:
                    self._resting[name] = task.rests_until
                    has_left = True
        return has_left

    def _show(self, rows: Sequence[Aside], partitions: AbstractSet[int], resting: int) -> None:
        """Tell how much waits: a long lane is counted in the store, now and then."""
        waiting = len(rows) + resting
        if len(rows) == PAGE:
            if self._clock.monotonic() < self._count_at:
                return
            self._count_at = self._clock.monotonic() + COUNT_SECONDS
            waiting = self._store.waiting(self.channel, partitions)
        oldest = (self._clock.now() - rows[0].at).total_seconds() if rows else 0.0
        self._metrics.lane(self.channel, waiting, max(0.0, oldest))


def lane_of(
    channel: NoticeChannel,
    outside: Outside,
    policy: SendingPolicy,
    process: Process,
    providers: Providers,
    store: AsideStore,
    metrics: LaneMetrics = _UNTOLD,
) -> Lane:
    """Return a channel's lane, with threads of its own: those of others are not used up by it."""
    owner = f"{process.owner}{LANE}{channel}"
    dispatch = Dispatch(
        outside._replace(pool=ThreadPool(process.at_once)),
        policy,
        providers,
        process._replace(owner=owner),
        timedelta(seconds=policy.call_seconds + _LATE_SECONDS),
    )
    budget = policy.budget_seconds
    return Lane(channel, store, dispatch, providers[channel], outside.clock, budget, metrics)
