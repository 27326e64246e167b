"""How much a provider and a recipient are sent. Monotonic seconds; lives in one process."""

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from services.sender.policy import Cap, Rate

_MOST_KNOWN: Final = 100_000
"""Addresses remembered; the longest silent are forgotten first."""


@dataclass(slots=True)
class Bucket:
    """Fills with the rate's tokens up to its burst; each notice takes one."""

    rate: Rate
    _tokens: float = -1.0
    _at: float = 0.0

    def available(self, now: float) -> int:
        """Return how many notices may go now."""
        self._fill(now)
        return int(self._tokens)

    def take(self, now: float) -> None:
        """Use one token."""
        self._fill(now)
        self._tokens -= 1

    def free_at(self, now: float) -> float:
        """Return when the next notice may go."""
        self._fill(now)
        return now + max(0.0, 1 - self._tokens) / self.rate.per_second

    def _fill(self, now: float) -> None:
        if self._tokens < 0 and self._at == 0.0:
            self._tokens = self.rate.burst
        else:
            gained = (now - self._at) * self.rate.per_second
            self._tokens = min(self.rate.burst, self._tokens + gained)
        self._at = now or 1e-9


class RecipientCaps:
    """Sliding windows of what went to each address of one channel."""

    def __init__(self, caps: Sequence[Cap]) -> None:
        self._caps = caps
        self._longest = max((cap.seconds for cap in caps), default=0.0)
        self._sent: dict[Hashable, deque[float]] = {}

    def free_at(self, address: Hashable, now: float) -> float:
        """Return when all caps allow the address one more notice; ``now`` when they do already."""
        times = self._sent.get(address, ())
        free = now
        for cap in self._caps:
            if len(times) >= cap.most:
                free = max(free, times[-cap.most] + cap.seconds)
        return free

    def note(self, address: Hashable, now: float) -> None:
        """A notice goes to the address."""
        if not self._caps:
            return
        times = self._sent.pop(address, None) or deque()
        while times and now - times[0] >= self._longest:
            times.popleft()
        times.append(now)
        self._sent[address] = times  # last again
        if len(self._sent) > _MOST_KNOWN:
            del self._sent[next(iter(self._sent))]

    def take_back(self, address: Hashable) -> None:
        """The newest notice to the address did not arrive."""
        if times := self._sent.get(address):
            times.pop()
