"""What a worker must know of its topics: their ids, and that their partitions match."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from services.adapters.kafka_config import COMMON
from services.domain.errors import OutageError, UnsafeStart
from services.runtime.records import Spot

CALL_SECONDS: Final = 10.0


class Topics:
    """Ids and partition counts of ``names``, read from the cluster. Those that stand ``alone``
    need not match the others: whoever holds a partition of theirs serves it.

    Raises:
        UnsafeStart: a topic is missing, or the counts differ (then partition *p* of one
            topic would not hold the same cases as *p* of another).
        OutageError: the cluster is away.
    """

    def __init__(
        self, bootstrap: str, names: Sequence[str], alone: AbstractSet[str] = frozenset()
    ) -> None:
        self._names = tuple(names)
        self._alone = alone
        self._admin = AdminClient({**COMMON, "bootstrap.servers": bootstrap})
        self._ids: dict[str, str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read again; ids change when a topic is made anew."""
        counts: dict[str, int] = {}
        try:
            asked = self._admin.describe_topics(
                TopicCollection(list(self._names)), request_timeout=CALL_SECONDS
            )
            for name, answer in asked.items():
                described = answer.result(CALL_SECONDS)
                self._ids[name] = str(described.topic_id)
                if name not in self._alone:
                    counts[name] = len(described.partitions)
        except TimeoutError as error:  # its own limit comes at the same moment, or after ours
            raise OutageError("kafka", f"no answer within {CALL_SECONDS:g} s") from error
        except KafkaException as error:
            reason = error.args[0]
            if reason.name() == "UNKNOWN_TOPIC_OR_PART":
                raise UnsafeStart(
                    f"a topic is missing ({reason.str()}): run `complaints topics apply`"
                ) from None
            raise OutageError("kafka", reason.str()) from error
        if len(set(counts.values())) > 1:
            raise UnsafeStart(
                f"partition counts differ: {counts}; topics of one worker must have equal counts, "
                "because a case is placed by its key in each of them"
            )

    def id_of(self, name: str) -> str:
        """Return the topic's id."""
        return self._ids[name]

    def served(self, held: Iterable[Spot]) -> frozenset[Spot]:
        """Return what of ``held`` may be served (:func:`served_of`)."""
        return served_of(held, self._names, self._alone)


def served_of(
    held: Iterable[Spot], names: Iterable[str], alone: AbstractSet[str]
) -> frozenset[Spot]:
    """Return what of ``held`` may be served: partition numbers that are held of every topic in
    ``names``, but of those that stand ``alone`` all."""
    by_topic: dict[str, set[int]] = {name: set() for name in names}
    for spot in held:
        by_topic[spot.topic].add(spot.partition)
    bound = [numbers for name, numbers in by_topic.items() if name not in alone]
    whole = set.intersection(*bound) if bound else set()
    return frozenset(
        Spot(name, number)
        for name, numbers in by_topic.items()
        for number in (numbers if name in alone else numbers & whole)
    )
