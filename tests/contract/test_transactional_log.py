"""The transactional log, in memory and on a real Kafka: the same promises, the same refusals."""

import gc
from collections.abc import Iterator

import pytest

from services.adapters.memory_partitioner import partition_of
from services.domain.errors import TransactionLost
from services.runtime.records import Inbound, Outbound, Source
from tests.contract.log_rigs import (
    PARTITIONS,
    KafkaRig,
    Members,
    MemoryRig,
    Rig,
    after,
    doubled,
    values,
)

KEYS = [f"default|C{n}" for n in range(12)]


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.stack)])
def rig(request: pytest.FixtureRequest) -> Rig:
    if request.param == "memory":
        return MemoryRig()
    return KafkaRig(request.getfixturevalue("stack").kafka)


@pytest.fixture
def members(rig: Rig) -> Iterator[Members]:
    one = Members(rig)
    yield one
    one.close()
    # Clients hold themselves by their callbacks; left alone they would go on looking for a
    # broker that is gone after the last test.
    gc.collect()


# ---------------------------------------------------------------------- transactions


def test_what_is_produced_and_the_offsets_are_committed_together(
    rig: Rig, members: Members
) -> None:
    left, _ = rig.inputs
    rig.feed(left, ("k", "one"), ("k", "two"))
    log = members.join()
    batch = members.read(log, 2)
    log.transact(doubled(batch, rig.output), after(batch))
    assert rig.visible(rig.output) == [("k", "done one"), ("k", "done two")]
    assert sum(log.positions().values()) == 2
    held = log.held()
    assert {spot.topic for spot in held} == set(rig.inputs)
    assert sum(at for spot, at in held.items() if spot.topic == left) == 2
    members.close(log)
    rig.feed(left, ("k", "three"))
    assert values(members.read(members.join(), 1)) == ["three"]


def test_records_keep_key_value_headers_and_their_place(rig: Rig, members: Members) -> None:
    left, _ = rig.inputs
    rig.feed(left, ("k", "one"))
    log = members.join()
    (record,) = members.read(log, 1)
    headers = (("a", b"1"), ("a", b"2"), ("empty", b""))
    out = Outbound(left, None, record.value, headers)
    log.transact([out, Outbound(rig.output, record.key, None)], after([record]))
    (again,) = members.read(log, 1)
    assert (again.key, again.value, again.headers) == (None, b"one", headers)
    assert (record.topic, record.key, record.offset) == (left, b"k", 0)
    assert record.source == Source(record.topic_id, record.partition, 0)
    assert again.timestamp_ms > 0


def test_a_key_has_its_place_whoever_produces(rig: Rig, members: Members) -> None:
    """The same partition by the intake's producer, in a transaction, and by our own murmur2."""
    left, right = rig.inputs
    keys = ["k", "ab", "abc", "default|C0123456789ABCDE", "default|张三"]
    rig.feed(left, *((key, key) for key in keys))
    log = members.join()
    batch = members.read(log, len(keys))
    log.transact([Outbound(right, one.key, one.value) for one in batch], after(batch))
    for record in (*batch, *members.read(log, len(keys))):
        assert record.partition == partition_of(record.key or b"", PARTITIONS)


def test_a_transaction_without_offsets_is_refused(rig: Rig, members: Members) -> None:
    log = members.join()
    with pytest.raises(ValueError, match="not fenced"):
        log.transact([Outbound(rig.output, b"k", b"v")], {})
    rig.feed(rig.inputs[0], ("k", "one"))
    batch = members.read(log, 1)
    log.transact([], after(batch))
    assert rig.visible(rig.output) == []


def test_a_reader_never_sees_what_was_aborted(rig: Rig, members: Members) -> None:
    rig.leave_open("0", "never to be seen")
    log = members.join()
    rig.feed(rig.inputs[0], ("left open", "one"))
    batch = members.read(log, 1)
    log.transact(doubled(batch, rig.output), after(batch))
    assert rig.visible(rig.output) == [("left open", "done one")]


def test_recovering_aborts_what_was_left_open_and_reads_the_batch_again(
    rig: Rig, members: Members
) -> None:
    left, _ = rig.inputs
    rig.feed(left, *((key, key) for key in KEYS))
    log = members.join()
    batch = members.read(log, len(KEYS))
    rig.leave_open("0", "of a newer producer under the same id")
    with pytest.raises(TransactionLost):
        log.transact(doubled(batch, rig.output), after(batch))
    log.recover()
    again = members.read(log, len(KEYS))
    assert values(again) == values(batch)
    log.transact(doubled(again, rig.output), after(again))
    assert sorted(rig.visible(rig.output)) == sorted((key, f"done {key}") for key in KEYS)


