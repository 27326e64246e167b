"""Ends transactions that the cluster itself has forgotten to end (ADR 0013).

Seen with Kafka 4.4.0 on one broker: a transaction is open, the broker is killed, and while it
starts again the coordinator wants to write the markers before the partitions have a leader. It
takes them for deleted ("likely deleted already"), writes none and notes the transaction as
over. Nobody will ever end it there: ``read_committed`` readers stop before it for ever, and
committed offsets under it can never be read again. Worse, the next transaction of the same
producer takes it along: what was to be aborted is committed with it.

Each is ended the way the coordinator had decided: a commit of which half the markers were
written would otherwise be lost, or done twice.
"""

from collections.abc import Callable, Iterable, Iterator
from time import monotonic, sleep
from typing import Any, Final, NamedTuple, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import AbortTransactionSpec
from kafka.errors import InvalidProducerEpochError, KafkaError

from schemas.errors import MalformedRecordError
from services.adapters.kafka_admin import admin_of, connected, end_offsets, partitions_of
from services.adapters.kafka_outcomes import Entry, is_commit, read_entry
from services.domain.errors import OutageError

T = TypeVar("T")

PATIENCE_SECONDS: Final = 10.0
"""Longer than the longest transaction of ours may take (8 s): what stands open so long
without its coordinator knowing of it is hanging."""
_LOOK_SECONDS: Final = 1.0
_READ_SECONDS: Final = 60.0
_SETTLE_SECONDS: Final = 10.0
_LOG: Final = "__transaction_state"
_OFFSETS: Final = "__consumer_offsets"
_UNDER_WAY: Final = frozenset({"Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence"})


class Open(NamedTuple):
    """A transaction that is open in a partition, whatever its coordinator says."""

    topic: str
    partition: int
    producer: int
    epoch: int
    coordinator_epoch: int
    start: int


def end_hanging(
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
        entries = list(_log(admin, bootstrap)) if suspects else []
        return [one for one in sorted(suspects) if _end(admin, one, entries, say)]


def left_open(bootstrap: str, transactional_id: str, topics: Iterable[str]) -> list[Open]:
    """Return what is open now in ``topics`` or among the committed offsets by the producer of
    ``transactional_id``. While it is in no transaction, that is what the cluster forgot.

    Raises:
        OutageError: the cluster is away, or not yet able to say.
    """
    with admin_of(bootstrap) as admin:
        return _of(admin, transactional_id, topics)


def end_left_open(
    bootstrap: str,
    transactional_id: str,
    topics: Iterable[str],
    say: Callable[[str], None] = lambda line: None,
) -> list[Open]:
    """End what :func:`left_open` finds, and return it. To be called by the owner of
    ``transactional_id`` between ``init_transactions`` and its first transaction.

    Raises:
        OutageError: the cluster is away, or something cannot be ended: then nothing may begin.
    """
    with admin_of(bootstrap) as admin:
        found = _of(admin, transactional_id, topics)
        entries = list(_log(admin, bootstrap)) if found else []
        for one in found:
            if not _end(admin, one, entries, say):
                where = f"{one.topic}[{one.partition}] at {one.start}"
                raise OutageError("kafka", f"an old transaction stands open in {where}")
        return found


def _of(admin: KafkaAdminClient, transactional_id: str, topics: Iterable[str]) -> list[Open]:
    described = patiently(lambda: admin.describe_transactions([transactional_id]))
    producer = described[transactional_id].producer_id
    return sorted(one for one in _open(admin, [*topics, _OFFSETS]) if one.producer == producer)


def _end(
    admin: KafkaAdminClient, one: Open, entries: list[Entry], say: Callable[[str], None]
) -> bool:
    place = (one.topic, one.partition)
    where = f"the hanging transaction in {one.topic}[{one.partition}] at {one.start}"
    verdict = is_commit(entries, one.producer, one.epoch, place)
    if verdict is None:
        say(f"cannot tell how to end {where}: use kafka-transactions.sh")
        return False
    spec = AbortTransactionSpec(
        TopicPartition(*place), one.producer, one.epoch, one.coordinator_epoch
    )
    try:
        admin._manager.run(_write_marker, admin, spec, verdict)
    except InvalidProducerEpochError:
        return True  # its owner was quicker, and has begun anew already
    say(f"{'committed' if verdict else 'aborted'} {where}")
    return True


async def _write_marker(admin: Any, spec: AbortTransactionSpec, is_commit: bool) -> None:
    """As kafka-python's ``abort_transaction``, which cannot commit."""
    leaders = await admin._async_get_leader_for_partitions([spec.topic_partition])
    request = admin._abort_transaction_request(spec)
    request.markers[0].transaction_result = is_commit
    response = await admin._manager.send(request, node_id=next(iter(leaders)))
    admin._abort_transaction_process_response(response, spec)


def _unknown(admin: KafkaAdminClient) -> set[Open]:
    """Return what is open in a partition now without being under way at its coordinator.

    Partitions are read first: a transaction that ended in between is gone the next time.
    """
    found = _open(admin, [topic["name"] for topic in admin.describe_topics()])
    if not found:
        return found
    busy = _busy(admin)
    return {one for one in found if one.producer not in busy}


def _open(admin: KafkaAdminClient, topics: Iterable[str]) -> set[Open]:
    """Return what is open now in partitions of ``topics``."""
    names = list(topics)
    states = patiently(lambda: admin.describe_producers(partitions_of(admin, names)))
    return {
        Open(
            spot.topic,
            spot.partition,
            one.producer_id,
            one.producer_epoch,
            max(0, one.coordinator_epoch),
            one.current_transaction_start_offset,
        )
        for spot, state in states.items()
        for one in state.active_producers
        if one.current_transaction_start_offset >= 0
    }


def _busy(admin: KafkaAdminClient) -> set[int]:
    """Return the producers that a coordinator knows in a transaction."""
    listings = patiently(lambda: list(admin.list_transactions().values()))
    return {
        one.producer_id
        for listing in listings
        for one in listing
        if str(one.state.value) in _UNDER_WAY
    }


def patiently(ask: Callable[[], T]) -> T:
    """Return the answer; leaders and coordinators that have just begun are given time."""
    give_up = monotonic() + _SETTLE_SECONDS
    while True:
        try:
            return ask()
        except KafkaError as error:
            if not error.retriable or monotonic() > give_up:
                raise
            sleep(0.1)


def _log(admin: KafkaAdminClient, bootstrap: str) -> Iterator[Entry]:
    """Yield the entries of the coordinator's log, each producer's in order."""
    spots = partitions_of(admin, [_LOG])
    left = {spot: end for spot, end in end_offsets(admin, spots).items() if end > 0}
    consumer = connected(
        KafkaConsumer, bootstrap, group_id=None, enable_auto_commit=False, metrics_enabled=False
    )
    deadline = monotonic() + _READ_SECONDS
    try:
        consumer.assign(list(left))
        consumer.seek_to_beginning()
        while left and monotonic() < deadline:
            for records in consumer.poll(timeout_ms=500).values():
                yield from filter(None, (_entry(record.value) for record in records))
            left = {spot: end for spot, end in left.items() if consumer.position(spot) < end}
    finally:
        consumer.close()


def _entry(value: bytes | None) -> Entry | None:
    try:
        return None if value is None else read_entry(value)
    except MalformedRecordError:
        return None
