"""What a delivery report of the Kafka client is worth: acknowledged is what has a place (ADR 0075).

Two requests are under way to a partition in which this producer never wrote. The first is refused
(a leader is only being made, or has too few copies), the second is taken: a broker that knows
nothing of a producer begins with any sequence number. The client then concludes that the first one
must have been taken as well, and reports it as delivered. It is nowhere. Such a report names no
offset; every other one does.
"""

from collections.abc import Callable

from confluent_kafka import KafkaError, Message


def trouble_with(error: KafkaError | None, message: Message) -> KafkaError | None:
    """Return why a record is not acknowledged, going by its delivery report; None where it is."""
    offset = message.offset()
    if error is None and (offset is None or offset < 0):
        return KafkaError(KafkaError._INCONSISTENT, "reported as delivered, without a place")
    return error


def noting(troubles: list[str]) -> Callable[[KafkaError | None, Message], None]:
    """Return a delivery report's callback that notes the name of each trouble."""

    def on_delivery(error: KafkaError | None, message: Message) -> None:
        trouble = trouble_with(error, message)
        if trouble is not None:
            troubles.append(trouble.name())

    return on_delivery
