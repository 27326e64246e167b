"""Answers that never arrive, and connections that are slow, half-open or reset: a proxy between
the workers and their engines, which itself do nothing wrong."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from infra.embedded import EmbeddedStack
from infra.embedded.files import write_json
from infra.embedded.stack import LAYOUT
from services.adapters.clock import SystemClock
from services.adapters.kafka_log import KafkaLog
from services.adapters.memory_checkpoints import MemoryCheckpointStore
from services.api import publisher
from services.domain.errors import TransactionLost
from services.runtime.watchdog import HUNG
from tests.faults.findings import Findings, slack
from tests.faults.forms import FULL, RATE, longest_wait
from tests.faults.supervision import committed
from tests.support.anew import BEFORE, TAKEN, Anew, taken_by_api, to_produce
from tests.support.checker import Tally, judged
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace, a_namespace
from tests.support.processes import WorkerProcess, a_free_port
from tests.support.proxy import (
    END_TXN,
    KAFKA,
    MONGO,
    TXN_OFFSET_COMMIT,
    Proxy,
    Trouble,
    asks_kafka,
    asks_mongo,
)
from tests.support.traffic import Load, Traffic
from tests.support.waiting import always, eventually

WORKERS = ("dedup", "cases")
STOP_SECONDS = 15.0
TROUBLED_SECONDS = 8.0
HIDING_SECONDS = 9.0
"""Longer than a worker waits for a commit, or for MongoDB."""
SLOW_SECONDS = 0.15
DRIP = 200
"""Bytes in a hundredth of a second: 20 KB/s."""
PATIENT_SECONDS = 60.0
"""Longer than a topic takes to be made anew."""
MORE_FILES = 20
"""As many as a producer has whose call into the client never comes back (ADR 0013), and a few."""
StartOn = Callable[..., MutantProcess]
pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@dataclass
class Site:
    """Engines, the ways to them, and a namespace whose settings lead through the proxies."""

    kafka: Proxy
    mongo: Proxy
    direct: Namespace
    proxied: Namespace


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedStack, Proxy]]:
    """A broker that sends those who come through its second listener to the proxy; and that
    proxy."""
    folder = tmp_path_factory.mktemp("proxied")
    broker, controller, mongo, inside, outside = (a_free_port() for _ in range(5))
    ports = {"kafka-1": broker, "controller-1": controller, "mongo-1": mongo}
    write_json(folder / LAYOUT, {"brokers": 1, "mongods": 1, "ports": ports})
    here = "127.0.0.1"
    properties = {
        "listeners": f"BROKER://{here}:{broker},CONTROLLER://{here}:{controller},"
        f"PROXIED://{here}:{inside}",
        "advertised.listeners": f"BROKER://{here}:{broker},PROXIED://{here}:{outside}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
    }
    with ExitStack() as running:
        stack = running.enter_context(
            EmbeddedStack(
                folder, progress=lambda line: None, kafka_properties=properties, usual_ports=False
            )
        )
        assert stack.addresses.kafka == f"{here}:{broker}", "another port than the layout's"
        kafka = running.enter_context(Proxy(inside, KAFKA, outside))
        yield stack, kafka


@pytest.fixture
def site(engines: tuple[EmbeddedStack, Proxy]) -> Iterator[Site]:
    """A namespace behind the proxies; nothing is wrong with them yet."""
    stack, kafka = engines
    port = int(stack.mongo[0].address.rpartition(":")[2])
    with a_namespace(stack.addresses) as direct, Proxy(port, MONGO) as mongo:
        settings = direct.settings.model_copy(
            update={
                "kafka": f"127.0.0.1:{kafka.port}",
                "mongo": f"mongodb://127.0.0.1:{mongo.port}/?directConnection=true",
            }
        )
        kafka.trouble = Trouble()
        yield Site(kafka, mongo, direct, replace(direct, settings=settings))
        kafka.trouble = Trouble()


HIDDEN = {
    "end_transaction": ("kafka", asks_kafka(END_TXN)),
    "commit_offsets": ("kafka", asks_kafka(TXN_OFFSET_COMMIT)),
    "insert": ("mongo", asks_mongo("insert")),
    "insert_contacts": ("mongo", asks_mongo("insert", collection="contacts")),
    "update": ("mongo", asks_mongo("update", "findAndModify")),
}
"""What the engine did and nobody heard of."""
TROUBLES = {
    "late": Trouble(delay=SLOW_SECONDS),
    "half-open": Trouble(is_silent=True),
    "reset": Trouble(is_refusing=True),
    "dripping": Trouble(drip=DRIP),
}


def answers_vanish(
    site: Site, start_on: StartOn, findings: Findings, which: list[str], rounds: int, changes: str
) -> tuple[list[str], Tally]:
    """Hide answers of each kind in ``which`` under load, now one, now all for longer than
    anybody waits; return what the judges found."""
    workers = [start_on(site.proxied, changes, name, ready_within=60) for name in WORKERS]
    settings = site.direct.settings
    with Load(settings, Traffic(settings.key_ring()), RATE) as load:
        for number in range(rounds):
            for kind in which:
                eventually(lambda: all(map(committed, workers)), 60, "they work")
                findings.faults += _hidden(site, kind, HIDING_SECONDS * (number % 2))
                findings.recoveries.append(_seconds_until_all_commit(workers))
        history = load.stop()
        found = judged(site.direct, history, longest_wait(changes, 180))
    assert [worker.stop() for worker in workers] == [0, 0]
    return found


def _hidden(site: Site, kind: str, seconds: float) -> int:
    """Hide one answer, or all for so many seconds; return how many were hidden."""
    engine, asked = HIDDEN[kind]
    proxy = site.kafka if engine == "kafka" else site.mongo
    trouble = proxy.hide_answers(asked, 1_000_000 if seconds else 1)
    eventually(lambda: trouble.hidden, 60, f"an answer to {kind} is hidden")
    until = time.monotonic() + seconds
    eventually(lambda: time.monotonic() >= until, seconds + 1, "the time of hiding is over")
    proxy.trouble = Trouble()
    return trouble.hidden


def test_an_answer_that_never_arrives_does_nothing_twice(
    site: Site, start_on: StartOn, findings: Findings
) -> None:
    which, rounds = (list(HIDDEN), 4) if FULL else (["end_transaction", "insert"], 1)
    problems, tally = answers_vanish(site, start_on, findings, which, rounds, "")
    findings.report(tally)
    assert not problems, "\n".join(problems[:40])


@pytest.mark.long_fault
@pytest.mark.parametrize(
    ("changes", "kind"),
    [("replay_is_resubmission", "insert_contacts"), ("blind_retry", "end_transaction")],
)
def test_a_worker_that_takes_no_answer_for_not_done_is_found(
    site: Site, start_on: StartOn, findings: Findings, changes: str, kind: str
) -> None:
    problems, _ = answers_vanish(site, start_on, findings, [kind], 4, changes)
    assert problems


def bad_connection(
    site: Site, start_on: StartOn, findings: Findings, kind: str, engine: str, changes: str
) -> list[str]:
    """Trouble the way to ``engine`` under load, let one worker leave meanwhile; return what is
    wrong afterwards. Where answers drip, a call that goes on is no time-out's concern: the
    worker may be ended by its watchdog, in time as well."""
    proxy: Proxy = getattr(site, engine)
    workers: list[WorkerProcess] = [
        start_on(site.proxied, "", name, ready_within=60) for name in WORKERS
    ]
    settings = site.direct.settings
    with Load(settings, Traffic(settings.key_ring()), RATE) as load:
        eventually(lambda: all(map(committed, workers)), 60, "they work")
        usual = [_open_files(worker) for worker in workers]
        leaving = start_on(site.proxied, changes, "cases", 1, ready_within=60)
        eventually(lambda: committed(leaving), 60, "the one that will leave works, too")
        proxy.trouble = replace(TROUBLES[kind])
        if kind == "reset":
            proxy.reset_all()
        always(
            lambda: all(worker.is_running for worker in workers), TROUBLED_SECONDS, "they run on"
        )
        problems = _ends_in_time(leaving, (0, HUNG) if kind == "dripping" else (0,))
        proxy.trouble = Trouble()
        findings.faults += 1
        findings.recoveries.append(_seconds_until_all_commit(workers))
        found, tally = judged(site.direct, load.stop(), longest_wait(changes, 180))
    findings.report(tally)
    eventually(
        lambda: all(
            _open_files(w) <= most + MORE_FILES for w, most in zip(workers, usual, strict=True)
        ),
        30,
        lambda: f"open files: {usual} before, now {[_open_files(worker) for worker in workers]}",
    )
    assert [worker.stop() for worker in workers] == [0, 0]
    return problems + found


@pytest.mark.long_fault
@pytest.mark.parametrize("engine", ["kafka", "mongo"])
@pytest.mark.parametrize("kind", TROUBLES)
def test_workers_sit_out_a_bad_connection_and_leak_nothing(
    site: Site, start_on: StartOn, findings: Findings, kind: str, engine: str
) -> None:
    problems = bad_connection(site, start_on, findings, kind, engine, "")
    assert not problems, "\n".join(problems[:40])


@pytest.mark.long_fault
def test_a_worker_that_waits_for_ever_is_found(
    site: Site, start_on: StartOn, findings: Findings
) -> None:
    assert bad_connection(site, start_on, findings, "half-open", "mongo", "no_time_limits")


def _seconds_until_all_commit(workers: list[WorkerProcess] | list[MutantProcess]) -> float:
    began, before = time.monotonic(), [committed(worker) for worker in workers]
    eventually(
        lambda: all(committed(w) > b for w, b in zip(workers, before, strict=True)),
        90,
        lambda: [worker.get("/readyz") for worker in workers],
    )
    return time.monotonic() - began


def _open_files(worker: WorkerProcess) -> int:
    return len(list(Path(f"/proc/{worker.pid}/fd").iterdir()))


def _ends_in_time(worker: WorkerProcess, good: tuple[int, ...]) -> list[str]:
    began = time.monotonic()
    try:
        code = worker.stop(within=STOP_SECONDS * slack())
    except AssertionError:
        worker.kill()
        return [f"{worker.name} did not end"]
    took = time.monotonic() - began
    return [] if code in good else [f"{worker.name} ended with {code} after {took:.1f} s"]


def test_an_api_does_not_take_what_kafka_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client reports it as delivered, by what became of the next one."""
    monkeypatch.setattr(publisher, "DELIVERY_SECONDS", PATIENT_SECONDS)
    anew = Anew(site.direct.settings.kafka, site.direct.topic("anew"), site.kafka)
    taken = asyncio.run(taken_by_api(anew, site.proxied.settings.kafka))
    assert anew.standing() == [TAKEN]
    assert taken == [BEFORE, TAKEN]


def test_a_worker_does_not_commit_where_kafka_refused_a_record(site: Site) -> None:
    anew = Anew(site.direct.settings.kafka, site.direct.topic("anew"), site.kafka)
    settings, read = site.proxied.settings, site.direct.topic("read")
    Anew(site.direct.settings.kafka, read, site.kafka)
    log = KafkaLog(
        settings.kafka,
        settings.group("anew"),
        [read],
        [anew.topic],
        settings.transactional_id("anew"),
        MemoryCheckpointStore(),
        SystemClock(),
        transaction_timeout_s=PATIENT_SECONDS,
    )
    try:
        (record,) = eventually(lambda: log.poll(1, 0.1), 60, "it reads")
        records: Any = to_produce(anew)
        with pytest.raises(TransactionLost, match="not all records are on their topics"):
            log.transact(records, {record.spot: record.offset + 1})
    finally:
        log.close()
    assert anew.standing() == [TAKEN]
