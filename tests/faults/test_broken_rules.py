"""Each rule that needs the real engines, broken: the check that the good code passes fails."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import islice

import pytest
from confluent_kafka.admin import AdminClient
from kafka.partitioner.default import murmur2

from schemas import topics
from schemas.topics import PARTITIONS as TABLE_PARTITIONS
from services.cases.worker import WORKER as CASES
from tests.faults.findings import slack
from tests.faults.forms import RATE, longest_wait, quick_sessions
from tests.faults.supervision import committed
from tests.support.checker import judged
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import PARTITIONS, Namespace
from tests.support.processes import WorkerProcess
from tests.support.topics_now import read_all
from tests.support.traffic import Load, Sender, Traffic
from tests.support.waiting import eventually

Start = Callable[..., WorkerProcess]
StartMutant = Callable[..., MutantProcess]
CRASHED = 137
CASES_TOPICS = len(CASES.topics)


# -------------------------------------------------------------- order of writing


def dies_once(
    namespace: Namespace, start_mutant: StartMutant, name: str, changes: str, crash_at: str
) -> list[str]:
    """Let ``name`` die at a point under load and start again, both times with ``changes``;
    return what the judges found wrong."""
    quick_sessions(namespace)
    settings = namespace.settings
    other = {"dedup": "cases", "cases": "dedup"}[name]
    with ExitStack() as running:
        start_mutant("", other, ready_within=None)
        mortal = start_mutant(changes, name, ready_within=None, COMPLAINTS_CRASH_AT=crash_at)
        load = running.enter_context(Load(settings, Traffic(settings.key_ring()), RATE))
        assert mortal.wait(90) == CRASHED
        again = start_mutant(changes, name, ready_within=90)
        eventually(lambda: committed(again) > 0, 60, "it works again")
        history = load.stop()
        problems, _ = judged(namespace, history, longest_wait(changes))
    return problems


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("changes", "crash_at"),
    [
        ("store_after_produce", "after_commit:4"),
        pytest.param("offsets_before_store", "before_store:4", marks=pytest.mark.long_fault),
    ],
)
def test_another_order_than_store_then_commit_is_found_after_a_crash(
    namespace: Namespace, start_mutant: StartMutant, changes: str, crash_at: str
) -> None:
    assert dies_once(namespace, start_mutant, "cases", changes, crash_at)


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_what_a_dead_worker_left_in_its_transaction_is_seen_by_uncommitted_readers_only(
    make_namespace: Callable[..., Namespace], start_on: Callable[..., MutantProcess]
) -> None:
    found = {}
    with ExitStack() as running:
        spaces = {changes: make_namespace() for changes in ("", "read_uncommitted")}
        loads, mortals = {}, {}
        for changes, namespace in spaces.items():
            quick_sessions(namespace)
            start_on(namespace, changes, "cases")  # and with it one good routing
            mortals[changes] = start_on(namespace, "dies_flushed@4", "routing", 1)
            start_on(namespace, "", "dedup")
            traffic = Traffic(namespace.settings.key_ring())
            loads[changes] = running.enter_context(Load(namespace.settings, traffic, RATE / 2))
        assert [mortal.wait(90) for mortal in mortals.values()] == [CRASHED] * 2
        for changes, namespace in spaces.items():
            found[changes], _ = judged(namespace, loads[changes].stop(), longest_wait(changes))
    assert found[""] == []
    assert any("phantom" in problem for problem in found["read_uncommitted"])


@pytest.mark.long_fault
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("name", "crash_at"),
    [("cases", "after_commit:4"), ("cases", "before_store:4"), ("dedup", "before_commit:4")],
)
def test_the_good_order_passes_the_same_checks(
    namespace: Namespace, start_mutant: StartMutant, name: str, crash_at: str
) -> None:
    assert dies_once(namespace, start_mutant, name, "", crash_at) == []


# -------------------------------------------------------------- who gets what


def settled_split(namespace: Namespace) -> list[int]:
    """Return the partition numbers of which not all topics are with one member of ``cases``,
    once all three members together hold everything."""
    eventually(lambda: split_partitions(namespace) is not None, 90, "all is assigned")
    return split_partitions(namespace) or []


def split_partitions(namespace: Namespace) -> list[int] | None:
    """Return the same now; None while something is not assigned."""
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka, "log_level": 0})
    group = namespace.settings.group("cases")
    members = admin.describe_consumer_groups([group])[group].result(60).members
    holders: dict[int, list[str]] = {}
    for member in members:
        for spot in member.assignment.topic_partitions:
            holders.setdefault(spot.partition, []).append(member.member_id)
    if len(members) < 3 or sum(map(len, holders.values())) < CASES_TOPICS * TABLE_PARTITIONS:
        return None
    return [number for number, holding in holders.items() if len(set(holding)) > 1]


def _are_members(namespace: Namespace, count: int) -> bool:
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka, "log_level": 0})
    group = namespace.settings.group("cases")
    members = admin.describe_consumer_groups([group])[group].result(60).members
    return len(members) == count and all(one.assignment.topic_partitions for one in members)


@pytest.mark.long_fault
@pytest.mark.timeout(180)
def test_range_keeps_the_topics_of_a_case_together_and_uniform_splits_them(
    make_namespace: Callable[..., Namespace], start_on: Callable[..., MutantProcess]
) -> None:
    spaces = {
        changes: make_namespace(partitions=TABLE_PARTITIONS) for changes in ("", "assignor_uniform")
    }
    workers: dict[str, list[MutantProcess]] = {changes: [] for changes in spaces}
    for slot in range(3):  # one after the other: to a member alone everything is given
        for changes, namespace in spaces.items():
            workers[changes].append(start_on(namespace, changes, "cases", slot))
        for namespace in spaces.values():
            eventually(partial(_are_members, namespace, slot + 1), 60, "it is a member")
    split = {changes: settled_split(namespace) for changes, namespace in spaces.items()}
    eventually(
        lambda: sum(served(worker) for worker in workers[""]) == CASES_TOPICS * TABLE_PARTITIONS,
        60,
        lambda: [served(worker) for worker in workers[""]],
    )
    assert split[""] == []
    assert split["assignor_uniform"]
    assert (
        sum(served(worker) for worker in workers["assignor_uniform"])
        < CASES_TOPICS * TABLE_PARTITIONS
    )


@pytest.mark.long_fault
@pytest.mark.timeout(180)
def test_a_case_has_one_partition_whoever_produces_and_the_default_partitioner_breaks_that(
    make_namespace: Callable[..., Namespace], start_on: Callable[..., MutantProcess]
) -> None:
    found = {}
    for changes in ("", "partitioner_default"):
        namespace = make_namespace()
        sender = Sender(namespace.settings)
        for sending in islice(Traffic(namespace.settings.key_ring(), commands=0.0), 100):
            sender.send(sending)
        sender.flush()
        worker = start_on(namespace, changes, "dedup", 0)
        _seconds_until(partial(_has_committed, worker, 100))
        found[changes] = [
            message.partition() == (murmur2(message.key()) & 0x7FFFFFFF) % PARTITIONS
            for message in read_all(namespace, topics.DEDUPLICATED.name)
        ]
    assert all(found[""])
    assert not all(found["partitioner_default"])


# -------------------------------------------------------------- readers held up


@pytest.mark.long_fault
@pytest.mark.timeout(300)
def test_a_death_inside_a_transaction_holds_readers_up_for_seconds_not_for_a_minute(
    make_namespace: Callable[..., Namespace], start_on: Callable[..., MutantProcess]
) -> None:
    stalled = {}
    for changes in ("", "slow_transaction_timeout"):
        namespace = make_namespace()
        settings = namespace.settings
        with Load(settings, Traffic(settings.key_ring()), 50) as load:
            mortal = start_on(namespace, changes, "dedup", 0, COMPLAINTS_CRASH_AT="before_commit:4")
            assert mortal.wait(60) == CRASHED
            heir = start_on(namespace, "", "dedup", 1)  # another slot aborts nothing
            stalled[changes] = _seconds_until(partial(_has_committed, heir, 1))
            load.stop()
    assert stalled[""] < 12 * slack()
    assert stalled["slow_transaction_timeout"] > 30


def _seconds_until(condition: Callable[[], bool]) -> float:
    started = time.monotonic()
    eventually(condition, 120, "it commits")
    return time.monotonic() - started


def _has_committed(worker: WorkerProcess, least: int) -> bool:
    return committed(worker) >= least


def served(worker: WorkerProcess) -> float:
    """Return how many partitions ``worker`` says it serves."""
    for line in worker.get("/metrics")[1].splitlines():
        if line.startswith("complaints_partitions_served "):
            return float(line.rpartition(" ")[2])
    return 0.0
