"""The disk of an engine is full: nothing is taken that is not kept, nothing is taken for poison,
and once there is room again everything goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pymongo.errors import PyMongoError

from infra.embedded import EmbeddedStack
from infra.embedded.errors import StackError
from infra.embedded.mongo import MongoNode
from infra.embedded.node import Node
from schemas import topics
from services.adapters.kafka_hanging import end_hanging
from tests.faults.findings import Findings, slack
from tests.faults.forms import RATE
from tests.faults.supervision import committed
from tests.support import small_disk
from tests.support.api_clients import Clients, tally_of
from tests.support.audited import audited
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace, a_namespace
from tests.support.refused_writes import RefusedWrites
from tests.support.small_disk import SmallDisk
from tests.support.topics_now import read_all
from tests.support.waiting import always, eventually

WORKERS = ("dedup", "cases")
MEGABYTES = {"kafka": 400, "mongo": 700}
CAN_MOUNT = small_disk.is_possible()
FORMS = (
    [("kafka", "small"), ("mongo", "small"), ("kafka", "refused")]
    if CAN_MOUNT
    else [("kafka", "refused"), ("mongo", "refused")]
)
"""A disk that is really full where one can be mounted, else one that refuses to be written on."""
FULL_SECONDS = 10.0
NOTICED_SECONDS = 90.0
RECOVERY_SECONDS = 30.0
StartOn = Callable[..., MutantProcess]
pytestmark = [
    pytest.mark.stack,
    pytest.mark.long_fault,
    pytest.mark.timeout(420),
]


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[EmbeddedStack]:
    with EmbeddedStack(
        tmp_path / "engines", progress=lambda line: None, usual_ports=False
    ) as engines:
        yield engines


def _on_a_small_disk(node: Node, engine: str, folder: Path) -> SmallDisk:
    node.stop()
    place = folder / f"{engine}-1"
    disk = SmallDisk(place / "log" if engine == "kafka" else place, MEGABYTES[engine])
    disk.carry(node)
    try:
        node.start()
    except StackError:
        disk.__exit__(None, None, None)
        raise
    return disk


def _is_noticed(node: Node) -> bool:
    """Return whether the engine has met the end of its disk: it gives up, or refuses."""
    if isinstance(node, MongoNode) and node.is_running:
        try:
            node.ask("fsync")  # writes down what it has in memory, as it does each minute
        except PyMongoError:
            return not node.is_running
    return not node.is_running


def full_disk(
    engines: EmbeddedStack,
    folder: Path,
    start_on: StartOn,
    findings: Findings,
    engine: str,
    form: str,
    changes: str = "",
) -> list[str]:
    """Fill the disk of ``engine`` under load, make room, start it again; return what is wrong.
    ``form`` is one of FORMS, ``changes`` are for the API."""
    node: Node = (engines.kafka if engine == "kafka" else engines.mongo)[0]
    with ExitStack() as running:
        disk: SmallDisk | RefusedWrites = RefusedWrites(node)
        if form == "small":
            disk = _on_a_small_disk(node, engine, folder)
        running.push(disk)
        space = running.enter_context(a_namespace(engines.addresses))
        api = start_on(space, changes, "api", ready_within=60)
        workers = [start_on(space, "", name, ready_within=60) for name in WORKERS]
        everybody = [api, *workers]
        with Clients(api.api_port, space.settings.key_ring(), RATE) as clients:
            eventually(lambda: all(map(committed, workers)), 60, "they work")
            disk.fill()
            findings.faults = 1
            eventually(lambda: _is_noticed(node), NOTICED_SECONDS, "the engine notices")
            if engine == "kafka" and not changes:
                eventually(lambda: clients.answers[503], 60, "the API refuses")
            before = clients.answers.copy()
            always(lambda: all(one.is_running for one in everybody), FULL_SECONDS, "they run on")
            meanwhile = clients.answers - before
            disk.make_room()
            node.start()
            end_hanging(space.settings.kafka)
            findings.recoveries.append(_seconds_until_all_commit(workers))
        problems = audited(space, 180)
        tally = tally_of(space, clients)
        problems += [f"lost: {one}" for one in tally.lost]
        problems += [f"doubled: {one}" for one in tally.doubled]
        problems += _buried(space)
        assert [one.stop() for one in everybody] == [0, 0, 0]
    findings.report(tally)
    findings.note(f"answers while the disk was full {dict(meanwhile)}")
    if engine == "kafka" and meanwhile[202]:
        problems.append(f"taken though nobody can keep it: {dict(meanwhile)}")
    return problems


def _seconds_until_all_commit(workers: list[MutantProcess]) -> float:
    began, then = time.monotonic(), [committed(worker) for worker in workers]
    eventually(
        lambda: all(committed(w) > t for w, t in zip(workers, then, strict=True)),
        120,
        lambda: [worker.get("/readyz") for worker in workers],
    )
    return time.monotonic() - began


def _buried(space: Namespace) -> list[str]:
    """Return what was taken for poison: nothing that was sent is."""
    return [
        f"buried: {dict(letter.headers() or ())}"
        for name in (topics.RECEIVED.name, topics.ROUTED.name)
        for letter in read_all(space, f"{name}.dead")
        if ("dead.reason", b"conflicting") not in (letter.headers() or ())
    ]


@pytest.mark.parametrize(("engine", "form"), FORMS)
def test_a_full_disk_is_an_outage_and_with_room_again_all_goes_on(
    engines: EmbeddedStack,
    tmp_path: Path,
    start_on: StartOn,
    findings: Findings,
    engine: str,
    form: str,
) -> None:
    problems = full_disk(engines, tmp_path / "engines", start_on, findings, engine, form)
    assert not problems, "\n".join(problems[:40])
    assert max(findings.recoveries) < RECOVERY_SECONDS * slack()


def test_an_api_that_does_not_wait_for_the_disk_is_found(
    engines: EmbeddedStack, tmp_path: Path, start_on: StartOn, findings: Findings
) -> None:
    place, form = tmp_path / "engines", FORMS[0][1]
    problems = full_disk(engines, place, start_on, findings, "kafka", form, "api_takes_at_once")
    assert any(problem.startswith(("taken though", "lost: ")) for problem in problems), problems
