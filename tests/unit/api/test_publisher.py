"""A producer that broke for good: who waits for it is told, and the next one is used."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from confluent_kafka import KafkaError, KafkaException

from services.api import publisher as module
from services.api.publisher import Publisher
from services.domain.errors import OutageError

Report = Callable[[KafkaError | None, Any], None]
FATAL = KafkaError(KafkaError._FATAL, "the cluster forgot who we are", True)
PURGED = KafkaError(KafkaError._PURGE_INFLIGHT)


class Placed:
    """A message that was delivered to a place, or to none."""

    def __init__(self, offset: int | None) -> None:
        self._offset = offset

    def offset(self) -> int | None:
        return self._offset


class FakeProducer:
    """Holds what is produced; reports, when polled, what the test or a purge says of it."""

    made: ClassVar[list["FakeProducer"]] = []

    def __init__(self, config: dict[str, Any], **more: Any) -> None:
        self.waiting: list[Report] = []
        self.reports: list[tuple[Report, KafkaError | None]] = []
        self.answer: KafkaError | None = None
        self.place: int | None = 7
        self.refuses = False
        self.is_deaf = False
        FakeProducer.made.append(self)

    def produce(self, topic: str, value: bytes, key: bytes, on_delivery: Report) -> None:
        if self.refuses:
            raise KafkaException(FATAL)
        if self.is_deaf:
            self.waiting.append(on_delivery)
        else:
            self.reports.append((on_delivery, self.answer))

    def purge(self) -> None:
        self.reports += [(report, PURGED) for report in self.waiting]
        self.waiting.clear()

    def poll(self, seconds: float) -> int:
        threaded, self.reports = self.reports, []
        for report, error in threaded:
            report(error, Placed(self.place))
        if seconds and not threaded:
            threading.Event().wait(0.002)  # as a poll would
        return len(threaded)

    def flush(self, seconds: float) -> int:
        self.poll(0)
        return len(self)

    def __len__(self) -> int:
        return len(self.waiting) + len(self.reports)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> list[FakeProducer]:
    monkeypatch.setattr(FakeProducer, "made", [])
    monkeypatch.setattr(module, "Producer", FakeProducer)
    return FakeProducer.made


@pytest.mark.parametrize("is_refused", [False, True])
def test_who_waits_for_a_producer_that_broke_is_told_and_later_ones_take_the_next(
    is_refused: bool,
) -> None:
    async def scenario() -> tuple[list[Any], int, int]:
        publisher = Publisher("nowhere", in_flight=10)
        first = FakeProducer.made[0]
        first.is_deaf = True
        waiting = [asyncio.create_task(publisher.publish("t", b"k", b"v")) for _ in range(3)]
        while len(first.waiting) < 3:
            await asyncio.sleep(0)
        first.is_deaf, first.answer, first.refuses = False, FATAL, is_refused
        with pytest.raises(OutageError):
            await publisher.publish("t", b"k", b"v")
        ended = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
        await asyncio.wait_for(publisher.publish("t", b"k", b"v"), 5)
        left = publisher.in_flight
        await asyncio.to_thread(publisher.close)
        return ended, left, len(FakeProducer.made)

    ended, left, made = asyncio.run(scenario())
    assert all(isinstance(one, OutageError) for one in ended)
    assert (left, made) == (0, 2)


def test_many_records_that_die_of_one_broken_producer_make_one_new_one() -> None:
    async def scenario() -> None:
        publisher = Publisher("nowhere", in_flight=100)
        FakeProducer.made[0].answer = FATAL
        calls = [publisher.publish("t", b"k", b"v") for _ in range(20)]
        await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.to_thread(publisher.close)

    asyncio.run(scenario())
    assert len(FakeProducer.made) == 2


def test_what_is_reported_as_delivered_without_a_place_is_not_taken() -> None:
    async def scenario() -> int:
        publisher = Publisher("nowhere", in_flight=10)
        producer = FakeProducer.made[0]
        producer.place = None
        with pytest.raises(OutageError, match="_INCONSISTENT"):
            await asyncio.wait_for(publisher.publish("t", b"k", b"v"), 5)
        producer.place = 0
        await asyncio.wait_for(publisher.publish("t", b"k", b"v"), 5)
        await asyncio.to_thread(publisher.close)
        return len(FakeProducer.made)

    assert asyncio.run(scenario()) == 1
