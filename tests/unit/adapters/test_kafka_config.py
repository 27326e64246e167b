"""Settings of clients that have to go together."""

from services.adapters.kafka_config import USUAL, Limits, consumer_config, producer_config


def test_what_a_worker_writes_at_once_fits_into_what_is_fetched_of_a_partition() -> None:
    """Otherwise a broker answers with one partition alone, and others wait for their turn."""
    for limits in (USUAL, Limits(partition_fetch=64)):
        written = producer_config("localhost:9092", "dedup-0", 6.0, limits)["batch.size"]
        read = consumer_config("localhost:9092", "dedup", 60.0, limits)["max.partition.fetch.bytes"]
        assert written <= read
