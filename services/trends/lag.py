"""How many records wait: by faust's consumer, as the last fetches left it."""

from typing import Any


async def waiting(consumer: Any) -> int | None:
    """Return the offsets between where the consumer reads and where its partitions end, and the
    records that it holds and nobody finished; None while it does not know an end, or a rebalance
    takes a partition away in between.

    Transaction markers take offsets too, until they are fetched: above 0 it is an upper bound.
    """
    found = len(consumer.unacked)
    for partition in list(consumer.assignment()):
        try:
            end = consumer.highwater(partition)
            position = await consumer.position(partition)
        except Exception:  # noqa: BLE001 - aiokafka's own, and an assertion: not assigned any more
            return None
        if end is None or position is None:
            return None
        found += max(0, end - position)
    return found
