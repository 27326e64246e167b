"""Which partitions a worker holds, where each stands, and which of them it serves.

A partition number is served only while it is held of *all* topics (ADR 0004), because records
of one case come over several topics; what stands alone is served by itself (ADR 0021). Where to
begin is found outside of the rebalance callback, so that an outage there can be waited out.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from services.adapters.kafka_config import USUAL, Limits, consumer_config
from services.adapters.kafka_offsets import start_offset
from services.adapters.kafka_topics import CALL_SECONDS, Topics
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.runtime.ports import Checkpoint, CheckpointStore
from services.runtime.records import Positions, Spot
from services.runtime.waiting import Span

logger: Final = logging.getLogger(__name__)

CHECKPOINT_SECONDS: Final = 1.0
LAG_SECONDS: Final = 1.0
"""How long one question about a partition's end may take."""
FAREWELL_SECONDS: Final = 2.0
"""How long a broker may take to answer at all before the group is left without a word."""


class Assignment:
    """The consumer's side of :class:`services.adapters.kafka_log.KafkaLog`.

    ``alarm`` is told of unsafe things that were survived, by name.
    """

    def __init__(
        self,
        bootstrap: str,
        group: str,
        names: Sequence[str],
        checkpoints: CheckpointStore,
        clock: Clock,
        max_poll_s: float,
        alarm: Callable[[str], None],
        limits: Limits = USUAL,
        alone: AbstractSet[str] = frozenset(),
    ) -> None:
        self._group = group
        self._checkpoints = checkpoints
        self._clock = clock
        self._alarm = alarm
        self._held: dict[Spot, int] = {}
        self._unsettled: set[Spot] = set()
        self._is_paused = False
        self._saved_at = clock.monotonic()
        self._unsaved: dict[Spot, Checkpoint] = {}
        self.served: frozenset[Spot] = frozenset()
        self.topics = Topics(bootstrap, names, alone)
        self.consumer = Consumer(consumer_config(bootstrap, group, max_poll_s, limits))
        self.consumer.subscribe(
            list(names),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )

    def positions(self) -> Positions:
        """Return the committed position of every partition held."""
        return {
            (self.topics.id_of(spot.topic), spot.partition): offset
            for spot, offset in self._held.items()
        }

    def held(self) -> Mapping[Spot, int]:
        """Return the same by the topics' names."""
        return dict(self._held)

    def spans(self, is_fresh: bool, is_idle: bool = False) -> dict[Spot, Span] | None:
        """Return where the group stands in the partitions held and where these end, by what the
        last fetches said or, with ``is_fresh``, by asking the cluster. ``is_idle``: what is served
        was read just now, and nothing was there. None where one of it cannot be found out.
        """
        if self._unsettled:
            return None  # where it stands there could not be read
        spans: dict[Spot, Span] = {}
        for spot, position in self._held.items():
            is_served = spot in self.served
            end = self._end(spot, is_fresh or not is_served)
            if end is None:
                return None
            spans[spot] = (end, end) if is_idle and is_served else (position, end)
        return spans

    def _end(self, spot: Spot, is_fresh: bool) -> int | None:
        """Return where a partition ends: the client says a negative number where it does not know,
        as it does before the first fetch; then the cluster is asked."""
        try:
            for is_cached in (False,) if is_fresh else (True, False):
                found: tuple[int, int] | None = self.consumer.get_watermark_offsets(
                    TopicPartition(*spot), LAG_SECONDS, cached=is_cached
                )
                if found is not None and found[1] >= 0:
                    return found[1]
        except KafkaException:
            return None
        return None

    def settle(self) -> None:
        """Find out where newly held partitions begin, and let them flow.

        Raises:
            OutageError: the cluster or MongoDB is away; call again later.
            UnsafeStart: see :func:`services.adapters.kafka_offsets.start_offset`.
        """
        if not self._unsettled:
            return
        self.topics.refresh()
        starts = self._starts(sorted(self._unsettled))
        self._held.update(starts)
        self._unsettled.clear()
        # The same number of another topic too: what came of it while it was not served, or in
        # the very poll that took its partner away, was dropped and must come again.
        numbers = {spot.partition for spot in starts}
        self._seek({spot: at for spot, at in self._held.items() if spot.partition in numbers})
        self._apply_gate()
        logger.info("partitions assigned", extra={"reason": _listed(self._held)})

    def committed(self, offsets: Mapping[Spot, int]) -> None:
        """Take note of a commit."""
        for spot, next_offset in offsets.items():
            if spot in self._held:
                self._held[spot] = next_offset
                self._unsaved[spot] = Checkpoint(self.topics.id_of(spot.topic), next_offset)

    def reread(self) -> None:
        """Ask the cluster again where the group stands, and read from there."""
        if self._held:
            self._held.update(self._starts(sorted(self._held)))
        self.rewind()

    def rewind(self) -> None:
        """Read again from the committed positions."""
        self._seek(self._held)

    def read_again(self, messages: Iterable[Message]) -> frozenset[Spot]:
        """Return the partitions of which ``messages`` hold what is committed already, and go back
        to where those stand.

        The client promises nothing of the kind, and does it: the answer where a log begins, asked
        when the partition was assigned, came after the seek and overruled it. The group then read
        the whole partition once more, and what came of it was produced twice.
        """
        held, stale = self._held, set[Spot]()
        for message in messages:
            spot = (message.topic(), message.partition())
            at = held.get(spot)  # type: ignore[call-overload]
            if at is not None and (message.offset() or 0) < at and message.error() is None:
                stale.add(Spot(*spot))  # type: ignore[arg-type]
        if stale:
            logger.warning("read again what is committed", extra={"reason": _listed(stale)})
            self._seek({spot: held[spot] for spot in stale})
        return frozenset(stale)

    def pause(self) -> None:
        """Let nothing flow until :meth:`resume`."""
        self._is_paused = True
        self._apply_gate()

    def resume(self) -> None:
        """Let what is served flow again."""
        self._is_paused = False
        self._apply_gate()

    def close(self) -> None:
        """Leave the group, if there is a broker to be told: the client waits for one, and has
        crashed at it."""
        self._save_checkpoints()
        if self._is_reached():
            self.consumer.close()
        else:
            logger.warning("left without a word", extra={"reason": "Kafka does not answer"})

    def _is_reached(self) -> bool:
        try:
            self.consumer.list_topics(timeout=FAREWELL_SECONDS)
        except KafkaException:
            return False
        return True

    # ------------------------------------------------------------------ rebalances

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Take the partitions, paused; :meth:`settle` does the rest."""
        consumer.incremental_assign(
            [TopicPartition(p.topic, p.partition, OFFSET_BEGINNING) for p in partitions]
        )
        consumer.pause(partitions)
        self._unsettled.update(Spot(p.topic, p.partition) for p in partitions)

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._save_checkpoints()
        for partition in partitions:
            spot = Spot(partition.topic, partition.partition)
            self._held.pop(spot, None)
            self._unsettled.discard(spot)
        consumer.incremental_unassign(partitions)
        self._apply_gate()
        logger.info("partitions revoked", extra={"reason": _listed(self._held)})

    def _apply_gate(self) -> None:
        self.served = frozenset() if self._is_paused else self.topics.served(self._held)
        flowing = [TopicPartition(*spot) for spot in self.served]
        standing = [TopicPartition(*spot) for spot in self._held.keys() - self.served]
        if standing:
            self.consumer.pause(standing)
        if flowing:
            self.consumer.resume(flowing)

    # ------------------------------------------------------------------ offsets

    def _starts(self, spots: Sequence[Spot]) -> dict[Spot, int]:
        remembered = self._checkpoints.load(self._group)
        starts: dict[Spot, int] = {}
        for spot, committed, low, high in self._offsets(spots):
            start = start_offset(
                spot,
                self.topics.id_of(spot.topic),
                committed if committed >= 0 else None,
                remembered.get(spot),
                low,
                high,
            )
            if start.alarm:
                logger.error(
                    "unsafe offset survived",
                    extra={"topic": spot.topic, "partition": spot.partition, "rule": start.alarm},
                )
                self._alarm(start.alarm)
            starts[spot] = start.offset
        return starts

    def _offsets(self, spots: Sequence[Spot]) -> list[tuple[Spot, int, int, int]]:
        """Ask Kafka for each spot's committed offset (negative: none), log start and end."""
        asked = [TopicPartition(spot.topic, spot.partition) for spot in spots]
        found: list[tuple[Spot, int, int, int]] = []
        try:
            for answer in self.consumer.committed(asked, CALL_SECONDS):
                if answer.error is not None:
                    raise KafkaException(answer.error)
                low, high = self.consumer.get_watermark_offsets(answer, CALL_SECONDS)
                found.append((Spot(answer.topic, answer.partition), answer.offset, low, high))
        except KafkaException as error:
            raise OutageError("kafka", words(error)) from error
        return found

    def _seek(self, starts: Mapping[Spot, int]) -> None:
        try:
            for spot, offset in starts.items():
                self.consumer.seek(TopicPartition(spot.topic, spot.partition, offset))
        except KafkaException as error:
            raise OutageError("kafka", words(error)) from error

    # ------------------------------------------------------------------ checkpoints

    def checkpoint_when_due(self) -> None:
        """Keep the committed positions in MongoDB too, at most once a second."""
        if self._clock.monotonic() - self._saved_at >= CHECKPOINT_SECONDS:
            self._save_checkpoints()

    def _save_checkpoints(self) -> None:
        self._saved_at = self._clock.monotonic()
        if not self._unsaved:
            return
        try:
            self._checkpoints.save(self._group, self._unsaved)
            self._unsaved = {}
        except OutageError as outage:
            # Only a cross-check: kept and saved later, never a reason to stop.
            logger.warning("checkpoint not saved", extra={"error": str(outage)})


def words(error: Exception) -> str:
    """Return what librdkafka says went wrong."""
    reason = error.args[0] if error.args else error
    return str(reason.str()) if isinstance(reason, KafkaError) else str(reason)


def _listed(spots: Iterable[Spot]) -> str:
    return " ".join(f"{spot.topic}[{spot.partition}]" for spot in sorted(spots)) or "none"
