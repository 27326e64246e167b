"""The guard rails, each of which keeps out a measured way to lose or expose something."""

from pathlib import Path

import pytest
from faust.types.enums import ProcessingGuarantee

from schemas.topics import DEAD_MAX_BYTES
from services.runtime.settings import Settings
from services.trends.app import ReadCommittedTransport, inbound_of, make_app

SETTINGS = Settings(kafka="one:9092,two:9093", prefix="p.", slot=3)


@pytest.fixture
def conf(tmp_path: Path) -> object:
    return make_app(SETTINGS, str(tmp_path)).conf


@pytest.mark.parametrize(
    ("rail", "value"),
    [
        ("processing_guarantee", ProcessingGuarantee.AT_LEAST_ONCE),
        ("stream_wait_empty", True),
        ("topic_disable_leader", True),
        ("topic_allow_declare", False),
        ("web_enabled", False),
        ("producer_acks", -1),
        ("producer_max_request_size", DEAD_MAX_BYTES),
        ("consumer_auto_offset_reset", "earliest"),
        ("consumer_group_instance_id", "p.trends-3"),
        ("value_serializer", "raw"),
        ("key_serializer", "raw"),
        ("id", "p.trends"),
    ],
)
def test_a_guard_rail_is_set(conf: object, rail: str, value: object) -> None:
    assert getattr(conf, rail) == value


def test_every_broker_is_given(conf: object) -> None:
    assert [url.authority for url in conf.broker] == ["one:9092", "two:9093"]  # type: ignore[attr-defined]


def test_the_consumer_comes_from_the_transport_that_reads_committed_only(tmp_path: Path) -> None:
    app = make_app(SETTINGS, str(tmp_path))
    assert isinstance(app.transport, ReadCommittedTransport)
    assert app.transport.Consumer is ReadCommittedTransport.Consumer


class Message:
    topic, partition, offset, key, value, timestamp = "t", 1, 2, b"k", b"v", 1772452800.25
    headers: object = (("a", b"1"), ("a", b"2"))


@pytest.mark.parametrize(
    ("headers", "pairs"),
    [
        ((("a", b"1"), ("a", b"2")), (("a", b"1"), ("a", b"2"))),
        ({"a": b"1"}, (("a", b"1"),)),
        (None, ()),
    ],
)
def test_a_message_of_faust_is_read_whole(headers: object, pairs: object) -> None:
    message = Message()
    message.headers = headers
    inbound = inbound_of(message, "id")
    assert inbound.headers == pairs
    assert str(inbound.source) == "id:1:2"
    assert (inbound.topic, inbound.key, inbound.value) == ("t", b"k", b"v")
    assert inbound.timestamp_ms == 1772452800250
