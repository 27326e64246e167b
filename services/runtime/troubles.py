"""Why a worker stands still, as a word that a page can say in its reader's language.

Health pages and the log tell it in a sentence for whoever looks closer. Where it is made it begins
with its kind, or with the service that is away (:class:`services.domain.errors.OutageError`).
"""

from enum import StrEnum
from typing import Final

from schemas.notice_words import NoticeChannel

BREAKER_OPEN: Final = "breaker open"
LOST: Final = "transactions are lost again and again"
STARTING: Final = "starting"
STOPPING: Final = "stopping"
PAUSED: Final = "paused by"
NO_ROUND: Final = "no round for"
TOO_LONG: Final = " takes longer than "


class Trouble(StrEnum):
    """Why a worker stands still. Closed."""

    STARTING = "starting"
    STOPPING = "stopping"
    PAUSED = "paused"
    """A person turned its switch."""
    KAFKA = "kafka"
    """It waits for Kafka; so on with the next four."""
    MONGODB = "mongodb"
    KAFKA_AND_MONGODB = "kafka_and_mongodb"
    PROVIDER = "provider"
    """A provider of notices is away, slow or rationed."""
    CASES = "cases"
    """The worker ``cases`` does not answer."""
    BREAKER = "breaker"
    """It stopped itself: too many records would become dead letters."""
    LOST = "lost"
    DEFECT = "defect"
    """A defect of ours met a record that took effect already."""
    HANGS = "hangs"
    OTHER = "other"
    """None of these: the sentence says what."""


_BEGINNINGS: Final = {
    STARTING: Trouble.STARTING,
    STOPPING: Trouble.STOPPING,
    PAUSED: Trouble.PAUSED,
    "kafka and mongodb away": Trouble.KAFKA_AND_MONGODB,
    "kafka away": Trouble.KAFKA,
    "kafka:": Trouble.KAFKA,
    "mongodb away": Trouble.MONGODB,
    "mongodb:": Trouble.MONGODB,
    "cases:": Trouble.CASES,
    "sender:": Trouble.PROVIDER,
    "handler:": Trouble.DEFECT,
    BREAKER_OPEN: Trouble.BREAKER,
    LOST: Trouble.LOST,
    NO_ROUND: Trouble.HANGS,
} | {f"{channel}:": Trouble.PROVIDER for channel in NoticeChannel}


def trouble_of(sentence: str) -> Trouble | None:
    """Return the kind of trouble that a sentence tells; None for an empty one.

    >>> trouble_of("mongodb: no primary"), trouble_of("breaker open: 9 of 9 records would die")
    (<Trouble.MONGODB: 'mongodb'>, <Trouble.BREAKER: 'breaker'>)
    """
    if not sentence:
        return None
    if TOO_LONG in sentence:
        return Trouble.HANGS
    for beginning, trouble in _BEGINNINGS.items():
        if sentence.startswith(beginning):
            return trouble
    return Trouble.OTHER
