"""The sla worker on real Kafka and MongoDB: a demo's clock is moved, and deadlines come."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas import topics
from schemas.cases import CaseState
from schemas.clocks import ClockFired
from schemas.codec import decode, encode
from schemas.keys import case_key
from schemas.vocabulary import CaseStatus, Channel
from services.adapters.shared_clock import offset_of
from services.cli.__main__ import main
from services.cli.environment import environment_of
from tests.support.builders import ELAPSED
from tests.support.namespaces import PARTITIONS, Namespace
from tests.support.processes import WorkerProcess
from tests.support.waiting import always, eventually

StartWorker = Callable[..., WorkerProcess]
Run = Callable[..., tuple[int, str]]
Send = Callable[..., None]
MOVABLE = {"COMPLAINTS_MOVABLE_CLOCK": "1", "COMPLAINTS_SLA_POLICY": str(ELAPSED)}
OPENED = datetime.now(UTC)


def a_state(number: int, **changes: Any) -> CaseState:
    fields: dict[str, Any] = {
        "tenant": "default",
        "case_id": f"C{number:04d}",
        "seq": 1,
        "status": CaseStatus.RECEIVED,
        "opened_at": OPENED,
        "updated_at": OPENED,
        "first_contact_id": "contact-1",
        "last_contact_at": OPENED,
        "channel": Channel.APP,
        "contacts": 1,
        "complainants": 1,
    }
    return CaseState(**(fields | changes))


@pytest.fixture
def send(namespace: Namespace) -> Iterator[Send]:
    """Produces states as ``cases`` does."""
    producer = Producer(
        {"bootstrap.servers": namespace.settings.kafka, "partitioner": "murmur2_random"}
    )

    def produce(*states: CaseState) -> None:
        for state in states:
            key = case_key(state.tenant, state.case_id)
            producer.produce(namespace.topic(topics.STATE.name), encode(state), key)
        assert producer.flush(60) == 0

    yield produce
    producer.flush(5)


@pytest.fixture
def fired(namespace: Namespace) -> Iterator[Callable[[], list[ClockFired]]]:
    """Gives all that has fired so far, committed transactions only."""
    consumer = Consumer(
        {
            "bootstrap.servers": namespace.settings.kafka,
            "group.id": f"{namespace.settings.prefix}test",
            "isolation.level": "read_committed",
        }
    )
    name = namespace.topic(topics.FIRED.name)
    consumer.assign([TopicPartition(name, number, 0) for number in range(PARTITIONS)])
    found: list[ClockFired] = []

    def read() -> list[ClockFired]:
        messages = consumer.consume(500, 0.5)
        found.extend(decode(ClockFired, one.value()) for one in messages if one.error() is None)
        return list(found)

    yield read
    consumer.close()


@pytest.fixture
def run(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Runs ``complaints …`` against the namespace."""

    def invoke(*arguments: str, movable: bool = True) -> tuple[int, str]:
        for name, value in environment_of(namespace.settings, movable_clock=movable).items():
            if name.startswith("COMPLAINTS_"):
                monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out + err

    return invoke


def test_deadlines_come_when_the_clock_is_moved_and_survive_a_killed_worker(
    namespace: Namespace,
    start_worker: StartWorker,
    send: Send,
    fired: Callable[[], list[ClockFired]],
    run: Run,
) -> None:
    timers = namespace.database["timers"]
    worker = start_worker("sla", **MOVABLE)
    send(*(a_state(number) for number in range(8)), a_state(8, level=4))
    send(a_state(9, seq=1), a_state(9, seq=2, status=CaseStatus.CLOSED, closed_at=OPENED))
    eventually(lambda: timers.count_documents({}) >= 10, describe="the timers' rows")
    assert fired() == []

    code, told = run("clock", "advance", "16m")
    assert (code, "moved by 16m" in told) == (0, True)
    (first,) = eventually(lambda: fired(), describe="the warning at level 4")
    assert (first.case_id, first.stage, first.due_at) == (
        "C0008",
        "warn",
        OPENED + timedelta(minutes=15),
    )

    # Killed while its timers run; the time goes on without it, and a case is acknowledged.
    worker.kill()
    send(a_state(0, seq=2, status=CaseStatus.ACKNOWLEDGED, acknowledged_at=OPENED))
    assert run("clock", "advance", "18h")[0] == 0
    worker.start()
    eventually(lambda: len({record.case_id for record in fired()}) >= 8, describe="the others")
    always(lambda: "C0000" not in {record.case_id for record in fired()}, during=1.0)
    found = fired()
    assert {record.case_id for record in found} == {f"C{number:04d}" for number in range(1, 9)}
    others = [record for record in found if record.case_id != "C0008"]
    assert all(record.fired_at >= record.due_at for record in found)
    assert all(record.late for record in others)
    # And the warning that nobody answered, proposed again by the new process.
    assert "complaints_timers_late_total 8.0" in worker.get("/metrics")[1]

    # The state that answers sets the next timer: the breach.
    send(a_state(1, seq=2, fired=("acknowledgement:warn:0",)))
    assert run("clock", "advance", "6h")[0] == 0
    breach = eventually(
        lambda: [record for record in fired() if record.stage == "breach"], describe="the breach"
    )
    assert [(record.case_id, record.case_seq) for record in breach] == [("C0001", 2)]
    assert worker.stop() == 0


def test_the_clock_of_a_production_cannot_be_moved(
    namespace: Namespace, start_worker: StartWorker, run: Run
) -> None:
    start_worker("sla")
    for movable in (False, True):
        code, told = run("clock", "advance", "1h", movable=movable)
        assert code == 1
        assert "cannot be moved" in told
    assert offset_of(namespace.database) is None
    assert "(fixed)" in run("clock", "show", movable=False)[1]


def test_a_worker_with_a_fixed_clock_refuses_an_instance_whose_clock_was_moved(
    namespace: Namespace, start_worker: StartWorker, run: Run
) -> None:
    start_worker("sla", **MOVABLE).stop()
    assert run("clock", "advance", "3d12h")[0] == 0
    refused = start_worker("sla", ready_within=None)
    assert refused.wait(20) == 70
    assert "moved by 3d12h" in refused.log.read_text()
