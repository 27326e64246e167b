"""The lane of a channel: what its provider could not take at once, worked off beside the loop.

A lane is driven by a thread of its own and never touches Kafka: it brings notices to their ends
and keeps them until the loop has told of them.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from math import inf
from typing import Final

from schemas.codec import decode
from schemas.errors import MalformedRecordError
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.domain.aside_store import Aside, AsideStore
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.runtime.breaker import Breaker
from services.runtime.ports import LaneMetrics
from services.sender.dispatch import Dispatch, always
from services.sender.providers import Providers
from services.sender.resting import Resting
from services.sender.tasks import Task
from services.sender.waves import PutOff

logger: Final = logging.getLogger(__name__)

PAGE: Final = 256
LEAST_SHARE: Final = 8
"""Of a long lane on which several providers are waited for, so many notices of each are read."""
COUNT_SECONDS: Final = 5.0
"""How often a lane is counted that holds more than it reads at a time."""
AGAIN_SECONDS: Final = 1.0
"""How soon a lane looks again whose provider is in trouble."""
DEFECT: Final = "defect"
"""The reason of a notice that broke its lane."""


class Lane:
    """``budget`` is how many seconds one :meth:`step` begins calls. Only :meth:`step` belongs to
    the lane's thread; everything else is the loop's."""

    def __init__(
        self,
        channel: NoticeChannel,
        store: AsideStore,
        dispatch: Dispatch,
        providers: Providers,
        clock: Clock,
        budget: float,
        metrics: LaneMetrics,
    ) -> None:
        self.channel = channel
        self._metrics = metrics
        self._count_at = clock.monotonic()
        self._counted: dict[str, int] = {}
        self._store = store
        self._dispatch = dispatch
        self._providers = providers
        self._clock = clock
        self._budget = budget
        self._lock = threading.Lock()
        self._partitions: frozenset[int] = frozenset()
        self._ended: dict[str, Task] = {}
        self._resting = Resting(providers, clock, budget, PAGE)
        """They are passed over, and close the lane to nobody."""
        self._trouble = ""
        self._busy: frozenset[str] | None = None
        """Providers for which something waits here; None while nobody has looked."""
        self._arrived: dict[str, str] = {}
        """Notices that were put here since the step began that is under way, and for whom."""

    def provider_of(self, recipient: str) -> str:
        """Return the name of the channel's provider that writes to a recipient."""
        return self._providers.name(self.channel, recipient)

    def is_open_to(self, recipient: str) -> bool:
        """Return whether a notice may go past the lane: nothing waits here for its provider, and
        that one is quick."""
        name = self.provider_of(recipient)
        if self._busy is None or name in self._busy:
            return False
        provider = self._providers.named(self.channel, name)
        return not (provider.is_slow or provider.breaker.is_open)

    def serve(self, partitions: AbstractSet[int]) -> None:
        """Work for these partitions from now on; forget ends of others, and of all when there
        are none: they are found again."""
        with self._lock:
            self._partitions = frozenset(partitions)
            self._ended = {
                key: task for key, task in self._ended.items() if task.partition in partitions
            }
            self._resting.clear()
            self._busy = None
            self._counted = {}

    def settle(self) -> None:
        """Find out whether somebody left something here.

        Raises:
            OutageError: the database is away.
        """
        if self._busy is not None or not self._partitions:
            return
        waiting = self._store.waiting(self.channel, self._partitions)
        with self._lock:
            self._busy = self._in_hand().union(waiting)

    def put(self, rows: list[Aside]) -> None:
        """Let notices wait here; what was found out about them before does not count."""
        with self._lock:
            if self._busy is not None:
                self._busy |= {row.provider for row in rows}
            for row in rows:
                self._arrived[row.notice_id] = row.provider
                self._ended.pop(row.notice_id, None)
                self._resting.wake(row.notice_id)
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

    def step(self, goes_on: Callable[[], bool] = always) -> float:
        """Work on what has waited longest; return after how many seconds to do so again. No call
        begins once it is not to go on, or the lane serves other partitions.

        Raises:
            OutageError: the database is away.
        """
        with self._lock:
            now = self._clock.monotonic()
            resting = frozenset(self._resting.names())
            partitions, others = self._partitions, {*self._ended, *resting}
            self._arrived.clear()
        if not partitions:
            self._metrics.lane(self.channel, 0, 0.0)
            self._metrics.providers_away(self.channel, 0)
            return AGAIN_SECONDS
        rows = self._read(partitions, others)
        self._show(rows, len(resting))
        if not rows:
            return AGAIN_SECONDS
        tasks, broken = self._tasks_of(rows), list[Task]()
        trouble = self._work(
            tasks,
            now + self._budget,
            lambda: goes_on() and self._partitions == partitions,
            broken,
        )
        if broken:
            trouble = self._end(broken, len(tasks)) or trouble
        if trouble is not None and str(trouble) != self._trouble:
            logger.warning("a lane waits", extra={"reason": str(trouble)})
        self._trouble = "" if trouble is None else str(trouble)
        has_left = self._sort_out(tasks, {row.notice_id: row.at for row in rows})
        return 0.0 if trouble is None or has_left else AGAIN_SECONDS

    def _tasks_of(self, rows: Iterable[Aside]) -> list[Task]:
        """Return the notices of rows. One that nobody can read stays, counted as waiting, and
        holds up nobody: its end could not be told."""
        tasks: list[Task] = []
        for row in rows:
            try:
                tasks.append(Task(decode(NoticeRequested, row.value), row.partition))
            except MalformedRecordError:
                logger.exception("a notice cannot be read", extra={"reason": row.notice_id})
                with self._lock:
                    self._resting.lay(row.notice_id, inf)
        return tasks

    def _work(
        self, tasks: Sequence[Task], until: float, goes_on: Callable[[], bool], broken: list[Task]
    ) -> PutOff | None:
        """Let them be brought to their ends. Who breaks that is found by halving, as the loop
        does, and added to ``broken``."""
        try:
            return self._dispatch.work(tasks, until, None, goes_on)
        except OutageError:
            raise
        except Exception:
            if len(tasks) == 1:
                extra = {"reason": tasks[0].notice.notice_id, "case": tasks[0].notice.case_id}
                logger.exception("a notice breaks its lane", extra=extra)
                broken += tasks
                return None
            middle = len(tasks) // 2
            first = self._work(tasks[:middle], until, goes_on, broken)
            return self._work(tasks[middle:], until, goes_on, broken) or first

    def _end(self, broken: Sequence[Task], of: int) -> PutOff | None:
        """End who breaks the lane; return why not: when it is nearly everybody, the fault is
        hardly theirs, and the lane waits as the loop would."""
        if not Breaker(PAGE, 1.0).admits(of, len(broken), len(broken)):
            return PutOff("sender", f"{len(broken)} of {of} notices break the lane")
        self._dispatch.abandon(broken, DEFECT)
        return None

    def _sort_out(self, tasks: Iterable[Task], since: Mapping[str, datetime]) -> bool:
        """Keep what ended, and remember what rests; return whether something left the way of
        those behind by it."""
        has_left = False
        with self._lock:
            for task in tasks:
                name = task.notice.notice_id
                if task.partition not in self._partitions or name in self._arrived:
                    continue
                if task.end is not None:
                    self._ended[name] = task
                elif self._resting.takes(task, self.channel, since[name]):
                    has_left = True
        return has_left

    def _read(self, partitions: AbstractSet[int], others: Collection[str]) -> list[Aside]:
        """Return what has waited longest; of a long lane a share for each provider, so that
        nobody waits behind whom another one does not take."""
        rows = self._store.oldest(self.channel, partitions, others, PAGE)
        if len(rows) < PAGE:
            self._counted = {}
            self._note_busy({row.provider for row in rows})
            return rows
        now = self._clock.monotonic()
        if not self._counted or now >= self._count_at:
            self._count_at = now + COUNT_SECONDS
            self._counted = self._store.waiting(self.channel, partitions)
            self._note_busy(self._counted)
        if len(self._counted) < 2:
            return rows
        share = max(LEAST_SHARE, PAGE // len(self._counted))
        return sorted(
            (
                row
                for name in sorted(self._counted)
                for row in self._store.oldest(self.channel, partitions, others, share, name)
            ),
            key=lambda row: row.at,
        )

    def _note_busy(self, waiting: Iterable[str]) -> None:
        with self._lock:
            if self._busy is not None:
                self._busy = self._in_hand().union(waiting)

    def _in_hand(self) -> frozenset[str]:
        """Return for whom something waits that is not read: it ended and is not told, or came
        just now."""
        ended = {self.provider_of(task.notice.recipient) for task in self._ended.values()}
        return frozenset(ended.union(self._arrived.values()))

    def _show(self, rows: Sequence[Aside], resting: int) -> None:
        """Tell how much waits: a long lane is counted in the store, now and then."""
        waiting = sum(self._counted.values()) or len(rows) + resting
        now = self._clock.now()
        with self._lock:
            first = self._resting.oldest() or now
        oldest = (now - min([first, *(row.at for row in rows[:1])])).total_seconds()
        self._metrics.lane(self.channel, waiting, max(0.0, oldest))
        self._metrics.providers_away(self.channel, self._providers.away(self.channel))