def test_a_new_member_under_the_same_transactional_id_fences_the_old_one(
    rig: Rig, members: Members
) -> None:
    rig.feed(rig.inputs[0], ("k", "one"))
    old = members.join("same")
    batch = members.read(old, 1)
    members.join("same")
    with pytest.raises(TransactionLost):
        old.transact(doubled(batch, rig.output), after(batch))
    assert rig.visible(rig.output) == []


def test_the_transaction_of_a_member_that_was_given_up_is_refused(
    rig: Rig, members: Members
) -> None:
    rig.feed(rig.inputs[0], *((key, key) for key in KEYS))
    zombie = members.join("old")
    batch = members.read(zombie, len(KEYS))
    heir = members.join("new")
    rig.stand_still(zombie)
    taken = members.read(heir, len(KEYS))
    heir.transact(doubled(taken, rig.output), after(taken))
    with pytest.raises(TransactionLost):
        zombie.transact(doubled(batch, rig.output), after(batch))
    assert sorted(rig.visible(rig.output)) == sorted((key, f"done {key}") for key in KEYS)
    zombie.recover()
    members.until(lambda: zombie.is_serving() and heir.is_serving(), zombie, heir)
    members.nothing_comes(zombie, heir)


# ---------------------------------------------------------------------- reading


def test_rewinding_reads_again_from_the_committed_positions(rig: Rig, members: Members) -> None:
    rig.feed(rig.inputs[0], ("k", "one"), ("k", "two"), ("k", "three"))
    log = members.join()
    first = members.read(log, 1)
    log.transact([], after(first))
    assert values(members.read(log, 2)) == ["three", "two"]
    log.rewind()
    assert values(members.read(log, 2)) == ["three", "two"]


def test_pausing_delivers_nothing_and_keeps_the_membership(rig: Rig, members: Members) -> None:
    log = members.join()
    members.until(log.is_serving, log)
    before = log.positions()
    log.pause()
    assert not log.is_serving()
    rig.feed(rig.inputs[0], ("k", "one"))
    members.nothing_comes(log)
    assert log.positions() == before
    log.rewind()
    log.resume()
    assert values(members.read(log, 1)) == ["one"]


def test_topics_that_belong_together_meet_in_one_member(rig: Rig, members: Members) -> None:
    logs = [members.join(str(slot)) for slot in range(3)]

    def numbers(log: object) -> list[int]:
        return sorted(number for _, number in log.positions())  # type: ignore[attr-defined]

    def settled() -> bool:
        return all(log.is_serving() and len(log.positions()) == 2 for log in logs)

    members.until(settled, *logs)
    assert sorted(numbers(log) for log in logs) == [[n, n] for n in range(PARTITIONS)]
    for topic in rig.inputs:
        rig.feed(topic, *((key, f"{topic} {key}") for key in KEYS))
    came = [list[Inbound]() for _ in logs]

    def all_came() -> bool:
        for log, found in zip(logs, came, strict=True):
            found += log.poll(100, 0.05)
        return sum(map(len, came)) == 2 * len(KEYS)

    members.until(all_came)
    for found in came:
        by_topic = [{one.key for one in found if one.topic == topic} for topic in rig.inputs]
        assert by_topic[0] == by_topic[1]


def test_a_partition_passes_on_with_its_position(rig: Rig, members: Members) -> None:
    rig.feed(rig.inputs[0], *((key, key) for key in KEYS))
    first = members.join("0")
    batch = members.read(first, len(KEYS))
    first.transact([], after(batch))
    second = members.join("1")
    members.until(lambda: second.is_serving() and len(first.positions()) < 6, first, second)
    rig.feed(rig.inputs[0], *((key, f"more {key}") for key in KEYS))
    seen: list[Inbound] = []

    def all_seen() -> bool:
        seen.extend(first.poll(100, 0.05) + second.poll(100, 0.05))
        return len(seen) >= len(KEYS)

    members.until(all_seen)
    assert values(seen) == sorted(f"more {key}" for key in KEYS)
