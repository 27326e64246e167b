"""Attempts of notices, as this process knows them: the store, and what it does not have yet."""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.domain.send_store import Attempt, Claim, Outcome, Result, SendStore
from services.sender.logic import INTERRUPTED, open_attempts

logger: Final = logging.getLogger(__name__)

NOT_BEGUN: Final = "not_begun"
UNWRITABLE: Final = "unwritable"
LANE: Final = "/"
"""Stands in the name of an owner between the process and its lane."""


class Known(NamedTuple):
    """Attempts by notice, and the notices that another process may be sending right now."""

    attempts: dict[str, list[Attempt]]
    elsewhere: frozenset[str] = frozenset()


class Memory:
    """What an owner knows and the store does not: results that the database could not take when
    they were there, and claims under which nothing was sent. All who claim under one name share
    one, so that it is no matter to which of them a notice comes again. Used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unsaved: list[Result] = []
        self._unused: set[str] = set()

    def keep(self, results: Iterable[Result]) -> None:
        """Remember results until somebody takes them."""
        with self._lock:
            self._unsaved.extend(results)

    def take(self) -> list[Result]:
        """Return what was kept: whoever takes it writes it down, or keeps it again."""
        with self._lock:
            taken, self._unsaved = self._unsaved, []
            return taken

    def is_unused(self, key: str) -> bool:
        """Return whether nothing was sent under a claim of ours."""
        with self._lock:
            return key in self._unused

    def claimed(self, keys: Iterable[str]) -> None:
        """Note claims, before they are made."""
        with self._lock:
            self._unused.update(keys)

    def used(self, keys: Iterable[str]) -> None:
        """Note that something is sent under these claims, or that their end is written."""
        with self._lock:
            self._unused.difference_update(keys)


class Journal:
    """Between the handler and the store. ``owner`` names this process, and its lane, in claims. A
    claim of another process that is younger than ``lease`` may be under way: it is waited for.

    Remembers results that the database could not take when they were there, and claims of
    its own under which nothing was sent, so that an outage of the database alone puts no
    notice in doubt; in a ``memory`` that all who work under the same owner share.
    """

    def __init__(
        self,
        store: SendStore,
        owner: str,
        clock: Clock,
        lease: timedelta = timedelta(0),
        memory: Memory | None = None,
    ) -> None:
        self._lease = lease
        self._store = store
        self._owner = owner
        self._clock = clock
        self._memory = memory or Memory()

    def look_up(self, notice_ids: Iterable[str]) -> Known:
        """Return all attempts of the notices; every one has a result, save those elsewhere.

        An attempt that was claimed and never written down gets UNKNOWN now: whoever made it
        is gone, or is believed to be.
        """
        wanted = list(notice_ids)
        self.save([])
        known = self._store.attempts(wanted)
        now = self._clock.now()
        claims = [
            attempt.claim
            for attempts in known.values()
            for attempt in open_attempts(attempts)
            if attempt.claim is not None
        ]
        if not claims:
            return Known(known)
        under_way = {one.key for one in claims if self._is_under_way(one, now)}
        elsewhere = frozenset(one.notice_id for one in claims if one.key in under_way)
        missing = [self._end_of(one, now) for one in claims if one.key not in under_way]
        if not missing:
            return Known(known, elsewhere)
        doubts = sum(1 for result in missing if result.outcome is Outcome.UNKNOWN)
        if doubts:
            logger.warning("attempts without a result", extra={"reason": f"{doubts} in doubt"})
        self.save(missing)
        return Known(self._store.attempts(wanted), elsewhere)

    def _is_under_way(self, claim: Claim, now: datetime) -> bool:
        if claim.owner == self._owner:
            return False  # we would know: it was left behind
        if claim.owner.partition(LANE)[0] == self._owner.partition(LANE)[0]:
            # Another hand of this very process has it; or had, and an outage took it away.
            return not self._lease or now - claim.at < self._lease
        return now - claim.at < self._lease

    def _end_of(self, claim: Claim, now: datetime) -> Result:
        is_unused = claim.owner == self._owner and self._memory.is_unused(claim.key)
        outcome, reason = (Outcome.AWAY, NOT_BEGUN) if is_unused else (Outcome.UNKNOWN, INTERRUPTED)
        return Result(claim.notice_id, claim.attempt, outcome, reason, now)

    def claim(self, wanted: Sequence[Claim]) -> frozenset[str]:
        """Claim attempts; return the keys that are now ours."""
        keys = {claim.key for claim in wanted}
        self._memory.claimed(keys)
        return frozenset(keys - self._store.claim(wanted))

    def begin(self, keys: Iterable[str]) -> None:
        """Note that something is about to be sent under these claims."""
        self._memory.used(keys)

    def save(self, results: Sequence[Result]) -> dict[str, Result]:
        """Write results down; return what stands, which is another's if it came first.

        Raises:
            OutageError: they are not written, but kept for the next time.
        """
        pending = [*self._memory.take(), *results]
        if not pending:
            return {}
        try:
            winners = self._recorded(pending)
        except BaseException:
            self._memory.keep(pending)
            raise
        self._memory.used(winners)
        return winners

    def _recorded(self, results: Sequence[Result]) -> dict[str, Result]:
        try:
            return self._store.record(results)
        except OutageError:
            raise
        except Exception:
            logger.exception("a result cannot be written")
            return self._one_by_one(results)

    def _one_by_one(self, results: Sequence[Result]) -> dict[str, Result]:
        """Write each result by itself, one that the store cannot take without the provider's own
        words: what was sent is never in doubt because of them."""
        winners: dict[str, Result] = {}
        for one in results:
            try:
                winners |= self._store.record([one])
            except OutageError:
                raise
            except Exception:  # noqa: BLE001 - its words are given up, not its outcome
                bare = replace(one, reason=UNWRITABLE, provider_id=None, provider=None)
                winners |= self._store.record([bare])
        return winners
