"""The sender's loop with a lane for each channel: who is slow or away holds up nobody else.

What its provider takes at once goes out with the batch. The rest is written down on the lane of
its channel, and the batch is over; lanes work beside the loop, and every round tells what ended
there. Who comes to a lane on which something waits for the same provider waits behind it.
"""

import logging
import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from schemas.codec import encode
from schemas.notice_words import NoticeChannel
from services.domain.aside_store import Aside, AsideStore
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.runtime.records import Handled, Inbound, Positions, Spot
from services.sender.handler import SenderHandler
from services.sender.lane import AGAIN_SECONDS, Lane
from services.sender.tasks import Task

logger: Final = logging.getLogger(__name__)

_STOP_SECONDS: Final = 8.0
"""How long a stop waits for calls that are on their way, on all lanes together: none begins after
the process is told to end, and each is over, and written down, within this time. The watchdog
waits for 14 s in all."""


class LanedHandler:
    """See :class:`services.runtime.ports.TimedHandler`. ``topic`` is that of the requests; once
    ``stop`` is set, which is the process told to end, nothing is begun any more."""

    def __init__(
        self,
        topic: str,
        sender: SenderHandler,
        lanes: Sequence[Lane],
        store: AsideStore,
        clock: Clock,
        stop: threading.Event | None = None,
    ) -> None:
        self.topic = topic
        self._sender = sender
        self._lanes = {lane.channel: lane for lane in lanes}
        self._store = store
        self._clock = clock
        self._told: set[str] = set()
        self._partitions: frozenset[int] = frozenset()
        self._stop = stop or threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Let the lanes work, each in a thread of its own."""
        for lane in self._lanes.values():
            thread = threading.Thread(
                target=self._drive, args=(lane,), name=f"lane-{lane.channel}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Begin nothing more, and wait for what is on its way."""
        self._stop.set()
        until = self._clock.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - self._clock.monotonic()))

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port."""
        self._confirm()
        for lane in self._lanes.values():
            lane.settle()
        handled = Handled()
        tasks = self._sender.read(batch, handled)
        at_once = [
            task
            for task in tasks
            if task.has_news or self._lanes[task.notice.channel].is_open_to(task.notice.recipient)
        ]
        self._sender.work(at_once, self._goes_on)
        later: list[Task] = []
        for task in tasks:
            if task.end is None:
                later.append(task)
            else:
                self._sender.tell(task, handled)
        self._set_aside(later, handled)
        return handled

    def assigned(self, spots: AbstractSet[Spot]) -> None:
        """See the port."""
        self._partitions = frozenset(spot.partition for spot in spots if spot.topic == self.topic)
        self._told.clear()
        for lane in self._lanes.values():
            lane.serve(self._partitions)

    def tick(self, now: datetime, positions: Positions) -> Handled:
        """Tell what ended on the lanes."""
        self._confirm()
        handled = Handled()
        if not self._partitions:
            return handled
        for lane in self._lanes.values():
            for task in lane.ended():
                self._sender.tell(task, handled)
                self._told.add(task.notice.notice_id)
        return handled

    def _confirm(self) -> None:
        """What was told in the last round is committed: nothing waits for it any more."""
        if not self._told:
            return
        self._store.take_away(self._told)
        for lane in self._lanes.values():
            lane.told(self._told)
        self._told.clear()

    def _set_aside(self, tasks: Sequence[Task], handled: Handled) -> None:
        now = self._clock.now()
        rows: dict[NoticeChannel, list[Aside]] = {}
        for task in tasks:
            notice = task.notice
            handled.outcomes[f"{notice.channel}_aside"] += 1
            provider = self._lanes[notice.channel].provider_of(notice.recipient)
            rows.setdefault(notice.channel, []).append(
                Aside(
                    notice.notice_id, notice.channel, task.partition, now, encode(notice), provider
                )
            )
        for channel, some in rows.items():
            self._lanes[channel].put(some)

    def _goes_on(self) -> bool:
        return not self._stop.is_set()

    def _drive(self, lane: Lane) -> None:
        while self._goes_on():
            try:
                pause = lane.step(self._goes_on)
            except OutageError as outage:
                logger.warning("a lane waits", extra={"reason": str(outage)})
                pause = AGAIN_SECONDS
            except Exception:
                logger.exception("a lane stumbled", extra={"reason": lane.channel})
                pause = AGAIN_SECONDS
            self._stop.wait(pause)
