"""What an instance holds is seen wherever it stands, on real engines; looking changes nothing."""

from collections.abc import Callable

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from pymongo.database import Database

from infra.embedded import StackAddresses
from schemas import topics
from services.cli.held import COLLECTIONS, held_by
from services.runtime.settings import Settings
from tests.support.namespaces import Namespace

TOPICS = (
    *topics.lane_names(topics.RECEIVED),
    *topics.lane_names(topics.ROUTED),
    topics.COMMANDS.name,
    topics.STATE.name,
    f"{topics.RECEIVED.name}.dead",
)
"""Of either lane, what clerks ask, what is compacted, and what nobody could read."""


@pytest.fixture
def put(namespace: Namespace) -> Callable[[str], None]:
    """Puts a record on a topic of the namespace."""

    def record(name: str) -> None:
        producer = Producer({"bootstrap.servers": namespace.settings.kafka, "log_level": 0})
        producer.produce(namespace.topic(name), key=b"k", value=b"{}")
        assert producer.flush(60) == 0

    return record


def collections_of(database: Database[dict[str, object]]) -> dict[str, int]:
    return {name: database[name].count_documents({}) for name in database.list_collection_names()}


def test_topics_and_indexes_without_contacts_are_a_fresh_instance(namespace: Namespace) -> None:
    before = collections_of(namespace.database)
    assert held_by(namespace.settings) == []
    assert collections_of(namespace.database) == before


def test_engines_without_anything_are_fresh_and_stay_empty(stack: StackAddresses) -> None:
    settings = Settings(
        kafka=stack.kafka, mongo=stack.mongo, prefix="untouched.", database="untouched"
    )
    assert held_by(settings) == []
    admin = AdminClient({"bootstrap.servers": stack.kafka, "log_level": 0})
    assert not [name for name in admin.list_topics(timeout=60).topics if "untouched" in name]


def test_a_record_in_any_lane_is_seen(namespace: Namespace, put: Callable[[str], None]) -> None:
    for number, name in enumerate(TOPICS, 1):
        put(name)
        found = held_by(namespace.settings)
        assert f"records on {name}" in found
        assert len(found) == number


def test_a_document_in_mongodb_is_seen_also_with_empty_topics(namespace: Namespace) -> None:
    for name in COLLECTIONS:
        namespace.database[name].insert_one({"_id": "x", "tracking": name, "marks": []})
        where = f"documents in {namespace.settings.database}.{name}"
        assert held_by(namespace.settings) == [where]
        namespace.database[name].delete_one({"_id": "x"})
    assert held_by(namespace.settings) == []
