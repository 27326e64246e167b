"""The topics as an AsyncAPI 3.0 document, for the tools that read one.

It says what ``topics.json`` and ``jsonschema/`` say, nothing more: each topic is a channel with
its record as message, each producer sends and each consumer receives. Dead letters have no
schema: their payload is whatever could not be read.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from schemas.dead import DEAD
from schemas.record import Record
from schemas.topics import (
    DEAD_MAX_BYTES,
    DEAD_PARTITIONS,
    DEAD_RETENTION,
    PARTITIONS,
    TOPICS,
    Topic,
)

VERSION: Final = "3.0.0"
_SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"
_KAFKA_BINDING: Final = "0.5.0"
_FACTS: Final = (
    "topic", "topic_id", "partition", "offset", "worker", "reason",
    "error", "field", "rule", "at", "code_version",
)  # fmt: skip


def document(
    name_of: Callable[[type[Record]], str],
    file_of: Callable[[type[Record]], str],
    topics: Iterable[Topic] = TOPICS,
) -> dict[str, Any]:
    """Return the document; ``name_of`` and ``file_of`` tell a record's name and schema file."""
    listed = list(topics)
    records = dict.fromkeys(topic.record for topic in listed if topic.record is not None)
    channels: dict[str, Any] = {}
    for topic in listed:
        channels[topic.name] = _channel(topic, name_of)
        if topic.dead_letter is not None:
            channels[topic.dead_letter] = _dead_channel(topic.dead_letter)
    messages = {name_of(record): _message(record, name_of, file_of) for record in records}
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Complaints",
            "version": "1",
            "description": "Subscribers read with `read_committed`, drop what they have seen, "
            "ignore fields they do not know, and take a word they do not know as `unknown`.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": _operations(listed),
        "components": {"messages": messages | {"dead_letter": _dead_message()}},
    }


def _channel(topic: Topic, name_of: Callable[[type[Record]], str]) -> dict[str, Any]:
    retention = topic.retention
    cleanup: dict[str, Any] = {"cleanup.policy": ["compact"]}
    if retention is not None:
        milliseconds = int(retention.total_seconds() * 1000)
        cleanup = {"cleanup.policy": ["delete"], "retention.ms": milliseconds}
    configuration = cleanup | {"max.message.bytes": topic.max_message_bytes}
    names = () if topic.record is None else (name_of(topic.record),)
    return {
        "address": topic.name,
        "description": f"Keyed by {topic.key}.",
        "messages": {name: _to("components", "messages", name) for name in names},
        "bindings": _kafka(configuration, topic.partitions(PARTITIONS)),
    }


def _dead_channel(name: str) -> dict[str, Any]:
    cleanup = {
        "cleanup.policy": ["delete"],
        "retention.ms": int(DEAD_RETENTION.total_seconds() * 1000),
        "max.message.bytes": DEAD_MAX_BYTES,
    }
    return {
        "address": name,
        "description": "What a reader could not process, with its original key and bytes.",
        "messages": {"dead_letter": _to("components", "messages", "dead_letter")},
        "bindings": _kafka(cleanup, DEAD_PARTITIONS),
    }


def _kafka(configuration: dict[str, Any], partitions: int) -> dict[str, Any]:
    return {
        "kafka": {
            "partitions": partitions,
            "topicConfiguration": configuration,
            "bindingVersion": _KAFKA_BINDING,
        }
    }


def _message(
    record: type[Record],
    name_of: Callable[[type[Record]], str],
    file_of: Callable[[type[Record]], str],
) -> dict[str, Any]:
    return {
        "name": name_of(record),
        "title": record.__name__,
        "summary": " ".join((record.__doc__ or "").split("\n\n")[0].split()),
        "contentType": "application/json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{file_of(record)}"}},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": _KAFKA_BINDING}},
    }


def _dead_message() -> dict[str, Any]:
    return {
        "name": "dead_letter",
        "title": "DeadLetter",
        "summary": "The original value, byte for byte; facts about it in headers.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "required": [DEAD + fact for fact in _FACTS],
            "properties": {DEAD + fact: {"type": "string"} for fact in _FACTS},
        },
    }


def _operations(topics: Iterable[Topic]) -> dict[str, Any]:
    operations: dict[str, Any] = {}

    def add(worker: str, action: str, name: str) -> None:
        operations[f"{worker}.{action}.{name}"] = {
            "action": action,
            "summary": f"{worker} {'writes' if action == 'send' else 'reads'} {name}",
            "channel": _to("channels", name),
            "tags": [{"name": worker}],
        }

    for topic in topics:
        for worker in topic.producers:
            add(worker, "send", topic.name)
        for worker in topic.consumers:
            add(worker, "receive", topic.name)
            if topic.dead_letter is not None:
                add(worker, "send", topic.dead_letter)
    return operations


def _to(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}
