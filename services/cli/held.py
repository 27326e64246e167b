"""What an instance holds already. Looks, and changes nothing."""

from typing import Final

from schemas.topics import TOPICS, dead_topics
from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of
from services.adapters.kafka_hanging import patiently
from services.adapters.mongo import open_database, outages
from services.runtime.settings import Settings

COLLECTIONS: Final = ("contacts", "cases", "case_log")


def held_by(settings: Settings) -> list[str]:
    """Return in words what stands on the topics of the table, in any lane, and what of contacts
    and cases in MongoDB; nothing for an instance that nobody ever sent anything to.

    Raises:
        OutageError: Kafka or MongoDB is away.
    """
    return [*_on_topics(settings), *_in_collections(settings)]


def _on_topics(settings: Settings) -> list[str]:
    names = {settings.topic(name): name for name in (*(one.name for one in TOPICS), *dead_topics())}
    with admin_of(settings.kafka) as admin:
        # Leaders that have just begun are given time: the engines may have started a moment ago.
        ends = patiently(lambda: end_offsets(admin, partitions_of(admin, names)))
    # Where a log ends says what was ever on it, also when retention has removed it all.
    used = {names[spot.topic] for spot, end in ends.items() if end > 0}
    return [f"records on {name}" for name in names.values() if name in used]


def _in_collections(settings: Settings) -> list[str]:
    database = open_database(settings.mongo, settings.database)
    try:
        with outages():
            return [
                f"documents in {settings.database}.{name}"
                for name in COLLECTIONS
                if database[name].find_one({}, {"_id": 1}) is not None
            ]
    finally:
        database.client.close()
