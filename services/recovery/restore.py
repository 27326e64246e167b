"""Putting an instance back: the snapshot, then what the topics say came after it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka.admin import AdminClient
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
from services.audit.groups import workers_with_input
from services.audit.topic_reader import TopicReader
from services.dedup.policy import load_policy
from services.recovery.finds import Finds
from services.recovery.forward_cases import CasesForward
from services.recovery.forward_contacts import ContactsForward
from services.recovery.forward_incidents import IncidentsForward
from services.recovery.forward_notices import NoticesForward
from services.recovery.loading import load, prepare
from services.recovery.manifest import Manifest, RecoveryError, fingerprints, read_manifest
from services.recovery.projection import rebuild
from services.recovery.snapshot import MARKER, Progress
from services.recovery.tail import Tail
from services.runtime.settings import Settings

ASK_SECONDS: Final = 10.0


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


def restore(
    settings: Settings,
    admin: KafkaAdminClient,
    reader: TopicReader,
    database: Database[Document],
    folder: Path,
    replace: bool,
    progress: Progress,
) -> Restored:
    """Restore the backup in ``folder``. No worker may run. Begun again after a break, it goes on.

    Raises:
        RecoveryError: it cannot be done so; unless it says otherwise nothing was changed.
        OutageError: Kafka or MongoDB is away.
    """
    manifest = read_manifest(folder)
    _check(settings, admin, manifest)
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
    words = IncidentsForward(tail).run()
    rebuilt = rebuild(database, True, progress)
    if rebuilt.unreadable:
        raise RecoveryError(f"{rebuilt.unreadable} logs cannot be folded: do not start the workers")
    _rewind_timers(settings, admin)
    finds.drop()
    database[MARKER].drop()
    return Restored(documents, decisions, changes, told, notices.in_doubt, rebuilt.cases, words)


def _check(settings: Settings, admin: KafkaAdminClient, manifest: Manifest) -> None:
    if manifest.keys != fingerprints(settings.key_ring()):
        raise RecoveryError(
            "the HMAC keys are not those of the backup: with others no new contact would find an "
            "old case. Put the backup's secrets/hmac.keys in place first"
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
    running = _running(settings)
    if running:
        raise RecoveryError(
            f"{', '.join(running)} still run: stop all workers first (`complaints up "
            "--engines-only` starts Kafka and MongoDB alone)"
        )


def _running(settings: Settings) -> list[str]:
    """Return the workers of the case path that are members of their groups now; trends keeps
    nothing in MongoDB, and as a static member it seems to stay for a while."""
    client = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    groups = {settings.group(name): name for name in workers_with_input() if name != "trends"}
    answers = client.describe_consumer_groups(list(groups), request_timeout=ASK_SECONDS)
    found: list[str] = []
    for group, answer in answers.items():
        try:
            described = answer.result(ASK_SECONDS)
        except Exception:  # noqa: BLE001 - a group that never was has nobody in it
            continue
        if described.members:
            found.append(groups[group])
    return sorted(found)


def _see_that_kafka_remembers(tail: Tail) -> None:
    """Ask for every span once before anything is changed."""
    for topic in lanes(RECEIVED):
        tail.consumed(topic, "dedup")
    for topic in (*lanes(ROUTED), COMMANDS, FIRED):
        tail.consumed(topic, "cases")
    tail.consumed(PLACES, "incidents")
    for topic in (*lanes(DEDUPLICATED), SETTLED, NOTICES, NOTICES_SETTLED, INCIDENTS, PLACES):
        tail.produced(topic)
    tail.produced(CHANGED, "notification")


def _rewind_timers(settings: Settings, admin: KafkaAdminClient) -> None:
    """Let sla read the newest state of every case again: timers follow from these alone."""
    spots = partitions_of(admin, [settings.topic(STATE.name)])
    starts = start_offsets(admin, spots)
    admin.alter_group_offsets(
        settings.group("sla"), {spot: OffsetAndMetadata(starts[spot], "", -1) for spot in spots}
    )
