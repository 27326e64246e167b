"""Leave a provider alone that is in trouble, and try it again now and then with one notice."""

import threading
from dataclasses import dataclass
from math import inf
from typing import Final

from services.domain.send_store import Outcome
from services.sender.limits import Bucket, RecipientCaps
from services.sender.policy import ChannelPolicy

_WORKS: Final = frozenset({Outcome.SENT, Outcome.FAILED})
"""Answers that only a provider in order gives, favourable or not."""
_FRESH_SECONDS: Final = 60.0
"""How long such an answer says that the provider works."""

_QUICK_AGAIN: Final = 8
"""So many quick answers in a row make a slow provider a quick one again."""


@dataclass(slots=True)
class ProviderBreaker:
    """Opens after ``trip`` troubles in a row, for longer each time a probe fails too; and as
    long as the provider asks to be left alone.

    Times are monotonic seconds. Lives in one process: another one finds out by itself.
    """

    policy: ChannelPolicy
    troubles: int = 0
    _worked_at: float = -inf
    _away_since: float = inf
    _closed_from: float = 0.0
    _asked_until: float = 0.0
    _pause: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the provider is believed to be away: also while a probe is allowed."""
        return self.troubles >= self.policy.trip

    @property
    def opens_at(self) -> float:
        """When the next notice may go out; in the past while all is well."""
        return max(self._closed_from, self._asked_until)

    def works(self, now: float) -> bool:
        """Return whether it may be believed about a single notice: nothing speaks against it,
        or it dealt with another one just now."""
        return not self.is_open or now - self._worked_at <= _FRESH_SECONDS

    def away_for(self, now: float) -> float:
        """Return for how many seconds it has been believed to be away; 0 while it is not."""
        return max(0.0, now - self._away_since)

    def allows(self, now: float) -> int | None:
        """Return how many notices may go out now; None is any number."""
        if now < self.opens_at:
            return 0
        return 1 if self.is_open else None

    def note(self, outcome: Outcome, retry_after: float | None, now: float) -> None:
        """Take in what came of an attempt."""
        longest = self.policy.leave_alone_longest
        if retry_after is not None:
            self._asked_until = max(self._asked_until, now + min(retry_after, longest))
        if outcome in _WORKS:
            self.troubles, self._pause, self._closed_from = 0, 0.0, 0.0
            self._worked_at, self._away_since = now, inf
            return
        was_open = self.is_open
        self.troubles += 1
        if not self.is_open or (was_open and now < self._closed_from):
            return  # not enough yet, or one of many that were under way together
        self._away_since = min(self._away_since, now)
        doubled = self._pause * 2 if was_open else self.policy.leave_alone_seconds
        self._pause = min(doubled, longest)
        self._closed_from = now + self._pause


class Provider:
    """What stands between a channel and its provider: breaker, rate and caps; and how quickly it
    answers. ``name`` tells it from others of its channel. Asked by several threads."""

    def __init__(self, policy: ChannelPolicy, name: str = "") -> None:
        self.name = name
        self.breaker = ProviderBreaker(policy)
        self._caps = RecipientCaps(policy.caps)
        self._bucket = Bucket(policy.rate)
        self._slow_seconds = policy.slow_seconds
        self._quick_in_a_row = _QUICK_AGAIN
        self._lock = threading.Lock()
        self.trouble = "in trouble"
        """The word of the last trouble."""

    @property
    def is_slow(self) -> bool:
        """Whether an answer took too long, and not enough quick ones came since."""
        return self._quick_in_a_row < _QUICK_AGAIN

    def allows(self, now: float) -> int:
        """Return how many notices may go out now."""
        with self._lock:
            allowed, available = self.breaker.allows(now), self._bucket.available(now)
        return available if allowed is None else min(allowed, available)

    def free_at(self, now: float) -> float:
        """Return when the next may go out, if the breaker lets it."""
        with self._lock:
            return self._bucket.free_at(now)

    def take(self, address: str, passes: bool, now: float) -> float | None:
        """One goes out to an address; or return from when on the caps allow it, and it does not
        go now. What ``passes`` asks no cap and uses none up: caps are ours, so that nobody drowns
        in what can wait. The rate, which is the provider's own limit, takes each one."""
        with self._lock:
            if not passes:
                if (free := self._caps.free_at(address, now)) > now:
                    return free
                self._caps.note(address, now)
            self._bucket.take(now)
            return None

    def take_back(self, address: str) -> None:
        """What asked the caps did not arrive: it uses up none of them."""
        with self._lock:
            self._caps.take_back(address)

    def took(self, seconds: float) -> None:
        """Take in how long an answer took."""
        with self._lock:
            is_quick = seconds < self._slow_seconds
            self._quick_in_a_row = self._quick_in_a_row + 1 if is_quick else 0

    def note(self, outcome: Outcome, reason: str, retry_after: float | None, now: float) -> None:
        """Take in what came of an attempt."""
        with self._lock:
            self.breaker.note(outcome, retry_after, now)
            if outcome not in _WORKS:
                self.trouble = reason
