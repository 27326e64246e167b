"""Check C: ``cases.changed`` tells each case without gap, backwards step or second version.

A pair (case, seq) may be seen again with the same bytes. What is on the topic is what is
in the log.
"""

from array import array

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import Event, History
from services.audit.logic.places import Places


class _Track:
    """What the topic said of one case: a hash of each value from number ``first`` on."""

    __slots__ = ("first", "hashes", "is_checked", "partition")

    def __init__(self, partition: int, first: int) -> None:
        self.partition = partition
        self.first = first
        self.hashes = array("q")
        self.is_checked = False


class ChangesCheck:
    """Feed the topic first, each partition in order, then the log."""

    def __init__(self, places: Places, topic: str) -> None:
        self._places = places
        self._topic = topic
        self._found = Findings("C", "cases.changed: no gap, no reordering, one version")
        self._tracks: dict[str, _Track] = {}

    def record(self, partition: int, case_key: str, seq: int, value: bytes) -> None:
        """A change stands on the topic."""
        self._found.examined += 1
        track = self._tracks.get(case_key)
        if track is None:
            track = self._tracks[case_key] = _Track(partition, self._first(partition, seq))
        if track.partition != partition:
            where = f"partitions {track.partition} and {partition}"
            self._found.found(Defect.MOVED_PARTITION, case_key, where)
        index = seq - track.first
        known = len(track.hashes)
        if index < 0:
            self._found.found(Defect.GAP, f"{case_key}#{seq}", f"came after {track.first}")
        elif index < known:
            if track.hashes[index] != hash(value):
                self._found.found(Defect.DIFFERENT_BYTES, f"{case_key}#{seq}", "on the topic")
        else:
            if index > known:
                missing = f"{track.first + known} to {seq - 1} are missing before it"
                self._found.found(Defect.GAP, f"{case_key}#{seq}", missing)
                track.hashes.extend([0] * (index - known))
            track.hashes.append(hash(value))

    def unreadable(self, place: int) -> None:
        """A record on the topic is not a change."""
        self._found.examined += 1
        self._found.found(Defect.UNREADABLE, self._places.name(place))

    def wrong_key(self, place: int) -> None:
        """A record's key is not that of the case it tells of."""
        self._found.found(Defect.WRONG_KEY, self._places.name(place))

    def case(self, history: History) -> None:
        """The log of one case, read after the topic."""
        track = self._tracks.get(history.case_key)
        logged: set[int] = set()
        for event in history.events:
            logged.add(event.seq)
            index = event.seq - track.first if track else 0
            if track is None or index >= len(track.hashes):
                self._missing(history.case_key, event.seq, event.source)
            elif index >= 0 and not self._agrees(track.hashes[index], event):
                offender = f"{history.case_key}#{event.seq}"
                self._found.found(Defect.DIFFERENT_BYTES, offender, "log and topic differ")
        if track is not None:
            track.is_checked = True
            self._unlogged(history.case_key, track, logged)

    def _agrees(self, produced: int, event: Event) -> bool:
        """Where words were removed from the log on purpose there is nothing left to compare."""
        return event.is_silenced or produced in (0, hash(event.value))

    def findings(self) -> Findings:
        """Say what is wrong, after the last case."""
        for case_key, track in self._tracks.items():
            if not track.is_checked:
                self._unlogged(case_key, track, set())
        return self._found

    def _first(self, partition: int, seq: int) -> int:
        """A case's numbers begin at 1, unless retention has taken the older ones."""
        return 1 if self._places.spans[self._topic, partition].start == 0 else seq

    def _missing(self, case_key: str, seq: int, source: str) -> None:
        if self._places.may_be_under_way((source,)):
            self._found.waiting += 1
        elif self._places.begins_at_zero(self._topic) or case_key in self._tracks:
            self._found.found(Defect.NOT_PRODUCED, f"{case_key}#{seq}")

    def _unlogged(self, case_key: str, track: _Track, logged: set[int]) -> None:
        for index, digest in enumerate(track.hashes):
            if digest != 0 and track.first + index not in logged:
                self._found.found(Defect.NOT_IN_LOG, f"{case_key}#{track.first + index}")
