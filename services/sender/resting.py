"""The notices that a lane passes over for a while, so that they are in nobody's way."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from services.domain.clock import Clock
from services.sender.logic import Send
from services.sender.providers import Providers
from services.sender.tasks import Task


class Resting:
    """Who had enough rests until his caps allow more; who failed over and waits for another
    channel's provider, until that one may be tried again. ``every`` is how many seconds a lane
    takes at most to look at ``page`` notices. Used under its lane's lock."""

    def __init__(self, providers: Providers, clock: Clock, every: float, page: int) -> None:
        self._providers = providers
        self._clock = clock
        self._every: Final = every
        self._page: Final = page
        self._until: dict[str, float] = {}
        self._elsewhere: dict[str, datetime] = {}
        """Since when those wait that failed over."""

    def names(self) -> AbstractSet[str]:
        """Return who rests now."""
        now = self._clock.monotonic()
        self._until = {name: until for name, until in self._until.items() if until > now}
        self._elsewhere = {
            name: since for name, since in self._elsewhere.items() if name in self._until
        }
        return self._until.keys()

    def oldest(self) -> datetime | None:
        """Return since when the first waits for another channel; None when nobody does."""
        return min(self._elsewhere.values(), default=None)

    def clear(self) -> None:
        """Look at all of them again."""
        self._until.clear()
        self._elsewhere.clear()

    def wake(self, name: str) -> None:
        """Look at one again."""
        self._until.pop(name, None)
        self._elsewhere.pop(name, None)

    def lay(self, name: str, until: float) -> None:
        """Let one rest until a monotonic second."""
        self._until[name] = until

    def takes(self, task: Task, of: str, since: datetime) -> bool:
        """Return whether a notice on the lane of a channel, there ``since``, rests from now on."""
        now, name = self._clock.monotonic(), task.notice.notice_id
        if task.rests_until > now:
            self.lay(name, task.rests_until)
            return True
        step = task.step
        if not isinstance(step, Send) or step.channel == of:
            return False
        breaker = self._providers.of(step.channel, task.notice.recipient).breaker
        # All the others are looked at before it comes again.
        round_ = self._every * (1 + len(self._elsewhere) // self._page)
        self.lay(name, max(breaker.opens_at, now + round_))
        self._elsewhere[name] = since
        return True
