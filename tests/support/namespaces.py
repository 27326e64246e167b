"""A corner of the shared engines that belongs to one test: topic prefix, database, keys."""

import gc
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka.admin import AdminClient
from pymongo import MongoClient
from pymongo.database import Database

from infra.embedded import StackAddresses
from services.adapters.kafka_admin import apply_topics
from services.adapters.mongo import connect
from services.adapters.mongo_indexes import ensure_indexes
from services.runtime.settings import Settings
from tests.support.builders import VAULT

PARTITIONS = 4


@dataclass(frozen=True)
class Namespace:
    """What a test may use: settings for workers, and the database to look into."""

    settings: Settings
    client: MongoClient[dict[str, Any]]

    @property
    def database(self) -> Database[dict[str, Any]]:
        return self.client[self.settings.database]

    def topic(self, name: str) -> str:
        """Return the real name of the table's topic ``name``."""
        return self.settings.topic(name)


@contextmanager
def a_namespace(
    addresses: StackAddresses, partitions: int = PARTITIONS, replication: int = 1
) -> Iterator[Namespace]:
    """Make topics and indexes under names nobody else has; remove them afterwards."""
    name = f"t{secrets.token_hex(4)}"
    settings = Settings(
        kafka=addresses.kafka,
        mongo=addresses.mongo,
        prefix=f"{name}.",
        database=name,
        hmac_keys=f"k1:{secrets.token_hex(32)}",
        personal_keys=f"k1:{VAULT.keys['k1'].hex()}",
        command_wait_seconds=60,  # a test wants the outcome, however slow the machine
    )
    apply_topics(settings.kafka, settings.prefix, partitions, replication)
    client = connect(settings.mongo)
    try:
        ensure_indexes(client[name])
        yield Namespace(settings, client)
    finally:
        client.drop_database(name)
        client.close()
        _remove_topics(settings)


def _remove_topics(settings: Settings) -> None:
    """Let go of the topics, so that the broker stays quick over many tests; best effort."""
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    topics = [
        topic for topic in admin.list_topics(timeout=60).topics if topic.startswith(settings.prefix)
    ]
    if topics:
        for future in admin.delete_topics(topics, operation_timeout=0).values():
            future.exception(timeout=60)


def close_forgotten_clients() -> None:
    """Let clients go that nothing but a cycle of objects holds: they would outlive the engines,
    and complain of it on the terminal for as long as the session lasts."""
    gc.collect()
