"""The CheckpointStore port: what both of its forms promise."""

from services.runtime.ports import Checkpoint, CheckpointStore
from services.runtime.records import Spot

SPOT = Spot("complaints.received.v1", 3)


def test_a_group_reads_back_what_it_saved_and_nothing_of_other_groups(
    checkpoints: CheckpointStore,
) -> None:
    saved = {SPOT: Checkpoint("id-1", 7), Spot("case.commands.v1", 11): Checkpoint("id-2", 0)}
    checkpoints.save("cases", saved)
    for neighbour in ("case", "cases2", "cases|complaints.received.v1"):
        checkpoints.save(neighbour, {SPOT: Checkpoint("id-1", 99)})
    assert checkpoints.load("cases") == saved


def test_a_group_that_saved_nothing_has_no_checkpoints(checkpoints: CheckpointStore) -> None:
    checkpoints.save("dedup", {})
    assert checkpoints.load("dedup") == {}


def test_a_checkpoint_moves_forward_only(checkpoints: CheckpointStore) -> None:
    for position in (5, 9, 7):
        checkpoints.save("dedup", {SPOT: Checkpoint("id-1", position)})
    assert checkpoints.load("dedup") == {SPOT: Checkpoint("id-1", 9)}


def test_a_topic_made_anew_begins_again(checkpoints: CheckpointStore) -> None:
    checkpoints.save("dedup", {SPOT: Checkpoint("id-1", 9)})
    checkpoints.save("dedup", {SPOT: Checkpoint("$id-2", 2)})
    assert checkpoints.load("dedup") == {SPOT: Checkpoint("$id-2", 2)}
