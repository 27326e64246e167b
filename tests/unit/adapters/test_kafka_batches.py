"""Batches are as large as what comes allows, and few records are not kept waiting."""

from services.adapters.kafka_batches import LINGER_SECONDS, Batches


class Topic:
    """Gives what is there at once, and notes how long each call would have waited."""

    def __init__(self, there: int = 0, size: int = 10) -> None:
        self.there = there
        self.size = size
        self.waits: list[float] = []

    def consume(self, most: int, seconds: float) -> list[bytes]:
        self.waits.append(seconds)
        given = min(most, self.there)
        self.there -= given
        return [b"x" * self.size] * given


def test_what_is_there_comes_as_one_batch_and_no_more_than_wanted() -> None:
    batches, topic = Batches(10_000), Topic(350)
    assert len(batches.take(topic.consume, 250, 0.5)) == 250
    assert len(batches.take(topic.consume, 250, 0.5)) == 100


def test_nothing_is_waited_for_after_nothing_came() -> None:
    topic = Topic()
    assert Batches(10_000).take(topic.consume, 250, 0.5) == []
    assert topic.waits == [0.5]


def test_few_records_are_not_kept_waiting() -> None:
    topic = Topic(3)
    assert len(Batches(10_000).take(topic.consume, 250, 0.5)) == 3
    assert topic.waits == [0.5, LINGER_SECONDS]


def test_a_batch_is_closed_once_it_has_its_bytes() -> None:
    topic = Topic(1000, size=100)
    assert len(Batches(15_000).take(topic.consume, 1000, 0.5)) == 201


def test_who_stands_beside_the_way_gathers_more_before_a_batch_is_closed() -> None:
    batches, topic = Batches(10_000, gather_s=0.25), Topic(150)
    assert len(batches.take(topic.consume, 250, 0.5)) == 150
    assert topic.waits[0] == 0.5
    assert all(0.2 < wait <= 0.25 for wait in topic.waits[1:])


def test_who_has_other_work_at_hand_gathers_nothing() -> None:
    topic = Topic(3)
    assert len(Batches(10_000, gather_s=0.25).take(topic.consume, 250, 0.0)) == 3
    assert topic.waits == [0.0, LINGER_SECONDS]
