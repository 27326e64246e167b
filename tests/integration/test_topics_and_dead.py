"""Topics, dead letters, lag and audit on real engines, through the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.codec import encode
from schemas.keys import case_key, locality_key
from schemas.topics import COMMANDS, DEAD_MAX_BYTES, DEDUPLICATED, RECEIVED, STATE, TOPICS
from services.adapters.kafka_admin import admin_of, partitions_of, topic_ids
from services.cli.__main__ import main
from services.cli.environment import environment_of
from tests.support.builders import a_command, a_contact, a_deduplicated, a_new_contact
from tests.support.namespaces import PARTITIONS, Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

StartWorker = Callable[..., WorkerProcess]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any) -> Run:
    """Runs ``complaints …`` against the namespace: ``run("dead", "list")``."""
    for name, value in environment_of(namespace.settings).items():
        if name.startswith("COMPLAINTS_"):
            monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsysbinary.readouterr()
        return int(ended.value.code or 0), (out + err).decode()

    return invoke


@pytest.fixture
def produce(namespace: Namespace) -> Iterator[Callable[..., None]]:
    """Produces as the API does: ``produce(RECEIVED, key, value)``."""
    producer = Producer(
        {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
    )

    def send(topic: Any, key: bytes, value: bytes) -> None:
        producer.produce(namespace.topic(topic.name), value, key)
        assert producer.flush(60) == 0

    yield send
    producer.flush(5)


def records_of(namespace: Namespace, name: str) -> list[Any]:
    """Read a whole topic, committed records only."""
    consumer = Consumer(
        {
            "bootstrap.servers": namespace.settings.kafka,
            "group.id": "test-reader",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    try:
        consumer.subscribe([name])
        found: list[Any] = []
        ended: set[int | None] = set()
        while len(ended) < len(consumer.list_topics(name, 10).topics[name].partitions):
            for message in consumer.consume(500, 1.0):
                if message.error() is None:
                    found.append(message)
                else:
                    ended.add(message.partition())
        return found
    finally:
        consumer.close()


def numbers_in(listing: str) -> list[str]:
    return [line.split()[0] for line in listing.splitlines() if line[:6].isdigit()]


# ------------------------------------------------------------------ topics


def test_applying_topics_again_changes_nothing(namespace: Namespace, run: Run) -> None:
    with admin_of(namespace.settings.kafka) as admin:
        names = [namespace.topic(topic.name) for topic in TOPICS]
        before = topic_ids(admin, names)
        count = sum(1 + (topic.dead_letter is not None) for topic in TOPICS)
        said = f"0 created, {count} unchanged, 0 different\n"
        assert run("topics", "apply") == (0, said)
        assert topic_ids(admin, names) == before


def test_another_partition_count_is_an_error_that_says_what_it_means(
    namespace: Namespace, run: Run
) -> None:
    code, output = run("topics", "apply", "--partitions", str(PARTITIONS + 1))
    assert code == 1
    assert f"{namespace.topic(RECEIVED.name)}: partitions is {PARTITIONS}" in output
    assert "workers need equal counts" in output
    with admin_of(namespace.settings.kafka) as admin:
        assert len(partitions_of(admin, [namespace.topic(RECEIVED.name)])) == PARTITIONS


def test_a_missing_topic_is_made_with_the_partitions_of_the_others(
    namespace: Namespace, run: Run
) -> None:
    name = namespace.topic(STATE.name)
    with admin_of(namespace.settings.kafka) as admin:
        admin.delete_topics([name])
    eventually(lambda: "1 missing" in run("topics", "list")[1], describe="the topic's end")
    assert run("topics", "list")[0] == 1
    code, output = run("topics", "apply")
    assert code == 0
    assert f"created    {name}" in output
    with admin_of(namespace.settings.kafka) as admin:
        assert len(partitions_of(admin, [name])) == PARTITIONS


def test_a_setting_somebody_changed_is_told_and_left_alone(namespace: Namespace, run: Run) -> None:
    name = namespace.topic(RECEIVED.name)
    wish = ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": "3600000"})
    with admin_of(namespace.settings.kafka) as admin:
        admin.alter_configs([wish])
    eventually(lambda: "1 different" in run("topics", "apply")[1], describe="the new setting")
    code, output = run("topics", "apply")
    assert (code, "1 different" in output) == (0, True)
    assert "retention.ms is 3600000, the table has 1209600000" in output


def test_a_dead_letter_fits_whatever_its_source_could_hold(namespace: Namespace) -> None:
    name = f"{namespace.topic(RECEIVED.name)}.dead"
    with admin_of(namespace.settings.kafka) as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name)]
        (settings,) = admin.describe_configs(asked)["topic"].values()
    assert settings["max.message.bytes"]["value"] == str(DEAD_MAX_BYTES)


# ------------------------------------------------------------------ dead letters


def test_a_dead_letter_is_listed_shown_mended_and_takes_effect(
    namespace: Namespace, run: Run, produce: Any, start_worker: StartWorker, tmp_path: Path
) -> None:
    contact = a_new_contact()
    key = locality_key(contact.tenant, contact.contact_id)
    broken = encode(contact).replace(b'"phone"', b'"pigeon"')
    produce(RECEIVED, key, broken)
    start_worker("dedup")
    start_worker("cases")
    listing = eventually(
        lambda: "1 dead letters" in (said := run("dead", "list")[1]) and said, describe="a death"
    )
    assert "快件" not in listing
    (number,) = numbers_in(listing)
    assert "channel" in run("dead", "show", number)[1]
    assert run("dead", "show", number, "--raw") == (0, broken.decode())

    code, output = run("dead", "replay", number, "--dry-run")
    assert (code, output.startswith("would replay")) == (0, True)
    still_broken = tmp_path / "still.json"
    still_broken.write_bytes(broken)
    code, output = run("dead", "replay", number, "--value", str(still_broken))
    assert (code, "would die again: channel" in output) == (1, True)
    assert len(records_of(namespace, namespace.topic(RECEIVED.name))) == 1

    mended = tmp_path / "mended.json"
    mended.write_bytes(encode(contact))
    code, output = run("dead", "replay", number, "--value", str(mended))
    assert (code, "replayed" in output) == (0, True)
    eventually(lambda: namespace.database.cases.count_documents({}) == 1, describe="a case")
    first, second = sorted(
        records_of(namespace, namespace.topic(RECEIVED.name)), key=lambda m: m.offset()
    )
    assert (second.key(), second.partition()) == (first.key(), first.partition())
    dead_topic = f"{namespace.topic(RECEIVED.name)}.dead"
    assert second.headers() == [("replay.of", f"{dead_topic}:0:0".encode())]
    code, output = run("audit")
    assert (code, "0 open, 1 replayed, 0 discarded" in output) == (0, True), output
    assert "1 dead letters, 0 open" in run("dead", "list")[1]


def test_what_is_not_there_is_refused_with_a_reason(run: Run, namespace: Namespace) -> None:
    assert run("dead", "list") == (0, "no dead letters\n")
    for wanted in ("123456", "nothing:0:0", f"{namespace.topic(RECEIVED.name)}.dead:0:5"):
        code, output = run("dead", "show", wanted)
        assert code == 1
        assert output.startswith(f"Error: {wanted}: ")
    assert run("dead", "replay", "1", "2", "--value", __file__)[0] == 2
    assert run("dead", "list", "--since", "soon")[0] == 2


# ------------------------------------------------------------------ lag and audit


def test_lag_is_told_and_ends_at_zero_though_transaction_markers_follow(
    namespace: Namespace, run: Run, produce: Any, start_worker: StartWorker
) -> None:
    for number in range(20):
        contact = a_contact(f"c{number}", waybill=None)
        produce(RECEIVED, locality_key(contact.tenant, contact.contact_id), encode(contact))
    code, output = run("lag", "--no-rate")
    assert (code, "20 behind in all" in output) == (0, True)
    assert "never" in output
    start_worker("dedup")
    start_worker("cases")
    running = {"dedup", "severity", "routing", "cases", "sla"}

    def behind() -> set[str]:
        words = (
            line.split()[0] for line in run("lag", "--no-rate")[1].splitlines() if line.strip()
        )
        return running & {word.rpartition(".")[2] for word in words}

    eventually(lambda: not behind(), 60, describe=behind)
    assert DEDUPLICATED.name in run("lag", "--all")[1]


def test_the_audit_proves_a_system_that_died_resent_and_commanded(
    namespace: Namespace, run: Run, produce: Any, start_worker: StartWorker, tmp_path: Path
) -> None:
    for number in range(60):
        contact = a_new_contact(f"c{number}", waybill=f"SF13{number // 3 * 13_579_246:011}")
        key = locality_key(contact.tenant, contact.contact_id)
        produce(RECEIVED, key, encode(contact))
        if number % 10 == 0:
            produce(RECEIVED, key, encode(contact))
    produce(RECEIVED, b"k", b"{")
    start_worker("dedup")
    start_worker("cases")
    eventually(lambda: namespace.database.cases.count_documents({}) == 20, describe="20 cases")
    for number, case in enumerate(namespace.database.cases.find()):
        case_id = case["_id"].partition("|")[2]
        command = a_command("acknowledge", case_id, f"cmd-{number}")
        for _ in range(1 + number % 2):
            produce(COMMANDS, case_key(command.tenant, case_id), encode(command))
    result = tmp_path / "audit.json"
    code, output = run("audit", "--json", str(result))
    assert (code, "proved" in output) == (0, True), output
    told = json.loads(result.read_text())
    assert told["drained"]
    examined = {one["check"]: one["examined"] for one in told["checks"]}
    assert examined["A"] == 67
    assert examined["B"] == 60
    assert examined["C"] >= 80
    assert examined["F"] == 30


def test_the_audit_tells_waiting_from_lost(
    namespace: Namespace, run: Run, produce: Any, start_worker: StartWorker
) -> None:
    contact = a_new_contact()
    produce(RECEIVED, b"k", encode(contact))
    code, output = run("audit", "--wait", "0")
    assert (code, "still waiting" in output) == (2, True)
    start_worker("dedup")
    start_worker("cases")
    assert run("audit")[0] == 0
    namespace.database.contacts.delete_many({})
    code, output = run("audit")
    assert code == 1
    assert f"lost: {namespace.topic(RECEIVED.name)}:" in output
    assert f"undecided: {contact.tenant}|{contact.contact_id}" in output


def test_the_audit_names_a_foreign_contact_and_a_forged_document(
    namespace: Namespace, run: Run, produce: Any, start_worker: StartWorker
) -> None:
    stranger = a_deduplicated(a_new_contact())
    produce(DEDUPLICATED, case_key(stranger.tenant, stranger.case_id), encode(stranger))
    start_worker("cases")
    eventually(lambda: namespace.database.cases.count_documents({}) == 1, describe="a case")
    namespace.database.cases.update_one({}, {"$set": {"contacts": 7}})
    code, output = run("audit", "--wait", "10")
    assert code == 1
    assert "undecided" in output
    assert "wrong_field" in output
    assert "contacts beside it" in output


def test_what_cannot_be_read_is_neither_proof_nor_violation(
    namespace: Namespace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPLAINTS_PREFIX", "nowhere.")
    code, output = run("audit", "--wait", "0")
    assert (code, "run `complaints topics apply`" in output) == (3, True)
    monkeypatch.setenv("COMPLAINTS_KAFKA", "127.0.0.1:1")
    assert run("audit", "--wait", "0")[0] == 3
