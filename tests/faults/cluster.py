"""Three brokers and three MongoDB servers, and what a test may do to their leaders."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from pymongo.errors import PyMongoError

from infra.embedded import EmbeddedStack
from infra.embedded.kafka import KafkaNode
from infra.embedded.mongo import MongoNode
from tests.support.namespaces import Namespace
from tests.support.waiting import eventually

COPIES: Final = 3
HEAP_MB: Final = 256
CACHE_GB: Final = 0.25
ELECTION_SECONDS: Final = 60.0


@contextmanager
def three_of_each(folder: Path) -> Iterator[EmbeddedStack]:
    """Run the engines with three copies of everything, two of which must be in sync."""
    with EmbeddedStack(
        folder,
        COPIES,
        COPIES,
        HEAP_MB,
        lambda line: None,
        mongo_cache_gb=CACHE_GB,
        usual_ports=False,
    ) as engines:
        yield engines


def leader_of(engines: EmbeddedStack, namespace: Namespace, topic: str) -> KafkaNode:
    """Return the broker that leads the first partition of the table's topic ``topic``."""
    name = namespace.topic(topic)

    def leader() -> int:
        return int(
            _admin(namespace).list_topics(name, timeout=60).topics[name].partitions[0].leader
        )

    return engines.kafka[eventually(lambda: max(leader(), 0), ELECTION_SECONDS, "a leader") - 1]


def wait_in_sync(namespace: Namespace) -> None:
    """Return once every partition of the namespace has all its copies again."""

    def lagging() -> list[str]:
        found = _admin(namespace).list_topics(timeout=60).topics
        return [
            name
            for name, topic in found.items()
            if name.startswith(namespace.settings.prefix)
            for partition in topic.partitions.values()
            if len(partition.isrs) < COPIES
        ]

    eventually(lambda: not lagging(), ELECTION_SECONDS, lagging)


def require_in_sync(namespace: Namespace, topic: str, copies: int) -> None:
    """Let the table's topic ``topic`` take records only where so many copies are in sync."""
    setting = ConfigEntry(
        "min.insync.replicas", str(copies), incremental_operation=AlterConfigOpType.SET
    )
    name = namespace.topic(topic)
    resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[setting])
    admin = _admin(namespace)  # kept until all have answered: without it they fail
    for answer in admin.incremental_alter_configs([resource]).values():
        answer.result(60)


def primary_of(engines: EmbeddedStack) -> MongoNode:
    """Return the server that takes writes."""
    found = eventually(
        lambda: [node for node in engines.mongo if _is_primary(node)], ELECTION_SECONDS, "a primary"
    )
    return found[0]


def step_down(primary: MongoNode) -> None:
    """Have the primary give its office up for ten seconds."""
    primary.ask("replSetStepDown", 10, secondaryCatchUpPeriodSecs=5, force=True)


def dies_alone(engines: EmbeddedStack) -> MongoNode:
    """Cut the primary off until it gives its office up, and kill it; the others choose one of them.
    Return the one that died: what it took meanwhile it alone has.

    The others stand still meanwhile, and are then begun anew: what waits in their sockets would
    reach them yet.
    """
    primary = primary_of(engines)
    others = [node for node in engines.mongo if node is not primary]
    for node in others:
        node.pause()
    eventually(lambda: _has_given_up(primary), ELECTION_SECONDS, "it sees that it is alone")
    for node in (primary, *others):
        node.kill()
    for node in others:
        node.launch()
    for node in others:
        node.wait_ready()
    primary_of(engines)
    return primary


def _has_given_up(node: MongoNode) -> bool:
    try:
        return not node.ask("hello").get("isWritablePrimary")
    except PyMongoError:
        return False


def _is_primary(node: MongoNode) -> bool:
    try:
        return node.is_running and bool(node.ask("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False


def _admin(namespace: Namespace) -> AdminClient:
    return AdminClient({"bootstrap.servers": namespace.settings.kafka, "log_level": 0})
