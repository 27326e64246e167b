"""The topic table holds together."""

import pytest
from pydantic import ValidationError

from schemas.topics import (
    DEAD_MAX_BYTES,
    DEAD_RETENTION,
    LEDGER_RETENTION,
    SOURCE_MAX_BYTES,
    TOPICS,
    dead_topics,
)
from services.domain.aftercare import AftercarePolicy, load_aftercare


def test_every_name_ends_in_its_version_and_stands_once() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    assert all(name.endswith(".v1") for name in names)


def test_every_topic_somebody_reads_has_dead_letters() -> None:
    assert len(dead_topics()) == sum(1 for topic in TOPICS if topic.consumers)


def test_a_dead_letter_always_fits_its_topic() -> None:
    assert DEAD_MAX_BYTES >= 2 * SOURCE_MAX_BYTES
    assert all(topic.max_message_bytes <= SOURCE_MAX_BYTES for topic in TOPICS)


def test_the_ledger_outlives_every_record_it_guards_against() -> None:
    for topic in TOPICS:
        if topic.consumers and topic.retention is not None:
            assert topic.retention + DEAD_RETENTION <= LEDGER_RETENTION, topic.name


def test_nothing_is_taken_out_of_the_ledger_while_it_guards() -> None:
    """Its rows go with their case at the earliest, which no policy may let go sooner than this."""
    sooner = load_aftercare().model_dump() | {"retention_days": LEDGER_RETENTION.days}
    with pytest.raises(ValidationError, match="retention_days"):
        AftercarePolicy.model_validate(sooner)


def test_only_the_state_of_cases_is_compacted() -> None:
    assert [topic.name for topic in TOPICS if topic.compacted] == ["cases.state.v1"]
