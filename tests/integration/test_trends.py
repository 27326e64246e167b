"""Trends on real Kafka: the process, its guard rails, and how it ends."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver

from schemas.codec import encode
from schemas.dead import from_headers, original_headers
from services.adapters.kafka_admin import admin_of, topic_ids
from services.cli.environment import environment_of
from services.trends.app import make_app
from tests.support.counts import KEY, CountsWire, counts, usual_then
from tests.support.namespaces import Namespace
from tests.support.processes import ROOT, WorkerProcess, a_free_port
from tests.support.sockets import listening_ports
from tests.support.waiting import eventually

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]
StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def wire(namespace: Namespace) -> CountsWire:
    return CountsWire(namespace)


def metric(worker: WorkerProcess, name: str, labels: str = "") -> float:
    found = re.search(rf"^{name}(?:{{{labels}}})? (\S+)$", worker.get("/metrics")[1], re.M)
    return float(found[1]) if found else 0.0


def test_counts_become_a_surge_and_the_pages_tell_of_it(
    wire: CountsWire, start_worker: StartWorker
) -> None:
    trends = start_worker("trends", ready_within=45)
    wire.put(*usual_then(45))
    [surge] = eventually(wire.surges_found, 30, "a surge")
    assert (surge.count, surge.usual, surge.ratio) == (45, 10.0, 4.5)
    [message] = wire.found(wire.surges)
    assert message.key() == KEY
    assert message.partition() == wire.found(wire.counts)[0].partition(), "one hub, one partition"
    eventually(lambda: metric(trends, "complaints_outcomes_total", 'outcome="surge"') == 1)
    assert metric(trends, "complaints_records_total", f'topic="{re.escape(wire.counts)}"') == 5
    assert metric(trends, "complaints_partitions_served") == 4
    assert trends.get("/healthz")[0] == 200
    eventually(lambda: metric(trends, "complaints_lag_records") == 0, 15, "nothing waits")


def test_a_stop_is_clean_and_quick_and_what_was_done_is_committed(
    wire: CountsWire, start_worker: StartWorker
) -> None:
    trends = start_worker("trends", ready_within=45)
    wire.put(*usual_then(45))
    eventually(wire.surges_found, 30)
    assert trends.stop(within=15) == 0
    assert wire.committed() == 5


def test_after_a_kill_it_goes_on_and_says_nothing_before_it_knows_what_is_usual(
    wire: CountsWire, start_worker: StartWorker
) -> None:
    trends = start_worker("trends", ready_within=45)
    wire.put(*usual_then(45))
    eventually(lambda: wire.committed() == 5, 30)
    trends.kill()
    wire.put(*(encode(counts(window, 45)) for window in range(5, 9)))
    trends.start(ready_within=45)
    wire.put(encode(counts(9, 180)))
    assert [one.count for one in eventually(lambda: wire.surges_found()[1:], 30)] == [180]


def test_what_it_cannot_read_goes_whole_to_the_dead_letters_and_the_rest_goes_on(
    wire: CountsWire, start_worker: StartWorker
) -> None:
    start_worker("trends", ready_within=45)
    large = b"\xff" * 1_000_000
    wire.put(b"{", None, large, headers=[("trace", b"\x00"), ("trace", b"b")])
    wire.put(*usual_then(45))
    eventually(wire.surges_found, 30)
    letters = sorted(wire.found(wire.dead), key=lambda one: int(from_headers(one.headers()).offset))
    assert [letter.value() for letter in letters] == [b"{", None, large]
    with admin_of(wire.namespace.settings.kafka) as admin:
        topic_id = topic_ids(admin, [wire.counts])[wire.counts]
    originals = [m for m in wire.found(wire.counts) if m.headers()]
    for letter, original in zip(letters, originals, strict=True):
        facts = from_headers(letter.headers())
        assert facts.source == f"{topic_id}:{original.partition()}:{original.offset()}"
        assert (facts.topic, facts.worker, facts.reason) == (wire.counts, "trends", "malformed")
        assert original_headers(letter.headers()) == (("trace", b"\x00"), ("trace", b"b"))
        assert letter.key() == KEY


BREAKING = """
import sys
from services.trends import handler, worker
async def take(self, inbound, send):
    raise RuntimeError("a defect of ours")
