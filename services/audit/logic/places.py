"""Where records stand, as numbers; and how far the groups had come when the audit began.

A million sources as text are too much memory, so a place is one integer. Positions are
taken *before* anything else is read: a record before its group's position has then left
all its traces by the time they are looked for, and one at or after it may still be on
its way and is *waiting*.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_PARTITION_BITS: Final = 16
_OFFSET_BITS: Final = 40
_OFFSET: Final = (1 << _OFFSET_BITS) - 1
_PARTITION: Final = (1 << _PARTITION_BITS) - 1
_URL_SAFE: Final = str.maketrans("-_", "+/")


class Span(NamedTuple):
    """The part of one partition's log that was examined: from its start up to ``end``."""

    start: int
    end: int


@dataclass(slots=True)
class Places:
    """The map of what is examined.

    ``ids``: real topic name → topic id. ``spans``: (topic, partition) → what was read.
    ``positions``: (topic, partition) → committed position of the group that reads it;
    where it never committed, everything is waiting.
    """

    ids: Mapping[str, str]
    spans: Mapping[tuple[str, int], Span]
    positions: Mapping[tuple[str, int], int] = field(default_factory=dict)
    _names: list[str] = field(init=False)
    _numbers: dict[str, int] = field(init=False)
    _by_id: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._names = sorted(self.ids)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._by_id = {_same(self.ids[name]): number for name, number in self._numbers.items()}

    def place(self, topic: str, partition: int, offset: int) -> int:
        """Return the place of a record."""
        high = self._numbers[topic] << _PARTITION_BITS | partition
        return high << _OFFSET_BITS | offset

    def place_of(self, source: str) -> int | None:
        """Return the place that ``<topic id>:<partition>:<offset>`` names; None when there is
        no such topic (any more) or the text is something else."""
        topic_id, _, rest = source.partition(":")
        number = self._by_id.get(topic_id)
        if number is None:
            number = self._by_id.get(_same(topic_id))
        partition, _, offset = rest.partition(":")
        if number is None or not (partition.isdigit() and offset.isdigit()):
            return None
        return (number << _PARTITION_BITS | int(partition)) << _OFFSET_BITS | int(offset)

    def split(self, place: int) -> tuple[str, int, int]:
        """Return topic, partition and offset of a place."""
        high = place >> _OFFSET_BITS
        return self._names[high >> _PARTITION_BITS], high & _PARTITION, place & _OFFSET

    def name(self, place: int) -> str:
        """Return the place as a person writes it: ``<topic>:<partition>:<offset>``."""
        topic, partition, offset = self.split(place)
        return f"{topic}:{partition}:{offset}"

    def is_waiting(self, place: int) -> bool:
        """Return whether the group that reads this topic may not have passed the place."""
        topic, partition, offset = self.split(place)
        return offset >= self.positions.get((topic, partition), 0)

    def may_be_under_way(self, sources: tuple[str, ...] | list[str]) -> bool:
        """Return whether what these sources caused may not have been produced yet."""
        places = map(self.place_of, sources)
        return any(place is not None and self.is_waiting(place) for place in places)

    def begins_at_zero(self, topic: str) -> bool:
        """Return whether nothing of the topic has been deleted by retention."""
        return all(span.start == 0 for (name, _), span in self.spans.items() if name == topic)


def _same(topic_id: str) -> str:
    """One spelling: librdkafka writes a topic id as base64, Kafka's tools as URL-safe base64."""
    return topic_id.translate(_URL_SAFE)
