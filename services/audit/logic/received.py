"""Check A: every record on ``complaints.received``, in either lane, is accounted for exactly once.

By a row of the ledger, as a resubmission, or as a dead letter. Kept as one byte per
offset, so that a million records need a megabyte. A dead letter that stands there again is
the same one: a group whose offsets an operator set back buries its poison a second time,
with the same source and bytes, and which of the two is mended makes no difference.
"""

from collections.abc import Collection
from typing import Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.places import Places

_ON_TOPIC: Final = 0x40
_KINDS: Final = (("contact", 0), ("resubmission", 2), ("dead letter", 4))
_ACCOUNTS: Final = 0x3F
_ONCE: Final = frozenset(_ON_TOPIC | 1 << shift for _, shift in _KINDS)


class ReceivedCheck:
    """Feed the topic, the ledger, the resubmissions and the dead letters, in any order."""

    def __init__(self, places: Places, topics: Collection[str]) -> None:
        self._places = places
        self._spans = {spot: span for spot, span in places.spans.items() if spot[0] in topics}
        self._seen = {spot: bytearray(span.end - span.start) for spot, span in self._spans.items()}

    def record(self, topic: str, partition: int, offset: int) -> None:
        """A record stands on the topic."""
        spot = (topic, partition)
        index = offset - self._spans[spot].start
        if 0 <= index < len(self._seen[spot]):
            self._seen[spot][index] |= _ON_TOPIC

    def contact(self, source: str) -> None:
        """A ledger row was decided from ``source``."""
        self._account(source, 0)

    def absorbed(self, source: str) -> None:
        """``source`` was recognised as sent again."""
        self._account(source, 2)

    def dead(self, source: str) -> None:
        """A dead letter holds what stood at ``source``; told twice, it counts once."""
        self._account(source, 4, most=1)

    def findings(self) -> Findings:
        """Say what is lost or doubled."""
        found = Findings("A", "each received contact is accounted for once")
        for spot in sorted(self._seen):
            start = self._spans[spot].start
            for index, state in enumerate(self._seen[spot]):
                if state:
                    self._judge(found, self._places.place(*spot, start + index), state)
        return found

    def _judge(self, found: Findings, place: int, state: int) -> None:
        found.examined += state >= _ON_TOPIC
        if state in _ONCE:
            return
        if not state & _ON_TOPIC:
            found.found(Defect.PHANTOM, self._places.name(place), _words(state))
        elif state & _ACCOUNTS:
            found.found(Defect.DOUBLED, self._places.name(place), _words(state))
        elif self._places.is_waiting(place):
            found.waiting += 1
        else:
            found.found(Defect.LOST, self._places.name(place))

    def _account(self, source: str, shift: int, most: int = 3) -> None:
        place = self._places.place_of(source)
        if place is None:
            return
        topic, partition, offset = self._places.split(place)
        seen = self._seen.get((topic, partition))
        if seen is None:
            return
        index = offset - self._spans[topic, partition].start
        if 0 <= index < len(seen) and (seen[index] >> shift) & 3 < most:
            seen[index] += 1 << shift


def _words(state: int) -> str:
    counts = ((name, (state >> shift) & 3) for name, shift in _KINDS)
    return ", ".join(f"{count} {name}" for name, count in counts if count)
