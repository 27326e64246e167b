"""The batch loop: read, decide, write the database, then one Kafka transaction.

Sans-IO: everything outside comes in as a port, time included, and :meth:`BatchLoop.step`
does one round without a thread or a sleep of its own. The same code runs on Kafka and
MongoDB and inside a simulation. ADR 0003 gives the reasons for the order of things.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.domain.clock import Clock
from services.domain.errors import OutageError, PoisonError, TransactionLost
from services.runtime.batching import BatchSizer
from services.runtime.breaker import Breaker
from services.runtime.burying import bury, refuse_too_long
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.deadletters import tell, to_dead_letter
from services.runtime.metrics import LoopMetrics
from services.runtime.ports import Handler, TimedHandler, TransactionalLog
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Spot
from services.runtime.switch import PauseSwitch, never_paused
from services.runtime.troubles import BREAKER_OPEN, LOST

logger: Final = logging.getLogger(__name__)

LOSSES_AT_ONCE: Final = 3
"""So many transactions may be lost one after another before the worker pauses between them."""


class Step(StrEnum):
    """What a round came to."""

    IDLE = "idle"
    COMMITTED = "committed"
    PAUSED = "paused"
    """It waits out a hold that began earlier."""
    SWITCHED_OFF = "switched_off"
    """A person paused it."""
    OUTAGE = "outage"
    LOST = "lost"
    BREAKER_OPEN = "breaker_open"


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """``code_version`` is written into dead letters; times are seconds."""

    worker: str
    poll_seconds: float
    retry_seconds: float
    probe_seconds: float
    code_version: str


class BatchLoop:
    """One worker's loop. Call :meth:`step` until told to stop; then close the log."""

    def __init__(
        self,
        settings: LoopSettings,
        log: TransactionalLog,
        handler: Handler,
        clock: Clock,
        sizer: BatchSizer,
        breaker: Breaker,
        metrics: LoopMetrics,
        crash: CrashPoints = never,
        pause_switch: PauseSwitch = never_paused,
    ) -> None:
        self._settings = settings
        self._log = log
        self._handler = handler
        self._clock = clock
        self._sizer = sizer
        self._breaker = breaker
        self._metrics = metrics
        self._crash = crash
        self._pause_switch = pause_switch
        self._resume_at: float | None = None
        self._must_recover = False
        self._losses = 0
        self._timed = handler if isinstance(handler, TimedHandler) else None
        self._spots: frozenset[Spot] = frozenset()
        self._has_more = False
        self._refused: dict[Spot, int] = {}
        self._refusal = ""
        self.trouble: str | None = None
        """Why the worker stands still now, in words; None while it works."""

    def step(self) -> Step:
        """Do one round.

        Raises:
            UnsafeStart: going on could lose or double records.
        """
        try:
            paused = self._pause_switch()
            if paused is not None:
                return self._stand_by(paused)
            if self._is_holding():
                return Step.PAUSED
            if self._must_recover:
                self._log.recover()
                self._must_recover = False
            batch = self._poll(self._sizer.size, self._settings.poll_seconds)
            if batch:
                step = self._process(batch)
            else:
                self._metrics.idle()
                step = Step.IDLE
                if self._timed is None:
                    self._end_trouble()
            return self._tick(step)
        except OutageError as outage:
            return self._hold(Step.OUTAGE, str(outage), self._settings.retry_seconds)

    def _stand_by(self, why: str) -> Step:
        """Stay in the group and do nothing, until the switch is turned back: then at once. A timed
        handler holds nothing meanwhile: what works beside the loop stands still as well."""
        if self._resume_at is None:
            self._log.pause()
        if self.trouble != why:
            logger.warning("switched off", extra={"reason": why})
            self._metrics.paused(True)
        self.trouble = why
        self._resume_at = self._clock.monotonic()
        self._assign(frozenset())
        self._log.poll(1, self._settings.poll_seconds)
        return Step.SWITCHED_OFF

    def _is_holding(self) -> bool:
        if self._resume_at is None:
            return False
        left = self._resume_at - self._clock.monotonic()
        if left > 0:
            self._poll(1, min(left, self._settings.poll_seconds))
            return True
        self._resume_at = None
        self._metrics.paused(False)
        self._log.rewind()
        self._log.resume()
        return False

    def _poll(self, max_records: int, timeout_s: float) -> list[Inbound]:
        """Read, and tell a timed handler what it holds now. After each poll: a partition that
        was away in between, and changed in other hands, must not look as if it never left."""
        batch = self._log.poll(max_records, 0.0 if self._has_more else timeout_s)
        self._has_more = False
        if self._timed is not None:
            self._assign(frozenset(self._places(self._timed.topic)))
        return batch

    def _places(self, topic: str) -> dict[Spot, int]:
        """Return where it stands in the partitions of ``topic`` that it holds."""
        return {spot: at for spot, at in self._log.held().items() if spot.topic == topic}

    def _assign(self, spots: frozenset[Spot]) -> None:
        if self._timed is not None and spots != self._spots:
            self._spots = spots
            self._timed.assigned(spots)

    def _tick(self, step: Step) -> Step:
        """Let a timed handler speak, after what arrived was taken in; return how the round ended.

        Its transaction carries the current positions: one without would not be fenced.
        """
        if self._timed is None or step not in (Step.IDLE, Step.COMMITTED):
            return step
        started = self._clock.monotonic()
        positions = self._log.positions()
        handled = self._timed.tick(self._clock.now(), positions)
        decided = self._clock.monotonic()
        if handled.outbound:
            if not self._commit(handled.outbound, self._places(self._timed.topic)):
                return Step.LOST
            step = Step.COMMITTED
        if handled.outcomes:
            self._has_more = True
            self._metrics.ticked(handled, decided - started, self._clock.monotonic() - decided)
        self._end_trouble()
        return step

    def _end_trouble(self) -> None:
        """It is over, though no record came to show it: a quiet worker is ready too.

        Not while the records stand unread that opened the breaker: a round between two probes
        that happens to fetch nothing, or only what waits in other partitions, ends nothing.
        """
        if self.trouble is None:
            return
        held = self._log.held()
        if any(held.get(spot, first + 1) <= first for spot, first in self._refused.items()):
            self.trouble = self._refusal
            return
        self._refused.clear()
        self._metrics.breaker(False)
        self.trouble = None

    def _commit(self, outbound: Sequence[Outbound], offsets: Mapping[Spot, int]) -> bool:
        """Run the transaction; return whether it surely committed."""
        try:
            self._crash("before_begin")
            self._log.transact(outbound, offsets)
            self._crash("after_commit")
        except TransactionLost as lost:
            logger.warning("transaction lost, recovering", extra={"reason": str(lost)})
            self._must_recover = True
            self._losses += 1
            self._metrics.lost()
            self._assign(frozenset())
            if self._losses > LOSSES_AT_ONCE:
                trouble = f"{LOST}: {lost}"
                self._hold(Step.LOST, trouble, self._settings.retry_seconds)
            return False
        self._losses = 0
        return True

    def _process(self, batch: Sequence[Inbound]) -> Step:
        started = self._clock.monotonic()
        self._crash("after_poll")
        handled = self._handle(batch)
        failed = sum(1 for letter in handled.dead if letter.reason is DeadReason.HANDLER_ERROR)
        # A client that reuses keys must not be able to stop everybody: only its records die.
        conflicts = sum(1 for letter in handled.dead if letter.reason is DeadReason.CONFLICTING)
        dead = len(handled.dead) - conflicts
        if not self._breaker.admits(len(batch), dead, failed):
            return self._refuse(batch, dead, handled.dead[0].rule)
        stored = self._clock.monotonic()
        last = {(record.topic, record.partition): record.offset for record in batch}
        offsets = {Spot(*place): offset + 1 for place, offset in last.items()}
        outbound = handled.outbound + [self._dead_letter(letter) for letter in handled.dead]
        if not self._commit(outbound, offsets):
            return Step.LOST
        ended = self._clock.monotonic()
        waited = self._clock.now().timestamp() - batch[0].timestamp_ms / 1000 - (ended - started)
        self._sizer.learn(len(batch), ended - started, waited)
        self._breaker.accept(len(batch), dead)
        self._metrics.batch(batch, handled, stored - started, ended - stored, self._clock.now())
        self._end_trouble()
        return Step.COMMITTED

    def _refuse(self, batch: Sequence[Inbound], dead: int, rule: str) -> Step:
        """Open the breaker, and remember where the records stand that did it."""
        self._metrics.breaker(True)
        self._refused = {
            Spot(record.topic, record.partition): record.offset for record in reversed(batch)
        }
        self._refusal = f"{BREAKER_OPEN}: {dead} of {len(batch)} records would die, first: {rule}"
        return self._hold(Step.BREAKER_OPEN, self._refusal, self._settings.probe_seconds)

    def _handle(self, batch: Sequence[Inbound], tried: int = 0) -> Handled:
        """Run the handler; find the single record that breaks it by halving the batch.

        Handlers are idempotent, so running a part again is safe; parts keep their order. Nothing
        dies that did not break it twice (``tried`` so often before): once may have been a race,
        with a worker that was given up for dead.
        """
        try:
            handled = self._handler.handle(batch, self._log.positions())
            refuse_too_long(handled.outbound)
            return handled
        except OutageError:
            raise
        except Exception as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                handled = self._handle(batch[:middle], tried + 1)
                handled.add(self._handle(batch[middle:], tried + 1))
                return handled
            if not tried and not isinstance(error, PoisonError):
                logger.warning("a record broke the handler, trying it again", exc_info=error)
                return self._handle(batch, tried + 1)
            return Handled(dead=[bury(self._handler, batch[0], error)])

    def _dead_letter(self, letter: DeadLetter) -> Outbound:
        tell(letter)
        return to_dead_letter(
            letter, self._settings.worker, self._clock.now(), self._settings.code_version
        )

    def _hold(self, step: Step, trouble: str, seconds: float) -> Step:
        """Produce nothing, stay in the group, try the same records again later."""
        if self.trouble != trouble:
            logger.error("standing still", extra={"reason": trouble, "step": step})
        self.trouble = trouble
        self._metrics.held(step)
        self._log.pause()
        self._resume_at = self._clock.monotonic() + seconds
        return step
