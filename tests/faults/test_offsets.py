"""Positions that vanish or lie: an alarm or a refusal, never a silent gap."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from schemas import topics
from tests.faults.findings import Findings
from tests.support.checker import Tally, judged
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import PARTITIONS, Namespace
from tests.support.processes import WorkerProcess
from tests.support.topics_now import topic_ids
from tests.support.traffic import Sender, Traffic
from tests.support.waiting import eventually

UNSAFE = 70
Start = Callable[..., WorkerProcess]


class _Feed:
    """Sends a little at a time; everything goes into one history."""

    def __init__(self, namespace: Namespace) -> None:
        self._sender = Sender(namespace.settings)
        self._traffic = Traffic(namespace.settings.key_ring(), seed=7)
        self.history = self._sender.history

    def send(self, count: int) -> None:
        for sending in islice(self._traffic, count):
            self._sender.send(sending)
        self._sender.flush()


def offsets_vanish(
    namespace: Namespace, start_worker: Start, start_again: Callable[[], WorkerProcess]
) -> tuple[list[str], Tally, str]:
    """Delete dedup's committed offsets while it is stopped and contacts come in; start it
    again; return what the judges found and its metrics."""
    feed = _Feed(namespace)
    start_worker("cases")
    dedup = start_worker("dedup")
    feed.send(400)
    _checkpointed(namespace)
    assert dedup.stop() == 0
    feed.send(200)
    _delete_offsets(namespace, "dedup")
    again = start_again()
    feed.send(100)
    problems, tally = judged(namespace, feed.history, 60)
    return problems, tally, again.get("/metrics")[1]


@pytest.mark.timeout(240)
def test_deleted_offsets_are_survived_with_an_alarm(
    namespace: Namespace, start_worker: Start, findings: Findings
) -> None:
    problems, tally, metrics = offsets_vanish(
        namespace, start_worker, lambda: start_worker("dedup", ready_within=60)
    )
    assert not problems, "\n".join(problems[:40])
    assert 'complaints_alarms_total{alarm="committed_offset_missing"}' in metrics
    findings.faults = 1
    findings.report(tally)


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_a_reset_to_latest_loses_what_came_meanwhile(
    namespace: Namespace, start_worker: Start, start_mutant: Callable[..., MutantProcess]
) -> None:
    problems, tally, metrics = offsets_vanish(
        namespace, start_worker, lambda: start_mutant("offset_reset@latest", "dedup")
    )
    assert problems
    assert tally.lost
    assert "committed_offset_missing" not in metrics


def fed_and_stopped(namespace: Namespace, start_worker: Start) -> _Feed:
    """Let dedup take in contacts, remember where it stands, and stop; return who feeds it."""
    feed = _Feed(namespace)
    dedup = start_worker("dedup")
    feed.send(200)
    _checkpointed(namespace)
    assert dedup.stop() == 0
    return feed


def said_when_refused(start_worker: Start) -> str:
    """Start dedup again, which must refuse to and name a way out; return what it said."""
    refused = start_worker("dedup", ready_within=None)
    assert refused.wait(90) == UNSAFE
    said = refused.log.read_text()
    assert "complaints audit" in said
    return said


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_a_topic_made_anew_is_refused(
    namespace: Namespace, start_worker: Start, findings: Findings
) -> None:
    feed = fed_and_stopped(namespace, start_worker)
    _make_anew(namespace, topics.RECEIVED.name)
    feed.send(50)
    assert "was made anew" in said_when_refused(start_worker)
    findings.note("exit code 70, says what to do")


@pytest.mark.long_fault
@pytest.mark.timeout(240)
def test_records_that_expired_unread_are_an_alarm_and_no_gap(
    namespace: Namespace, start_worker: Start, findings: Findings
) -> None:
    """Retention, or somebody's hand, went past the committed position."""
    fed_and_stopped(namespace, start_worker).send(200)
    _expire(namespace, topics.RECEIVED.name)
    said_when_refused(start_worker)
    findings.faults = 1
    findings.note("exit code 70, says what to do")


def _expire(namespace: Namespace, name: str) -> None:
    """Delete every record of a topic, whoever has read it."""
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka})
    topic = namespace.topic(name)
    everything = [TopicPartition(topic, number, OFFSET_END) for number in range(PARTITIONS)]
    for deleted in admin.delete_records(everything).values():
        deleted.result(60)


def _checkpointed(namespace: Namespace) -> None:
    """Wait until dedup is through and MongoDB remembers where it stands."""
    stored: Any = namespace.database["checkpoints"]
    topic, before = namespace.topic(topics.RECEIVED.name), [-1]

    def settled() -> bool:
        now = [row["next"] for row in stored.find({"_id": {"$regex": topic}}, sort=[("_id", 1)])]
        rows = namespace.database["contacts"].estimated_document_count()
        is_done = len(now) == PARTITIONS and [*now, rows] == before
        before[:] = [*now, rows]
        return is_done

    eventually(settled, 60, "checkpoints of all partitions stand still", every=1.5)


def _delete_offsets(namespace: Namespace, worker: str) -> None:
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka})
    group = namespace.settings.group(worker)
    eventually(lambda: _has_no_members(admin, group), 30, "the group is empty")
    admin.delete_consumer_groups([group])[group].result(60)


def _has_no_members(admin: AdminClient, group: str) -> bool:
    described = admin.describe_consumer_groups([group])[group].result(60)
    return not described.members


def _make_anew(namespace: Namespace, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": namespace.settings.kafka})
    topic = namespace.topic(name)
    old = topic_ids(namespace, (name,))[name]
    admin.delete_topics([topic])[topic].result(60)
    eventually(lambda: topic not in admin.list_topics(timeout=60).topics, 30, "the topic is gone")
    made = admin.create_topics([NewTopic(topic, num_partitions=PARTITIONS)])
    made[topic].result(60)
    eventually(lambda: topic in admin.list_topics(timeout=60).topics, 30, "the topic is back")
    assert topic_ids(namespace, (name,))[name] != old
