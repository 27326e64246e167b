"""The case path in memory behind the API: what is published is decided at once.

The real handlers over the memory stores; only Kafka is missing. A test may take Kafka or the
workers away.
"""

from itertools import count

from schemas import topics
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_queries import MemoryQueries
from services.cases.handler import CasesHandler, CaseTopics
from services.cases.lifecycle import load_lifecycle
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.runtime.records import Inbound, Outbound
from tests.support.builders import KEYS


class MemoryPipeline:
    """A publisher for the API whose records the workers' handlers take, and the queries over
    what came of them. ``published`` keeps every record in order."""

    def __init__(self, clock: Clock) -> None:
        dedup, cases = MemoryDedupStore(), MemoryCaseStore()
        self.queries = MemoryQueries(dedup, cases)
        self.published: list[Outbound] = []
        self.in_flight = 0
        self.kafka_is_away = False
        self.workers_are_away = False
        self._dedup = DedupHandler(dedup, KEYS, load_policy(), clock, topics.DEDUPLICATED.name)
        names = (topics.DEDUPLICATED, topics.COMMANDS, topics.CHANGED, topics.STATE, topics.SETTLED)
        self._cases = CasesHandler(
            cases, load_lifecycle(), clock, CaseTopics(*(topic.name for topic in names))
        )
        self._offsets = count()

    async def publish(self, topic: str, key: bytes, value: bytes) -> None:
        """Take a record as Kafka would, and have it decided."""
        if self.kafka_is_away:
            raise OutageError("kafka", "taken away by the test")
        record = Outbound(topic, key, value)
        self.published.append(record)
        if not self.workers_are_away:
            self._decide(record)

    def reaches(self, topic: str, seconds: float = 1.0) -> bool:
        """Say whether Kafka is there."""
        return not self.kafka_is_away

    def close(self) -> None:
        """Nothing to let go of."""

    def _decide(self, record: Outbound) -> None:
        inbound = Inbound(
            record.topic, 0, next(self._offsets), record.topic, record.key, record.value
        )
        handler = self._dedup if record.topic == topics.RECEIVED.name else self._cases
        handled = handler.handle([inbound], {(record.topic, 0): inbound.offset})
        assert not handled.dead, handled.dead
        for made in handled.outbound:
            if made.topic == topics.DEDUPLICATED.name:
                self._decide(made)
