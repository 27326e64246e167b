"""What follows from one record: what is sent, what is counted, what is forgotten."""

import asyncio
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from schemas.codec import decode, encode
from schemas.dead import from_headers, original_headers
from schemas.trends import SurgeSeen
from services.runtime.metrics import PrometheusMetrics
from services.runtime.records import Inbound, Outbound
from services.trends.handler import Taker
from services.trends.policy import load_policy
from tests.support.builders import NOON
from tests.support.counts import counts
from tests.support.manual_clock import ManualClock


class Desk:
    """A taker whose sends end here."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        tell = PrometheusMetrics(self.registry).batch
        self.taker = Taker(load_policy(), ManualClock(), tell, "x.trends.surges.v1")
        self.sent: list[Outbound] = []

    def take(self, value: bytes | None, partition: int = 0, **changes: Any) -> None:
        inbound = Inbound(
            "x.trends.counts.v1", partition, 7, "topic-id", b"default|hub-1", value, **changes
        )
        asyncio.run(self.taker.take(inbound, self._send))

    async def _send(self, record: Outbound) -> None:
        self.sent.append(record)

    def learns(self, partition: int = 0) -> None:
        for window in range(4):
            self.take(encode(counts(window, 10)), partition)


def test_a_surge_is_sent_to_its_topic_under_the_key_of_the_hub() -> None:
    desk = Desk()
    desk.learns()
    desk.take(encode(counts(4, 50)))
    [record] = desk.sent
    assert (record.topic, record.key) == ("x.trends.surges.v1", b"default|hub-1")
    assert decode(SurgeSeen, record.value).count == 50


def test_what_cannot_be_read_is_sent_to_the_dead_letters_with_bytes_headers_and_facts() -> None:
    desk = Desk()
    value = b'{"tenant":"default","hub":"hub-1","category":"delay","count":0,"at":"'
    value += NOON.isoformat().encode() + b'"}'
    desk.take(value, 3, headers=(("trace", b"a"), ("trace", b"b"), ("dead.at", b"?")))
    [letter] = desk.sent
    assert (letter.topic, letter.key) == ("x.trends.counts.v1.dead", b"default|hub-1")
    assert letter.value == value
    facts = from_headers(letter.headers)
    assert facts.source == "topic-id:3:7"
    assert (facts.topic, facts.worker) == ("x.trends.counts.v1", "trends")
    assert (facts.reason, facts.field, facts.rule) == ("malformed", "count", "greater_than_equal")
    kept = original_headers(letter.headers)
    assert kept == (("trace", b"a"), ("trace", b"b"), ("dead.at", b"?"))


def test_a_record_without_a_value_is_a_dead_letter_without_a_value() -> None:
    desk = Desk()
    desk.take(None)
    assert desk.sent[0].value is None
    assert from_headers(desk.sent[0].headers).rule == "missing_value"


def test_every_record_is_counted_by_what_became_of_it() -> None:
    desk = Desk()
    desk.learns()
    desk.take(encode(counts(4, 50)))
    desk.take(encode(counts(-500, 50)))
    desk.take(b"?")
    page = generate_latest(desk.registry).decode()
    assert 'complaints_records_total{topic="x.trends.counts.v1"} 7.0' in page
    assert 'complaints_outcomes_total{outcome="counted"} 4.0' in page
    assert 'complaints_outcomes_total{outcome="surge"} 1.0' in page
    assert 'complaints_outcomes_total{outcome="late"} 1.0' in page
    assert 'complaints_produced_total{topic="x.trends.surges.v1"} 1.0' in page
    assert 'reason="malformed",topic="x.trends.counts.v1"} 1.0' in page


def test_a_partition_that_went_to_another_worker_is_learnt_anew_when_it_comes_back() -> None:
    desk = Desk()
    desk.learns(partition=0)
    desk.learns(partition=1)
    desk.taker.assigned({1})
    desk.taker.assigned({0, 1})
    desk.take(encode(counts(4, 50)), partition=0)
    assert desk.sent == []
    desk.take(encode(counts(4, 50)), partition=1)
    assert len(desk.sent) == 1
