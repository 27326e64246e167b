"""Client settings of the case path, in one place; ADRs 0003 and 0004 give the reasons."""

from dataclasses import dataclass
from typing import Any

Config = dict[str, Any]

COMMON: Config = {
    "socket.keepalive.enable": True,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "topic.metadata.refresh.interval.ms": 30_000,
    "log_level": 3,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a worker's memory, however long its topics have grown; KiB.

    ``fetched``: read ahead, over all partitions. ``fetch`` and ``partition_fetch``: one answer
    of a broker, in all and of one partition. ``batch``: the records of one batch, which may
    exceed it by the last slice that was taken. ``produced``: waiting for the broker.
    """

    fetched: int = 16 * 1024
    fetch: int = 8 * 1024
    partition_fetch: int = 2 * 1024
    batch: int = 16 * 1024
    produced: int = 128 * 1024


USUAL: Limits = Limits()


def consumer_config(
    bootstrap: str, group: str, max_poll_seconds: float, limits: Limits = USUAL
) -> Config:
    """Return the settings of a worker's consumer."""
    return {
        **COMMON,
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "group.protocol": "consumer",
        "group.remote.assignor": "range",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "max.poll.interval.ms": int(max_poll_seconds * 1000),
        "queued.max.messages.kbytes": limits.fetched,
        "fetch.queue.backoff.ms": 10,
        # Who has nothing to read asks so seldom; what is committed is sent at once all the same.
        "fetch.wait.max.ms": 250,
        "fetch.max.bytes": limits.fetch * 1024,
        "max.partition.fetch.bytes": limits.partition_fetch * 1024,
    }


def producer_config(
    bootstrap: str, transactional_id: str, timeout_seconds: float, limits: Limits = USUAL
) -> Config:
    """Return the settings of a worker's transactional producer."""
    milliseconds = int(timeout_seconds * 1000)
    return {
        **COMMON,
        "bootstrap.servers": bootstrap,
        "transactional.id": transactional_id,
        "transaction.timeout.ms": milliseconds,
        "message.timeout.ms": milliseconds - 500,
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "linger.ms": 2,
        # A reader is answered with whole batches, and beside the first partition only with those
        # that fit into `max.partition.fetch.bytes` (KIP-74): of larger ones, as a worker writes
        # that catches up, a partition would wait until the others have nothing more.
        "batch.size": limits.partition_fetch * 1024,
        "message.max.bytes": 2 * 1024 * 1024 + 64 * 1024,
        "queue.buffering.max.messages": 200_000,
        "queue.buffering.max.kbytes": limits.produced,
    }
