"""One batch off a consumer: as many records as are wanted, and no longer a wait than pays."""

from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol, TypeVar

LINGER_SECONDS: Final = 0.003
"""How long to wait for the rest of a batch once its first record is there."""
SLICE: Final = 100
"""Records taken at a time; between two slices the size of the batch is looked at."""


class Sized(Protocol):
    """A message, whose length is that of its value."""

    def __len__(self) -> int: ...


M = TypeVar("M", bound=Sized)


class Batches:
    """Takes from ``consume`` (so many messages, waiting so many seconds for them at most) until a
    batch has its number, or ``most_bytes``, or nothing more comes, or ``gather_s`` seconds have
    passed since the first one was there."""

    def __init__(self, most_bytes: int, gather_s: float = LINGER_SECONDS) -> None:
        self._most_bytes = most_bytes
        self._gather = gather_s

    def take(
        self, consume: Callable[[int, float], list[M]], max_records: int, timeout_s: float
    ) -> list[M]:
        """Return the next batch; wait ``timeout_s`` for its first record. Who is not to wait at all
        has other work at hand, and does not wait for the rest of a batch either."""
        messages = consume(1, timeout_s)
        if messages:
            gather = self._gather if timeout_s > 0 else LINGER_SECONDS
            self._fill(consume, messages, max_records, monotonic() + gather)
        return messages

    def _fill(
        self,
        consume: Callable[[int, float], list[M]],
        messages: list[M],
        max_records: int,
        until: float,
    ) -> None:
        size = len(messages[0])
        while size < self._most_bytes and (left := max_records - len(messages)) > 0:
            asked = min(SLICE, left)
            more = consume(asked, max(LINGER_SECONDS, until - monotonic()))
            messages += more
            size += sum(map(len, more))
            if len(more) < asked:
                return
