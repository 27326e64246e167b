"""Where a member of a group begins, in memory and on a real Kafka: never by a guess."""

import gc
from collections.abc import Iterator

import pytest

from services.domain.errors import UnsafeStart
from services.runtime.records import Spot
from tests.contract.log_rigs import KafkaRig, Members, MemoryRig, Rig, after, doubled, values


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


def test_a_group_nobody_remembers_begins_at_the_beginning(rig: Rig, members: Members) -> None:
    rig.feed(rig.inputs[0], ("k", "written before the group was there"))
    alarms: list[str] = []
    assert len(members.read(members.join(alarms=alarms), 1)) == 1
    assert alarms == []


def test_a_group_nobody_remembers_does_not_begin_where_retention_has_deleted(
    rig: Rig, members: Members
) -> None:
    left, _ = rig.inputs
    rig.feed(left, ("k", "one"), ("k", "two"))
    spot = _spot_of(rig, members)
    rig.delete_before(spot, 1)
    rig.forget_offsets()
    rig.checkpoints.saved.clear()
    log = members.join()
    with pytest.raises(UnsafeStart, match="retention"):
        members.until(log.is_serving, log)


def test_lost_offsets_are_replaced_by_the_checkpoint_with_an_alarm(
    rig: Rig, members: Members
) -> None:
    left, _ = rig.inputs
    rig.feed(left, ("k", "one"), ("k", "two"))
    _commit(rig, members, 2)
    rig.forget_offsets()
    rig.feed(left, ("k", "three"))
    alarms: list[str] = []
    log = members.join(alarms=alarms)
    assert values(members.read(log, 1)) == ["three"]
    assert set(alarms) == {"committed_offset_missing"}


def test_a_topic_that_was_made_anew_is_refused(rig: Rig, members: Members) -> None:
    left, _ = rig.inputs
    rig.feed(left, ("k", "one"))
    _commit(rig, members, 1)
    rig.make_anew(left)
    rig.feed(left, ("k", "of the new topic"), ("k", "which is as long as the old one"))
    log = members.join()
    with pytest.raises(UnsafeStart, match="this group read"):
        members.until(log.is_serving, log)


def test_a_position_that_retention_has_overtaken_is_refused(rig: Rig, members: Members) -> None:
    left, _ = rig.inputs
    rig.feed(left, ("k", "one"), ("k", "two"), ("k", "three"))
    spot = _commit(rig, members, 1)
    rig.delete_before(spot, 2)
    log = members.join()
    with pytest.raises(UnsafeStart, match="never processed"):
        members.until(log.is_serving, log)


def test_checkpoints_are_saved_after_the_commit_and_at_most_once_a_second(
    rig: Rig, members: Members
) -> None:
    log = members.join()
    members.until(log.is_serving, log)
    rig.feed(rig.inputs[0], ("k", "one"))
    batch = members.read(log, 1)
    log.transact([], after(batch))
    log.poll(1, 0.05)
    assert rig.checkpoints.saved == {}
    rig.clock.advance(1.0)
    log.poll(1, 0.05)
    assert [kept.next_offset for kept in rig.checkpoints.saved.values()] == [1]


def _commit(rig: Rig, members: Members, count: int) -> Spot:
    """Let a member commit ``count`` records and go; return where they stood."""
    log = members.join("first")
    batch = members.read(log, count)
    log.transact([], after(batch))
    members.close(log)
    return batch[0].spot


def _spot_of(rig: Rig, members: Members) -> Spot:
    """Return where the key of these tests is placed."""
    return _commit(rig, members, 1)


def test_what_is_committed_is_not_read_again_where_the_reader_falls_back(
    rig: Rig, members: Members
) -> None:
    left, _ = rig.inputs
    log = members.join()
    rig.feed(left, ("k", "one"), ("k", "two"))
    batch = members.read(log, 2)
    log.transact(doubled(batch, rig.output), after(batch))
    rig.jump_back(log, batch[0].spot)
    rig.feed(left, ("k", "three"), ("k", "four"))
    batch = members.read(log, 2)
    assert values(batch) == ["four", "three"]
    log.transact(doubled(batch, rig.output), after(batch))
    members.nothing_comes(log)
    assert [value for _, value in rig.visible(rig.output)] == [
        "done one",
        "done two",
        "done three",
        "done four",
    ]
