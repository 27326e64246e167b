"""The API on real Kafka and MongoDB, with the real workers behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from schemas import topics
from schemas.codec import decode
from schemas.contacts import ContactReceived
from services.adapters.kafka_commands import KafkaCommands
from services.adapters.memory_partitioner import partition_of
from services.api.publisher import Publisher
from services.domain.errors import OutageError
from tests.support.builders import TENANT, a_command
from tests.support.namespaces import PARTITIONS, Namespace
from tests.support.principals import as_actor
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

StartWorker = Callable[..., WorkerProcess]
FORM = {"channel": "app", "text": "快件还没有到", "customer": "c-1", "waybill": "SF1300000000001"}


@pytest.fixture
def client(start_worker: StartWorker) -> Iterator[httpx.Client]:
    api = start_worker("api")
    with httpx.Client(
        base_url=f"http://127.0.0.1:{api.api_port}", trust_env=False, timeout=90
    ) as made:
        yield made


def records_in(namespace: Namespace, name: str) -> list[Message]:
    """Everything that stands in a topic now, read from its beginning."""
    topic = namespace.topic(name)
    consumer = Consumer(
        {"bootstrap.servers": namespace.settings.kafka, "group.id": f"{topic}-test"}
    )
    found: list[Message] = []
    try:
        spots = [TopicPartition(topic, number, 0) for number in range(PARTITIONS)]
        ends = [consumer.get_watermark_offsets(spot, timeout=60)[1] for spot in spots]
        consumer.assign(spots)
        while len(found) < sum(ends):
            found += [message for message in consumer.consume(100, 1.0) if not message.error()]
    finally:
        consumer.close()
    return found


def test_what_was_accepted_stands_in_kafka(client: httpx.Client, namespace: Namespace) -> None:
    accepted = client.post("/v1/contacts", json=FORM | {"id": "a1"}).json()
    client.post("/v1/contacts", json=FORM | {"id": "a2"})
    found = records_in(namespace, topics.RECEIVED.name)
    records = [decode(ContactReceived, message.value()) for message in found]
    assert accepted["contact_id"] in [record.contact_id for record in records]
    assert len({message.partition() for message in found}) == 1
    assert len(records) == 2


def test_a_contact_becomes_a_case_that_can_be_followed_and_worked_on(
    client: httpx.Client, start_worker: StartWorker, namespace: Namespace
) -> None:
    start_worker("dedup")
    start_worker("cases")
    code = client.post("/v1/contacts", json=FORM | {"id": "a1"}).json()["tracking"]
    eventually(lambda: client.get(f"/v1/track/{code}").status_code == 200, within=30)
    case_id = eventually(lambda: namespace.database["cases"].find_one())["_id"].split("|")[1]
    clerk, command = as_actor("clerk:7", namespace.settings), {"kind": "acknowledge"}
    done = client.post(f"/v1/cases/{case_id}/commands", json=command, headers=clerk)
    assert (done.status_code, done.json()["status"]) == (200, "acknowledged")
    again = client.post(f"/v1/cases/{case_id}/commands", json=command, headers=clerk)
    assert (again.status_code, again.json()["refusal"]) == (409, "not_allowed_now")
    assert client.get(f"/v1/cases/{case_id}").json()["state"]["seq"] == 2
    assert client.get(f"/v1/track/{code}").json()["state"] == "acknowledged"
    answer = {"kind": "resolve", "note": "It was found."}
    resolved = client.post(f"/v1/cases/{case_id}/commands", json=answer, headers=clerk)
    assert resolved.status_code == 200
    appeal = client.post(f"/v1/track/{code}", json={"kind": "appeal", "note": "It is broken."})
    assert (appeal.status_code, appeal.json()["status"]) == (200, "appealed")
    # The appeal is another case, perhaps another worker's: it hears of it over Kafka.
    eventually(lambda: client.get(f"/v1/track/{code}").json()["state"] == "received", within=30)
    appeal_id = client.get(f"/v1/cases/{case_id}").json()["state"]["appealed_by"]
    opened = client.get(f"/v1/cases/{appeal_id}").json()
    assert (opened["state"]["appeal_of"], len(opened["contacts"])) == (case_id, 1)


def test_sigterm_lets_begun_requests_end_and_ends_cleanly(start_worker: StartWorker) -> None:
    api = start_worker("api")

    async def under_load() -> list[int]:
        base = f"http://127.0.0.1:{api.api_port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=90) as sender:
            begun = [asyncio.create_task(sender.post("/v1/contacts", json=FORM)) for _ in range(50)]
            await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
            ended = asyncio.create_task(asyncio.to_thread(api.stop))
            answers = await asyncio.gather(*begun, return_exceptions=True)
            assert await ended == 0
            return [one.status_code for one in answers if isinstance(one, httpx.Response)]

    statuses = asyncio.run(under_load())
    assert statuses
    assert set(statuses) == {202}


@asynccontextmanager
async def a_publisher(kafka: str, in_flight: int = 100) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka, in_flight)
    try:
        yield publisher
    finally:
        await asyncio.to_thread(publisher.close)


def test_commands_stand_where_their_case_is_whoever_of_us_sends_them(namespace: Namespace) -> None:
    kafka, topic = namespace.settings.kafka, namespace.topic(topics.COMMANDS.name)
    by_customers = [f"{TENANT}|C{number}".encode() for number in range(24)]
    by_the_system = [a_command(case_id=f"D{number}") for number in range(24)]

    async def publish() -> None:
        async with a_publisher(kafka) as publisher:
            await asyncio.gather(*(publisher.publish(topic, key, b"{}") for key in by_customers))

    asyncio.run(publish())
    sender = KafkaCommands(kafka, topic)
    sender.send(by_the_system)
    sender.close()
    found = {m.key() or b"": m.partition() for m in records_in(namespace, topics.COMMANDS.name)}
    assert len(found) == 48
    assert found == {key: partition_of(key, PARTITIONS) for key in found}


def test_a_kafka_that_is_away_is_said_to_be_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.api.publisher.DELIVERY_SECONDS", 1.0)

    async def publish() -> None:
        async with a_publisher("127.0.0.1:1") as publisher:
            assert not publisher.reaches("t", seconds=0.2)
            with pytest.raises(OutageError, match="not delivered"):
                await publisher.publish("t", b"k", b"v")
            assert publisher.in_flight == 0

    asyncio.run(publish())


def test_a_topic_that_does_not_exist_is_not_made_on_the_way(namespace: Namespace) -> None:
    async def publish() -> None:
        async with a_publisher(namespace.settings.kafka) as publisher:
            with pytest.raises(OutageError):
                await publisher.publish(namespace.topic("nowhere"), b"k", b"v")

    asyncio.run(publish())


def test_more_at_once_than_can_be_held_is_refused_with_a_time_to_come_back() -> None:
    from services.api.errors import Problem

    async def publish() -> None:
        async with a_publisher("127.0.0.1:1", in_flight=0) as publisher:
            with pytest.raises(Problem) as refused:
                await publisher.publish("t", b"k", b"v")
            assert (refused.value.status, refused.value.retry_after) == (503, 1)

    asyncio.run(publish())
