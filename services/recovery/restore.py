"""Putting an instance back: the snapshot, then what the topics say came after it."""

from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.structs import OffsetAndMetadata
from pymongo.database import Database

from schemas.topics import (
    CHANGED,
    COMMANDS,
    DEDUPLICATED,
    FIRED,
    INCIDENTS,
    NOTICES,
    NOTICES_SETTLED,
    PLACES,
    PREFERENCES,
    RECEIVED,
    ROUTED,
    SETTLED,
    STATE,
    TOPICS,
    lanes,
)
from services.adapters.kafka_admin import partitions_of, start_offsets, topic_ids
from services.adapters.mongo import Document
from services.adapters.mongo_indexes import ensure_indexes
from services.audit.topic_reader import TopicReader
from services.dedup.policy import load_policy
from services.domain.incidents.policy import load_incident_policy
from services.recovery.finds import Finds
from services.recovery.forward_cases import CasesForward
from services.recovery.forward_contacts import ContactsForward
from services.recovery.forward_incidents import IncidentsForward
from services.recovery.forward_notices import NoticesForward
from services.recovery.forward_preferences import PreferencesForward
from services.recovery.loading import load, prepare
from services.recovery.manifest import Manifest, RecoveryError, fingerprints, read_manifest
from services.recovery.projection import rebuild
from services.recovery.running import connected, working
from services.recovery.snapshot import MARKER, Progress
from services.recovery.tail import Tail
from services.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore put back."""

    documents: int
    decisions: int
    changes: int
    notices: int
    in_doubt: int
    cases: int
    words: int
    """To the places of incidents."""
    choices: int
    """Of complainants, about notices."""


def restore(
    settings: Settings,
    admin: KafkaAdminClient,
    reader: TopicReader,
    database: Database[Document],
    folder: Path,
    replace: bool,
    progress: Progress,
    is_sure: bool = False,
) -> Restored:
    """Restore the backup in ``folder``. No worker, API or aftercare may run; ``is_sure`` believes
    that of those that no group of Kafka shows. Begun again after a break, it goes on.

    Raises:
        RecoveryError: it cannot be done so; unless it says otherwise nothing was changed.
        OutageError: Kafka or MongoDB is away.
    """
    manifest = read_manifest(folder)
    _check(settings, admin, manifest, database, is_sure)
    finds = Finds(database)
    tail = Tail(settings, admin, reader, database, manifest, finds, progress)
    _see_that_kafka_remembers(tail)
    prepare(database, manifest, replace)
    ensure_indexes(database)
    documents = load(database, folder, manifest, progress)
    decisions = ContactsForward(tail, settings.key_ring(), load_policy(settings.dedup_policy)).run()
    changes = CasesForward(tail).run()
    notices = NoticesForward(tail, settings.sender_batch_max)
    told = notices.run()
    words = IncidentsForward(tail, load_incident_policy(settings.incidents_policy)).run()
    choices = PreferencesForward(tail).run()
    rebuilt = rebuild(database, True, progress)
    if rebuilt.unreadable:
        raise RecoveryError(f"{rebuilt.unreadable} logs cannot be folded: do not start the workers")
    _rewind_timers(settings, admin)
    finds.drop()
    database[MARKER].drop()
    return Restored(
        documents, decisions, changes, told, notices.in_doubt, rebuilt.cases, words, choices
    )


def _check(
    settings: Settings,
    admin: KafkaAdminClient,
    manifest: Manifest,
    database: Database[Document],
    is_sure: bool,
) -> None:
    if manifest.keys != fingerprints(settings.key_ring().keys):
        raise RecoveryError(
            "the HMAC keys are not those of the backup: with others no new contact would find an "
            "old case. Put the backup's secrets/hmac.keys in place first"
        )
    if not set(manifest.personal_keys) <= set(fingerprints(settings.vault().keys)):
        raise RecoveryError(
            "a key is not here under which personal data of the backup are sealed: nobody in it "
            "could be written to. Put the backup's secrets/personal.keys in place first"
        )
    if manifest.prefix != settings.prefix:
        raise RecoveryError(f"the backup is of topics with the prefix {manifest.prefix!r}")
    real = {settings.topic(topic.name): topic.name for topic in TOPICS}
    for name, topic_id in topic_ids(admin, real).items():
        wanted = manifest.topics.get(real[name])
        if wanted is not None and wanted != topic_id:
            raise RecoveryError(
                f"{name} was made anew since the backup: what it held is gone, and this backup "
                "cannot be rolled forward"
            )
    running = working(settings) | (set() if is_sure else connected(database))
    if running:
        raise RecoveryError(
            f"{', '.join(sorted(running))} still run: stop everything first (`complaints up "
            "--engines-only` starts Kafka and MongoDB alone)"
        )


def _see_that_kafka_remembers(tail: Tail) -> None:
    """Ask for every span once before anything is changed."""
    for topic in lanes(RECEIVED):
        tail.consumed(topic, "dedup")
    for topic in (*lanes(ROUTED), COMMANDS, FIRED):
        tail.consumed(topic, "cases")
    tail.consumed(PLACES, "incidents")
    whole = (SETTLED, NOTICES, NOTICES_SETTLED, INCIDENTS, PLACES, PREFERENCES)
    for topic in (*lanes(DEDUPLICATED), *whole):
        tail.produced(topic)
    tail.produced(CHANGED, "notification")


def _rewind_timers(settings: Settings, admin: KafkaAdminClient) -> None:
    """Let sla read the newest state of every case again: timers follow from these alone."""
    spots = partitions_of(admin, [settings.topic(STATE.name)])
    starts = start_offsets(admin, spots)
    admin.alter_group_offsets(
        settings.group("sla"), {spot: OffsetAndMetadata(starts[spot], "", -1) for spot in spots}
    )
