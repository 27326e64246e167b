"""What an operator turns and what bounds a worker, on real engines."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.codec import encode
from schemas.keys import locality_key
from schemas.topics import RECEIVED
from services.adapters.clock import SystemClock
from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of
from services.adapters.kafka_batches import SLICE
from services.adapters.kafka_config import Limits
from services.adapters.kafka_log import KafkaLog
from services.adapters.mongo_checkpoints import MongoCheckpointStore
from services.cli.__main__ import main
from services.cli.environment import environment_of
from tests.faults.forms import FULL
from tests.support.builders import a_contact
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import eventually

Send = Callable[[bytes, bytes], None]
StartWorker = Callable[..., WorkerProcess]
Run = Callable[..., tuple[int, str]]
MOST_MEGABYTES = 320
"""What docs/architecture.md promises of a worker before a backlog of long letters."""
LETTER = "快件破损,客服一直没有回复,要求赔偿。" * 1000
"""57 kB."""
pytestmark = [pytest.mark.timeout(180)]


@pytest.fixture
def run(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Runs ``complaints …`` against the namespace."""
    for name, value in environment_of(namespace.settings).items():
        if name.startswith("COMPLAINTS_"):
            monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    return invoke


@pytest.fixture
def send(namespace: Namespace) -> Iterator[Send]:
    """Puts a record before dedup, at once."""
    producer = Producer(
        {
            "bootstrap.servers": namespace.settings.kafka,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "queue.buffering.max.kbytes": 1_000_000,
        }
    )

    def put(key: bytes, value: bytes) -> None:
        producer.produce(namespace.topic(RECEIVED.name), value, key)
        producer.poll(0)

    yield put
    assert producer.flush(60) == 0


@pytest.fixture
def feed(send: Send) -> Callable[[range, str], None]:
    """Puts contacts before dedup: ``feed(range(20), text)``."""

    def send_all(numbers: range, text: str) -> None:
        for number in numbers:
            contact = a_contact(f"c{number}", waybill=None, text=text)
            send(locality_key(contact.tenant, contact.contact_id), encode(contact))

    return send_all


def gauge(worker: WorkerProcess, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", worker.get("/metrics")[1], re.M)
    assert found, name
    return float(found[1])


def test_a_paused_worker_stands_still_over_a_restart_until_it_may_go_on(
    namespace: Namespace, run: Run, feed: Any, start_worker: StartWorker
) -> None:
    dedup = start_worker("dedup")
    code, said = run("worker", "pause", "dedup", "--by", "li", "--note", "index")
    assert (code, "paused by li" in said) == (0, True)
    eventually(lambda: "paused by li" in dedup.get("/readyz")[1], within=20)
    assert not dedup.is_ready()
    assert dedup.get("/healthz")[0] == 200
    assert dedup.stop() == 0
    dedup.start(ready_within=None)
    eventually(lambda: "paused by li" in dedup.get("/readyz")[1], within=30)
    feed(range(40), "快件三天没有更新")
    eventually(lambda: gauge(dedup, "complaints_lag_records") >= 40, within=20, describe="lag")
    # It has read none of them, so it counts from when it saw that they wait.
    eventually(lambda: gauge(dedup, "complaints_lag_seconds") > 1, within=20, describe="they wait")
    assert gauge(dedup, "complaints_paused") == 1
    assert namespace.database.contacts.count_documents({}) == 0
    assert "stands still" in run("lag")[1]
    assert "paused by li" in run("worker", "list")[1]
    assert "goes on" in run("worker", "resume", "dedup")[1]
    contacts = namespace.database.contacts
    eventually(lambda: contacts.count_documents({}) == 40, within=30, describe="40 decided")
    eventually(lambda: gauge(dedup, "complaints_drain_seconds") == 0, within=20, describe="drained")
    assert gauge(dedup, "complaints_lag_seconds") == 0
    assert (gauge(dedup, "complaints_paused"), dedup.is_ready()) == (0, True)


def test_a_batch_is_closed_by_its_bytes_however_many_records_it_might_take(
    namespace: Namespace, feed: Any
) -> None:
    feed(range(600), LETTER)
    clock = SystemClock()
    log = KafkaLog(
        namespace.settings.kafka,
        namespace.settings.group("dedup"),
        [namespace.topic(RECEIVED.name)],
        [],
        namespace.settings.transactional_id("dedup"),
        MongoCheckpointStore(namespace.database),
        clock,
        limits=Limits(batch=1024),
    )
    try:
        batch = eventually(lambda: log.poll(2000, 0.5), within=30, describe="a batch")
        size = sum(len(record.value or b"") for record in batch)
        assert 0 < len(batch) <= SLICE + 1
        assert size <= 1024 * 1024 + SLICE * 60_000
    finally:
        log.close()


@pytest.mark.timeout(400)
@pytest.mark.skipif(not FULL, reason="long form: --faults")
def test_a_worker_before_a_backlog_of_long_letters_stays_small(
    namespace: Namespace, feed: Any, start_worker: StartWorker
) -> None:
    letters = 2500
    feed(range(letters), LETTER)
    dedup = start_worker("dedup", COMPLAINTS_BATCH_MIN="2000")
    contacts = namespace.database.contacts
    eventually(
        lambda: contacts.estimated_document_count() >= letters,
        within=300,
        describe=lambda: contacts.estimated_document_count(),
        every=0.5,
    )
    status = Path(f"/proc/{dedup.pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak
    assert int(peak[1]) / 1024 < MOST_MEGABYTES, peak[0]


def test_discarded_letters_are_accounted_for_by_who_when_and_why(
    namespace: Namespace, run: Run, send: Send, start_worker: StartWorker
) -> None:
    for number in range(3):
        contact = a_contact(f"c{number}")
        broken = encode(contact).replace(b'"phone"', b'"pigeon"')
        send(locality_key(contact.tenant, contact.contact_id), broken)
    start_worker("dedup")
    start_worker("cases")
    eventually(lambda: "3 dead letters, 3 open" in run("dead", "list")[1], describe="three deaths")
    assert "malformed, enum" in run("dead", "reasons")[1]
    assert run("dead", "discard", "--note", "none is named")[0] == 2
    one = a_contact("c1").contact_id
    assert "would discard" in run("dead", "discard", "--about", one, "--note", "x", "--dry-run")[1]
    code, output = run("dead", "discard", "--about", one, "--note", "a test", "--by", "li", "--yes")
    assert (code, output.count("discarded")) == (0, 1)
    code, output = run("audit")
    assert (code, "2 open" in output, "1 discarded" in output) == (0, True, True), output
    assert "no open dead letter" in run("dead", "replay", "--about", one, "--yes")[1]
    (row,) = namespace.database["letter_ends"].find()
    assert (row["by"], row["note"], row["fate"]) == ("li", "a test", "discarded")
    assert row["source"]
    # Kafka deletes the letters after a month; what was discarded stays accounted for.
    dead_topic = f"{namespace.topic(RECEIVED.name)}.dead"
    with admin_of(namespace.settings.kafka) as admin:
        ends = end_offsets(admin, partitions_of(admin, [dead_topic]))
        admin.delete_records(ends)
    code, output = run("audit")
    assert "1 discarded" in output
    assert output.count("  lost: ") == 2, output  # the two that nobody settled
