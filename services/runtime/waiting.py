"""For how long the oldest record that waits has waited, by what a worker knows of it. Pure.

To know it for sure is to read the record. A worker has read those that it tries again; of the
others it knows that they are younger than the last one it read before them, and than the last
moment at which nothing waited there. So the answer is what they waited at most. Where it has seen
neither, it counts from when it first saw that something waits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.runtime.records import Inbound, Spot

Span = tuple[int, int]
"""Where a group stands in a partition, and where that ends: offsets."""


class Lag(NamedTuple):
    """What waits before a worker: at most so many records, the oldest for so many seconds."""

    records: int
    seconds: float


class _Read(NamedTuple):
    offset: int
    at: float


@dataclass(slots=True)
class WaitingSince:
    """Times are seconds since the epoch, those of records as their topics have them."""

    _first: dict[Spot, _Read] = field(default_factory=dict)
    _last: dict[Spot, _Read] = field(default_factory=dict)
    _nothing_at: dict[Spot, float] = field(default_factory=dict)

    def read(self, batch: Sequence[Inbound]) -> None:
        """Take note of a batch, each partition of it in order."""
        for known, records in ((self._first, reversed(batch)), (self._last, batch)):
            ends = {(record.topic, record.partition): record for record in records}
            for place, record in ends.items():
                known[Spot(*place)] = _Read(record.offset, record.timestamp_ms / 1000)

    def nothing(self, spots: Iterable[Spot], now: float) -> Lag:
        """Take note that nothing waits in the partitions held."""
        return self.lag(dict.fromkeys(spots, (0, 0)), now)

    def lag(self, spans: Mapping[Spot, Span], now: float) -> Lag:
        """Return what waits in the partitions held; 0 seconds where nothing does."""
        for known in (self._first, self._last, self._nothing_at):
            for spot in known.keys() - spans.keys():
                del known[spot]
        since = [now]
        for spot, (position, end) in spans.items():
            if end <= position:
                self._nothing_at[spot] = now
            else:
                since.append(self._since(spot, position, now))
        return Lag(sum(max(0, end - at) for at, end in spans.values()), now - min(since))

    def _since(self, spot: Spot, position: int, now: float) -> float:
        first, last = self._first.get(spot), self._last.get(spot)
        if first is not None and last is not None and last.offset >= position:
            return first.at  # in hand, and tried again
        seen = self._nothing_at.get(spot)
        if last is not None:
            return last.at if seen is None else max(last.at, seen)
        return self._nothing_at.setdefault(spot, now) if seen is None else seen