handler.Taker.take = take
sys.exit(worker.run())
"""


def test_a_defect_ends_the_process_and_the_record_comes_again(
    wire: CountsWire, start_worker: StartWorker, tmp_path: Path
) -> None:
    wire.put(b"poison")
    environment = environment_of(wire.namespace.settings, health_port=a_free_port())
    broken = subprocess.run(
        [sys.executable, "-c", BREAKING],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert broken.returncode == 1, broken.stderr
    assert "trends cannot go on" in broken.stderr
    assert wire.committed() == 0
    start_worker("trends", ready_within=45)
    eventually(lambda: len(wire.found(wire.dead)) == 1, 30)


def test_two_copies_share_the_partitions_and_one_takes_over_from_the_other(
    start_worker: StartWorker,
) -> None:
    first, second = (start_worker("trends", slot, ready_within=None) for slot in (0, 1))

    def served() -> list[float]:
        return [metric(one, "complaints_partitions_served") for one in (first, second)]

    eventually(lambda: served() == [2, 2], 60, served)
    first.kill()
    eventually(lambda: served()[1] == 4, 40, served)


def test_nothing_listens_but_the_health_pages(start_worker: StartWorker) -> None:
    trends = start_worker("trends", ready_within=45)
    assert listening_ports(trends.pid) == {trends.health_port}


def test_counts_of_an_aborted_transaction_are_not_seen(
    wire: CountsWire, start_worker: StartWorker
) -> None:
    trends = start_worker("trends", ready_within=45)
    wire.put(*usual_then(10))
    wire.put_and_abort(encode(counts(4, 500)))
    wire.put(*(encode(counts(window, 10)) for window in range(5, 9)), encode(counts(9, 45)))
    assert [one.count for one in eventually(wire.surges_found, 30)] == [45]
    assert metric(trends, "complaints_outcomes_total", 'outcome="counted"') == 9


@pytest.mark.parametrize(
    ("transport", "is_blind"),
    [(None, True), (driver.Transport, False)],
    ids=["with-our-transport", "mutant-with-fausts-own"],
)
def test_the_override_is_what_hides_aborted_records(
    wire: CountsWire, tmp_path: Path, transport: type[driver.Transport] | None, is_blind: bool
) -> None:
    wire.put(b"first")
    wire.put_and_abort(b"aborted")
    wire.put(b"last")
    app = make_app(wire.namespace.settings, str(tmp_path))
    if transport is not None:
        app.transport = transport(app.conf.broker_consumer, app)
    seen: list[bytes] = []

    async def read() -> None:
        done = asyncio.Event()

        async def note(stream: Any) -> None:
            async for event in stream.events():
                seen.append(event.message.value)
                if event.message.value == b"last":
                    done.set()

        app.agent(app.topic(wire.counts, value_type=bytes, internal=False))(note)
        async with app:
            await asyncio.wait_for(done.wait(), 120)

    asyncio.run(read())
    assert (b"aborted" not in seen) is is_blind
    assert (seen[0], seen[-1]) == (b"first", b"last")


def test_it_waits_for_kafka_and_can_be_stopped_meanwhile(
    start_worker: StartWorker, tmp_path: Path
) -> None:
    trends = start_worker("trends", ready_within=None, COMPLAINTS_KAFKA="127.0.0.1:1")

    def answer() -> tuple[int, str] | None:
        found = trends.get("/readyz")
        return found if found[0] else None

    status, body = eventually(answer, 30)
    eventually(lambda: "no broker answers" in trends.get("/readyz")[1], 20)
    assert (status, trends.get("/healthz")[0]) == (503, 200), body
    assert trends.stop(within=15) == 0


def test_a_missing_topic_is_said_and_nothing_is_started(start_worker: StartWorker) -> None:
    trends = start_worker("trends", ready_within=None, COMPLAINTS_PREFIX="nobody-made-this.")
    assert trends.wait(30) == 70
    assert "run `complaints topics apply`" in trends.log.read_text()
