"""Replays on real Kafka that would do harm are refused; a wrong key is mended."""

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.cases import CaseCommand
from schemas.codec import encode
from schemas.topics import COMMANDS, STATE, Topic
from schemas.vocabulary import CommandKind
from services.cli.__main__ import main
from services.cli.environment import environment_of
from tests.support.builders import NOON
from tests.support.namespaces import Namespace
from tests.support.waiting import eventually

Run = Callable[..., tuple[int, str]]
COMMAND = CaseCommand(
    tenant="default",
    case_id="C1",
    command_id="a",
    kind=CommandKind.ACKNOWLEDGE,
    actor="clerk:7",
    issued_at=NOON,
)


@pytest.fixture
def run(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Runs ``complaints dead …`` against the namespace."""

    def invoke(*arguments: str) -> tuple[int, str]:
        for name, value in environment_of(namespace.settings).items():
            if name.startswith("COMPLAINTS_"):
                monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(["dead", *arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    return invoke


def die(namespace: Namespace, run: Run, topic: Topic, key: bytes, value: bytes) -> str:
    """Produce what its reader cannot take; return the number of the one dead letter."""
    producer = Producer(
        {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
    )
    producer.produce(namespace.topic(topic.name), value, key)
    assert producer.flush(60) == 0

    def number() -> str | None:
        lines = run("list", "--topic", topic.name)[1].splitlines()
        return next((line.split()[0] for line in lines if line[:6].isdigit()), None)

    found = eventually(number, describe="a dead letter", every=0.5)
    assert found is not None
    return found


def test_a_wrong_key_is_mended_and_the_record_takes_effect(
    namespace: Namespace, run: Run, start_worker: Callable[..., Any]
) -> None:
    start_worker("cases")
    number = die(namespace, run, COMMANDS, b"default|elsewhere", encode(COMMAND))
    code, said = run("replay", number, "--key", "default|C2")
    assert (code, "it would die again" in said) == (1, True)
    code, said = run("replay", number, "--key", "default|C1")
    assert (code, "replayed" in said) == (0, True)
    log = namespace.database["case_log"]
    eventually(lambda: log.count_documents({"case": "default|C1"}) == 1, describe="an outcome")
    assert run("replay", "1", "2", "--key", "x")[0] == 2


def test_what_died_in_a_compacted_topic_stays_there(
    namespace: Namespace, run: Run, start_worker: Callable[..., Any]
) -> None:
    start_worker("sla")
    number = die(namespace, run, STATE, b"default|C1", b"{")
    for more in ((), ("--dry-run",), ("--key", "default|C1")):
        code, said = run("replay", number, *more)
        assert (code, "is compacted" in said) == (1, True), said
