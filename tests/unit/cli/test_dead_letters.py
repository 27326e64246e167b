"""Dead letters keep the original untouched and say where it stood and why it died."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead import (
    DeadFacts,
    dead_topic_of,
    from_headers,
    original_headers,
    replay_headers,
    to_headers,
)
from schemas.errors import MalformedRecordError
from services.runtime.records import Source

FACTS = DeadFacts(
    topic="complaints.received.v1", topic_id="a+/b", partition=3, offset=41, worker="dedup",
    reason="malformed", error="text: too long", field="text", rule="string_too_long",
    at=datetime(2026, 3, 2, 12, tzinfo=UTC), code_version="1.2.0",
)  # fmt: skip

names = st.sampled_from(["trace", "dead.at", "dead.topic", "orig.x", "orig.dead.at", "replay.of"])
originals = st.lists(st.tuples(names, st.binary(max_size=8)), max_size=5).map(tuple)


def test_the_facts_survive_the_headers() -> None:
    assert from_headers(to_headers(FACTS)) == FACTS


def test_the_source_is_written_as_ledgers_write_it() -> None:
    assert FACTS.source == str(Source("a+/b", 3, 41))


def test_the_dead_topic_keeps_the_prefix() -> None:
    assert dead_topic_of("t1.complaints.received.v1") == "t1.complaints.received.v1.dead"


@given(originals)
def test_any_original_headers_come_back_and_never_pass_for_facts(
    headers: tuple[tuple[str, bytes], ...],
) -> None:
    written = to_headers(FACTS, headers)
    assert original_headers(written) == headers
    assert from_headers(written) == FACTS


def test_a_replay_names_its_dead_letter_and_nothing_of_the_facts() -> None:
    headers = to_headers(FACTS, (("trace", b"1"), ("replay.of", b"older")))
    assert replay_headers(headers, "x.dead:0:7") == (
        ("trace", b"1"),
        ("replay.of", b"x.dead:0:7"),
    )


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("dead.topic", None, "missing"),
        ("dead.offset", b"seven", "int_parsing"),
        ("dead.at", b"yesterday", "datetime_parsing"),
        ("dead.at", b"2026-03-02T12:00:00", "datetime_parsing"),
    ],
)
def test_facts_that_are_missing_or_broken_are_named(
    name: str, value: bytes | None, rule: str
) -> None:
    headers = [(n, value if n == name else v) for n, v in to_headers(FACTS)]
    with pytest.raises(MalformedRecordError) as caught:
        from_headers(headers)
    assert (caught.value.field, caught.value.rule) == (name, rule)


def test_a_fact_is_cut_so_that_a_dead_letter_always_fits() -> None:
    long = DeadFacts(**{f: getattr(FACTS, f) for f in FACTS.__slots__} | {"error": "语" * 10_000})
    assert sum(len(value) for _, value in to_headers(long)) < 4000
