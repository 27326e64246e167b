"""Ends transactions that the cluster itself has forgotten to end.

Seen with Kafka 4.4.0 on one broker: a transaction is open, the broker is killed, and while it
starts again the coordinator aborts the transaction before the partitions have a leader. It
takes them for deleted ("likely deleted already"), writes them no marker and notes the
transaction as over. Nobody will ever end it there: ``read_committed`` readers stop before it
for ever, and committed offsets under it can never be read again.
"""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final, NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import AbortTransactionSpec

from services.adapters.kafka_admin import admin_of, partitions_of

PATIENCE_SECONDS: Final = 10.0
"""Longer than the longest transaction of ours may take (8 s): what stands open so long
without its coordinator knowing of it is hanging."""
_LOOK_SECONDS: Final = 1.0
_UNDER_WAY: Final = frozenset({"Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence"})


class Open(NamedTuple):
    """A transaction that is open in a partition, whatever its coordinator says."""

    topic: str
    partition: int
    producer: int
    epoch: int
    coordinator_epoch: int
    start: int


def abort_hanging(
    bootstrap: str,
    say: Callable[[str], None] = lambda line: None,
    patience: float = PATIENCE_SECONDS,
) -> list[Open]:
    """End the transactions that stay open in a partition for ``patience`` seconds while their
    coordinator does not know of them; return them. Quick when there is nothing to suspect.

    Raises:
        OutageError: the cluster is away.
    """
    with admin_of(bootstrap) as admin:
        suspects = _unknown(admin)
        if not suspects:
            return []
        say(f"{len(suspects)} transactions seem to hang; watching them for {patience:.0f} s")
        deadline = monotonic() + patience
        while suspects and monotonic() < deadline:
            sleep(_LOOK_SECONDS)
            suspects &= _unknown(admin)
        for one in sorted(suspects):
            spot = TopicPartition(one.topic, one.partition)
            admin.abort_transaction(
                AbortTransactionSpec(spot, one.producer, one.epoch, one.coordinator_epoch)
            )
            say(f"ended the hanging transaction in {one.topic}[{one.partition}] at {one.start}")
        return sorted(suspects)


def _unknown(admin: KafkaAdminClient) -> set[Open]:
    """Return what is open in a partition now without being under way at its coordinator.

    Partitions are read first: a transaction that ended in between is gone the next time.
    """
    names = [topic["name"] for topic in admin.describe_topics()]
    found: set[Open] = set()
    for spot, state in admin.describe_producers(partitions_of(admin, names)).items():
        for one in state.active_producers:
            if one.current_transaction_start_offset >= 0:
                found.add(
                    Open(
                        spot.topic,
                        spot.partition,
                        one.producer_id,
                        one.producer_epoch,
                        max(0, one.coordinator_epoch),
                        one.current_transaction_start_offset,
                    )
                )
    if not found:
        return found
    listed = [one for listing in admin.list_transactions().values() for one in listing]
    busy = {one.producer_id for one in listed if str(one.state.value) in _UNDER_WAY}
    return {one for one in found if one.producer not in busy}
