"""The case path in memory behind the API: what is published is decided at once.

The real handlers over the memory stores; only Kafka is missing. A test may take Kafka or the
workers away.
"""

from itertools import count
from typing import Final

from schemas import topics
from services.adapters.accounts import Accounts
from services.adapters.case_notices import MemoryCaseNotices
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_incidents import MemoryContactTexts, MemoryIncidentStore
from services.adapters.memory_labels import MemoryLabelStore
from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.memory_parts import MemoryPartStore
from services.adapters.memory_queries import MemoryQueries
from services.adapters.memory_sends import MemorySendStore
from services.adapters.preferences import MemoryPreferences
from services.cases.handler import CasesHandler
from services.cases.policies import load_policies
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.clock import Clock
from services.domain.clocks.book import open_book
from services.domain.errors import OutageError
from services.domain.incidents.saying import load_incident_rules
from services.incidents.handler import IncidentsHandler
from services.routing.handler import RoutingHandler
from services.routing.watching import load_router
from services.runtime.ports import Handler
from services.runtime.records import Inbound, Outbound
from services.runtime.watching import always
from services.severity.handler import SeverityHandler
from tests.support.builders import KEYS
from tests.support.case_topics import CASE_TOPICS, INCIDENT_TOPICS
from tests.support.judging import JUDGE

BOOK: Final = open_book()
INCIDENT_RULES: Final = load_incident_rules()

ROUTES = load_router()


class MemoryPipeline:
    """A publisher for the API whose records the workers' handlers take, and the queries over
    what came of them. ``published`` keeps every record in order."""

    def __init__(self, clock: Clock) -> None:
        dedup, cases = MemoryDedupStore(), MemoryCaseStore()
        self.cases = cases
        self.queries = MemoryQueries(dedup, cases)
        self.preferences = MemoryPreferences()
        self.parts = MemoryPartStore()
        self.notices, self.sends = MemoryNoticeStore(), MemorySendStore()
        self.case_notices = MemoryCaseNotices(self.notices, self.sends)
        self.incidents = MemoryIncidentStore()
        self.labels = MemoryLabelStore()
        self.published: list[Outbound] = []
        self.in_flight = 0
        self.kafka_is_away = False
        self.workers_are_away = False
        policies = load_policies(BOOK)
        self.accounts = Accounts(self.queries, lambda: BOOK)
        case_handler = CasesHandler(cases, self.labels, always(policies), clock, CASE_TOPICS)
        incident_handler = IncidentsHandler(
            self.incidents,
            MemoryContactTexts(dedup),
            always(INCIDENT_RULES),
            clock,
            INCIDENT_TOPICS,
        )
        self._handlers: dict[str, Handler] = {
            topics.RECEIVED.name: DedupHandler(
                dedup,
                KEYS,
                always(load_policy()),
                clock,
                topics.onward(topics.RECEIVED, topics.DEDUPLICATED),
            ),
            topics.DEDUPLICATED.name: SeverityHandler(
                always(JUDGE), clock, topics.onward(topics.DEDUPLICATED, topics.SCORED)
            ),
            topics.SCORED.name: RoutingHandler(
                lambda: ROUTES, clock, topics.onward(topics.SCORED, topics.ROUTED)
            ),
            topics.ROUTED.name: case_handler,
            topics.COMMANDS.name: case_handler,
            topics.CHANGED.name: incident_handler,
            topics.PLACES.name: incident_handler,
        }
        for common in (topics.RECEIVED, topics.DEDUPLICATED, topics.SCORED, topics.ROUTED):
            for name in topics.lane_names(common):
                self._handlers[name] = self._handlers[common.name]
        self._offsets = count()

    async def publish(self, topic: str, key: bytes, value: bytes) -> None:
        """Take a record as Kafka would, and have it decided."""
        if self.kafka_is_away:
            raise OutageError("kafka", "taken away by the test")
        record = Outbound(topic, key, value)
        self.published.append(record)
        if not self.workers_are_away and topic in self._handlers:
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
        handler = self._handlers[record.topic]
        handled = handler.handle([inbound], {(record.topic, 0): inbound.offset})
        assert not handled.dead, handled.dead
        for made in handled.outbound:
            if made.topic in self._handlers:
                self._decide(made)
