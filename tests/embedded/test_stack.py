"""Real Kafka and MongoDB: what is written survives restarts, moves, crashes and lost nodes."""

import shutil
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pymongo import MongoClient

from infra.embedded import EmbeddedStack, NodeFailedError, StackAddresses, StackError
from infra.embedded.files import read_json, write_json

# Engines of other tests may share the two cores.
pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]
MakeStack = Callable[..., EmbeddedStack]
TOPIC = "survivors"

# One made id in 64 begins so.
ID_LIKE_AN_OPTION = "-GcVQ0OpQ9uUVRHBUXqVkw"


def write(addresses: StackAddresses, value: str) -> None:
    """Leave ``value`` in Kafka, by a transaction, and in MongoDB, by a majority."""
    producer = Producer({"bootstrap.servers": addresses.kafka, "transactional.id": "test"})
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(TOPIC, value)
    producer.commit_transaction(60)
    with MongoClient[dict[str, str]](addresses.mongo) as client:
        client.test.survivors.insert_one({"_id": value})


def read(addresses: StackAddresses) -> tuple[list[str], list[str]]:
    """Return what is in Kafka and what is in MongoDB."""
    consumer = Consumer(
        {
            "bootstrap.servers": addresses.kafka,
            "group.id": "nobody",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    records: list[str] = []
    while (message := consumer.poll(60)) is not None and not message.error():
        records.append((message.value() or b"").decode())
    consumer.close()
    with MongoClient[dict[str, str]](addresses.mongo) as client:
        documents = [found["_id"] for found in client.test.survivors.find().sort("_id")]
    return records, documents


def create_topic(addresses: StackAddresses, copies: int) -> None:
    admin = AdminClient({"bootstrap.servers": addresses.kafka})
    admin.create_topics([NewTopic(TOPIC, 1, copies)])[TOPIC].result(60)


class Stranger(socketserver.TCPServer):
    """A program that is neither Kafka nor MongoDB: it ends every connection."""

    allow_reuse_address = True


@contextmanager
def strangers_on(ports: Iterable[int]) -> Iterator[None]:
    """Other programs listen on ``ports``."""
    with ExitStack() as stack:
        for port in ports:
            server = stack.enter_context(
                Stranger(("127.0.0.1", port), socketserver.BaseRequestHandler)
            )
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of an instance that wrote ``before`` and was stopped."""
    folder = tmp_path_factory.mktemp("written") / "data"
    layout = {"cluster_id": ID_LIKE_AN_OPTION, "brokers": 1, "mongods": 1, "ports": {}}
    write_json(folder / "layout.json", layout)
    with EmbeddedStack(folder, progress=lambda _: None, usual_ports=False) as stack:
        create_topic(stack.addresses, copies=1)
        write(stack.addresses, "before")
    return folder


def test_data_and_addresses_survive_a_restart(
    written: Path, tmp_path: Path, make_stack: MakeStack
) -> None:
    folder = Path(shutil.copytree(written, tmp_path / "data"))
    ports = read_json(folder / "layout.json")["ports"]

    addresses = make_stack(folder).start()

    assert addresses.kafka == f"127.0.0.1:{ports['kafka-1']}"
    assert read(addresses) == (["before"], ["before"])


def test_taken_ports_are_replaced_and_the_data_stay(
    written: Path, tmp_path: Path, make_stack: MakeStack
) -> None:
    folder = Path(shutil.copytree(written, tmp_path / "data"))
    taken = read_json(folder / "layout.json")["ports"]

    with strangers_on(taken.values()):
        addresses = make_stack(folder).start()
        found = read(addresses)

    assert not set(taken.values()) & set(read_json(folder / "layout.json")["ports"].values())
    assert found == (["before"], ["before"])


def test_killed_engines_are_noticed_and_come_back_with_their_data(
    written: Path, tmp_path: Path, make_stack: MakeStack
) -> None:
    stack = make_stack(Path(shutil.copytree(written, tmp_path / "data")))
    addresses = stack.start()
    nodes = [stack.kafka[0], stack.mongo[0]]

    for node in nodes:
        node.kill()
    assert [failure.name for failure in stack.failures()] == ["kafka-1", "mongo-1"]

    for node in nodes:
        node.start()
    write(addresses, "later")
    assert stack.failures() == []
    assert read(addresses) == (["before", "later"], ["before", "later"])


def test_a_paused_engine_does_not_answer_until_it_is_resumed(
    written: Path, tmp_path: Path, make_stack: MakeStack
) -> None:
    stack = make_stack(Path(shutil.copytree(written, tmp_path / "data")))
    stack.start()
    for node in (stack.kafka[0], stack.mongo[0]):
        node.pause()
        assert node.is_running
        assert not node.is_ready()
        node.resume()
        node.wait_ready()


def test_a_start_that_fails_gives_the_engines_own_words_and_leaves_nothing_running(
    tmp_path: Path, make_stack: MakeStack
) -> None:
    stack = make_stack(tmp_path, kafka_properties={"num.io.threads": "0"})
    with pytest.raises(
        NodeFailedError, match=r"Invalid value 0 for configuration num\.io\.threads"
    ):
        stack.start()
    assert [node.pid for node in [*stack.kafka, *stack.mongo]] == [None, None]
    with pytest.raises(StackError, match="not running"):
        stack.addresses  # noqa: B018


def test_three_of_each_lose_one_and_go_on(tmp_path: Path, make_stack: MakeStack) -> None:
    stack = make_stack(tmp_path, brokers=3, mongods=3, kafka_heap_mb=256)
    addresses = stack.start()
    create_topic(addresses, copies=3)
    write(addresses, "with all")

    stack.kafka[2].kill()
    primary = next(node for node in stack.mongo if node.ask("hello")["isWritablePrimary"])
    primary.kill()

    write(addresses, "with two")
    assert read(addresses) == (["with all", "with two"], ["with all", "with two"])
