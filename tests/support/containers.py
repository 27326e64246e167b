"""Kafka and MongoDB in containers, for ``pytest --stack containers``: the versions and settings of
docker-compose.yml instead of the embedded ones."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from infra.embedded import StackAddresses
from infra.embedded.ports import choose_ports
from tests.support.waiting import eventually

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
READY_SECONDS = 120


class EngineMissingError(Exception):
    """Containers were asked for, and nobody is there to run them."""


def require_engine() -> None:
    """See that a container engine answers.

    Raises:
        EngineMissingError: none does; the message says what to do.
    """
    import docker

    try:
        client = docker.from_env(timeout=5)
        try:
            client.ping()
        finally:
            client.close()
    except docker.errors.DockerException as error:
        raise EngineMissingError(
            f"--stack containers: no container engine answers ({type(error).__name__}); start "
            "Docker, or leave the option out: the embedded engines need none"
        ) from error


@contextmanager
def container_stack() -> Iterator[StackAddresses]:
    """Run the engines for as long as the context lasts.

    Raises:
        EngineMissingError: no container engine answers.
    """
    require_engine()
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    ports = choose_ports({"kafka": None, "mongo": None}, {})
    with ExitStack() as running:
        running.enter_context(_container(**kafka_wishes(services["kafka"], ports["kafka"])))
        running.enter_context(_container(**mongo_wishes(services["mongo"], ports["mongo"])))
        addresses = StackAddresses(
            f"127.0.0.1:{ports['kafka']}",
            f"mongodb://127.0.0.1:{ports['mongo']}/?replicaSet=complaints",
        )
        _form_replica_set(ports["mongo"])
        eventually(lambda: _kafka_answers(addresses.kafka), READY_SECONDS, "Kafka in a container")
        yield addresses


def kafka_wishes(service: dict[str, Any], port: int) -> dict[str, Any]:
    """Return image, variables and port: Compose's broker, but reached from this machine."""
    environment = service["environment"] | {
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENERS": f"BROKER://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"BROKER://127.0.0.1:{port}",
    }
    return {"image": service["image"], "environment": environment, "command": "", "port": port}


def mongo_wishes(service: dict[str, Any], port: int) -> dict[str, Any]:
    """Return image, command and port: the member must have the same address on both sides."""
    command = " ".join([*service["command"], "--port", str(port)])
    return {"image": service["image"], "environment": {}, "command": command, "port": port}


@contextmanager
def _container(image: str, environment: dict[str, str], command: str, port: int) -> Iterator[None]:
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(image).with_bind_ports(port, port)
    for name, value in environment.items():
        container = container.with_env(name, value)
    if command:
        container = container.with_command(command)
    with container:
        yield


def _form_replica_set(port: int) -> None:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    with MongoClient[dict[str, Any]](
        f"mongodb://127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=1000
    ) as client:

        def is_primary() -> bool:
            try:
                hello = client.admin.command("hello")
                if "setName" not in hello:
                    wish = {"_id": "complaints", "members": [member]}
                    client.admin.command("replSetInitiate", wish)
                return bool(hello["isWritablePrimary"])
            except PyMongoError:
                return False

        eventually(is_primary, READY_SECONDS, "MongoDB in a container")


def _kafka_answers(address: str) -> bool:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    try:
        AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=2)
    except KafkaException:
        return False
    return True
