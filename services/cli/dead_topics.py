"""Dead letters on Kafka: reading them, and producing them again where they died."""

from collections.abc import Iterator, Sequence

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from schemas.dead import replay_headers
from schemas.topics import DEAD_MAX_BYTES, dead_topics
from services.adapters.kafka_admin import topic_ids
from services.audit.groups import spans_of
from services.audit.logic.places import Span
from services.audit.topic_reader import TopicReader
from services.cli.dead_logic import Again, DeadLetterError, Letter, a_letter, by_number, split_id
from services.domain.errors import OutageError
from services.runtime.settings import Settings

DELIVERY_MS = 30_000


class DeadTopics:
    """The dead letters of an installation."""

    def __init__(self, settings: Settings, admin: KafkaAdminClient, reader: TopicReader) -> None:
        self._names = [settings.topic(name) for name in dead_topics()]
        self._spans = spans_of(admin, self._names)
        self._ids = topic_ids(admin, self._names)
        self._reader = reader

    def all(self) -> Iterator[Letter]:
        """Yield every dead letter, by topic and then oldest first."""
        for name in self._names:
            yield from self._letters({s: p for s, p in self._spans.items() if s.topic == name})

    def find(self, wanted: str) -> Letter:
        """Return the letter with this id or short number.

        Raises:
            DeadLetterError: there is none, or the number is not unique.
        """
        place = split_id(wanted)
        if place is None:
            return by_number(self.all(), wanted)
        topic, partition, offset = place
        span = self._spans.get(TopicPartition(topic, partition))
        if span is None:
            raise DeadLetterError(f"{wanted}: {topic} is no dead-letter topic with this partition")
        if offset < span.start:
            raise DeadLetterError(f"{wanted}: its time was over and Kafka has deleted it")
        if offset < span.end:
            asked = {TopicPartition(topic, partition): Span(offset, offset + 1)}
            for letter in self._letters(asked):
                return letter
        raise DeadLetterError(f"{wanted}: there is no dead letter at this offset")

    def _letters(self, spans: dict[TopicPartition, Span]) -> Iterator[Letter]:
        for records in self._reader.read(spans):
            for r in records:
                topic_id = self._ids.get(r.topic, "")
                yield a_letter(r.topic, r.partition, r.offset, r.key, r.value, r.headers, topic_id)


def produce_again(bootstrap: str, letters: Sequence[Again]) -> list[str]:
    """Produce each letter with this key and value into the topic where it died, acknowledged by
    all replicas; return where each stands now. The headers are the original's, plus the
    letter's id; the default partitioner (murmur2) places it like any other producer's.

    Raises:
        OutageError: one was not acknowledged; those before it were.
    """
    try:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            client_id="complaints-dead-replay",
            acks="all",
            enable_idempotence=True,
            max_request_size=DEAD_MAX_BYTES,
            delivery_timeout_ms=DELIVERY_MS,
            request_timeout_ms=DELIVERY_MS // 2,
        )
    except KafkaError as error:
        raise OutageError("kafka", f"no broker answers at {bootstrap}: {error}") from error
    placed: list[str] = []
    try:
        for letter, key, value in letters:
            headers = list(replay_headers(letter.headers, letter.id))
            sent = producer.send(letter.home, value, key, headers=headers)
            stands = sent.get(timeout=DELIVERY_MS / 1000 + 5)
            placed.append(f"{stands.topic}:{stands.partition}:{stands.offset}")
    except KafkaError as error:
        done = f"; {len(placed)} of {len(letters)} were replayed"
        raise OutageError("kafka", f"{type(error).__name__}: {error}{done}") from error
    finally:
        producer.close(timeout=5)
    return placed
