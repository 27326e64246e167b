"""Whether the cluster is one that our guarantees were measured on; asked at each start.

By the cluster's features (KIP-584), which every broker tells to whoever asks for its API versions:
that needs no right in the cluster. The assignor `range` is asked for when the group is joined; a
broker without it answers with a fatal error, which ends the worker with the same exit code.
"""

from collections.abc import Mapping
from typing import Any, Final

from services.adapters.kafka_admin import admin_of
from services.domain.errors import UnsafeStart

Features = Mapping[str, Mapping[str, Any]]
"""By name: what the broker's program has, ``supported`` (least, most), and what counts in the
cluster, ``finalized`` (least, most)."""

NEEDED: Final = "4.4"
METADATA_OF_NEEDED: Final = 31
"""The first level of ``metadata.version`` that came with it (IBP_4_4_IV0). Older brokers fence
healthy transactions while a group changes (measured with 4.1.0)."""
GROUPS_ON_THE_SERVER: Final = 1
"""The level of ``group.version`` from which the broker assigns the partitions (KIP-848)."""


def assert_fit(bootstrap: str) -> None:
    """Ask the cluster.

    Raises:
        UnsafeStart: it is too old, or does not assign partitions itself; saying what to do.
        OutageError: it is away.
    """
    with admin_of(bootstrap) as admin:
        features = admin.describe_features()
    problem = unfit(features)
    if problem is not None:
        raise UnsafeStart(problem)


def unfit(features: Features) -> str | None:
    """Return why this cluster must not be used and what to do about it; None when it may.

    >>> unfit({"metadata.version": {"supported": (7, 33)}, "group.version": {"finalized": (1, 1)}})
    """
    has = features.get("metadata.version", {}).get("supported", (0, 0))[1]
    if has < METADATA_OF_NEEDED:
        return (
            f"the Kafka broker is older than {NEEDED} (metadata.version up to {has}, "
            f"{METADATA_OF_NEEDED} is needed), and would fence healthy transactions: "
            f"upgrade all brokers to {NEEDED}"
        )
    counts = features.get("group.version", {}).get("finalized", (0, 0))[1]
    if counts < GROUPS_ON_THE_SERVER:
        return (
            "the Kafka cluster does not assign partitions itself (feature group.version is "
            f"{counts}): run `kafka-features.sh --bootstrap-server … upgrade --feature "
            f"group.version={GROUPS_ON_THE_SERVER}`"
        )
    return None
