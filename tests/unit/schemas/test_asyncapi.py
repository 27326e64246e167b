"""The AsyncAPI document: whole, without dangling references, and the same as the topic table."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas import export
from schemas.dead import DeadFacts, to_headers
from schemas.topics import TOPICS, Topic, dead_topics

DOCUMENT = json.loads((export.HERE / "asyncapi.json").read_text())
CHANNELS, OPERATIONS = DOCUMENT["channels"], DOCUMENT["operations"]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolved(reference: str) -> Any:
    part: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return part


def test_it_has_what_the_specification_requires_and_nothing_it_does_not_know() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    known = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations"}
    assert DOCUMENT.keys() <= known | {"components"}
    for operation in OPERATIONS.values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"]["$ref"].startswith("#/channels/")


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_a_reference_leads_to_a_part_or_to_a_schema(reference: str) -> None:
    if reference.startswith("#/"):
        assert resolved(reference)
    else:
        schema = json.loads((export.HERE / reference).read_text())
        assert schema["$schema"] == export.DIALECT


def test_the_channels_are_the_topics_and_their_dead_letters() -> None:
    assert set(CHANNELS) == {topic.name for topic in TOPICS} | set(dead_topics())
    assert all(channel["address"] == name for name, channel in CHANNELS.items())


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_channel_is_written_read_and_kept_as_the_table_says(topic: Topic) -> None:
    found: dict[str, set[str]] = {"send": set(), "receive": set()}
    for operation in OPERATIONS.values():
        if operation["channel"]["$ref"] == f"#/channels/{topic.name}":
            found[operation["action"]] |= {tag["name"] for tag in operation["tags"]}
    assert found == {"send": set(topic.producers), "receive": set(topic.consumers)}
    kept = CHANNELS[topic.name]["bindings"]["kafka"]["topicConfiguration"]
    assert (kept["cleanup.policy"] == ["compact"]) is topic.compacted
    assert ("retention.ms" in kept) is not topic.compacted
    names = [export.name_of(topic.record)] if topic.record else []
    assert list(CHANNELS[topic.name]["messages"]) == names


def test_the_headers_of_a_dead_letter_are_those_that_are_written() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    facts = DeadFacts("t", "id", 0, 7, "dedup", "malformed", "no value", "", "x", at, "1")
    headers = DOCUMENT["components"]["messages"]["dead_letter"]["headers"]
    assert headers["required"] == [name for name, _ in to_headers(facts)]
    assert list(headers["properties"]) == headers["required"]


def test_every_message_says_what_it_is() -> None:
    assert all(message["summary"] for message in DOCUMENT["components"]["messages"].values())
