"""One batch off a consumer: as many records as are wanted, and no longer a wait than pays."""

from collections.abc import Callable
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
    batch has its number, or ``most_bytes``, or nothing more comes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    def take(
        self, consume: Callable[[int, float], list[M]], max_records: int, timeout_s: float
    ) -> list[M]:
        """Return the next batch; wait ``timeout_s`` for its first record."""
        messages = consume(1, timeout_s)
        if messages:
            self._fill(consume, messages, max_records)
        return messages

    def _fill(
        self, consume: Callable[[int, float], list[M]], messages: list[M], max_records: int
    ) -> None:
        size = len(messages[0])
        while size < self._most_bytes and (left := max_records - len(messages)) > 0:
            asked = min(SLICE, left)
            more = consume(asked, LINGER_SECONDS)
            messages += more
            size += sum(map(len, more))
            if len(more) < asked:
                return
