"""Taking a backup: the places in Kafka first, then all collections at one moment."""

import gzip
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bson import decode_all
from kafka import KafkaAdminClient, TopicPartition
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from schemas.topics import TOPICS
from services.adapters.kafka_admin import (
    committed_offsets,
    end_offsets,
    partitions_of,
    topic_ids,
)
from services.adapters.mongo import Document, outages
from services.audit.groups import workers_with_input
from services.recovery.manifest import (
    FILE,
    CollectionFile,
    Manifest,
    Offsets,
    RecoveryError,
    digest_of,
    file_of,
    fingerprints,
)
from services.runtime.settings import Settings

Progress = Callable[[str, int, int], None]
MARKER: Final = "recovery"
FINDS: Final = "recovery_finds"
LEFT_OUT: Final = frozenset(
    {
        "timers",
        "checkpoints",
        "barrier",
        "pauses",
        "audit_positions",
        "audit_suspects",
        "audit_doubles",
        "audit_cases",
        "audit_incidents",
        MARKER,
        FINDS,
    }
)
"""Made anew after a restore from the newest states, or about Kafka and the present alone."""
_TOO_OLD: Final = frozenset({239, 246})


def take_backup(
    settings: Settings,
    admin: KafkaAdminClient,
    database: Database[Document],
    folder: Path,
    now: datetime,
    code_version: str,
    progress: Progress,
) -> Manifest:
    """Write a backup into ``folder``, which must be empty or not there; the system may run.

    Raises:
        RecoveryError: the folder holds something, or MongoDB let go of the moment.
        OutageError: Kafka or MongoDB is away.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RecoveryError(f"{folder} is not empty: name a new folder for each backup")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        positions, ends, topics = _places(admin, settings)
        collections = _write_collections(database, folder, progress)
        manifest = Manifest(
            code_version=code_version,
            made_at=now,
            database=settings.database,
            prefix=settings.prefix,
            keys=fingerprints(settings.key_ring().keys),
            personal_keys=fingerprints(settings.vault().keys),
            topics=topics,
            positions=positions,
            ends=ends,
            collections=collections,
        )
        (folder / FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder)  # half a backup is none
        raise
    return manifest


def _places(
    admin: KafkaAdminClient, settings: Settings
) -> tuple[dict[str, Offsets], Offsets, dict[str, str]]:
    names = {settings.topic(topic.name): topic.name for topic in TOPICS}
    positions = {
        worker: _by_topic(committed_offsets(admin, settings.group(worker)), names)
        for worker in workers_with_input()
    }
    ends = _by_topic(end_offsets(admin, partitions_of(admin, names)), names)
    ids = topic_ids(admin, names)
    return positions, ends, {names[real]: topic_id for real, topic_id in ids.items()}


def _by_topic(offsets: dict[TopicPartition, int], names: dict[str, str]) -> Offsets:
    found: Offsets = {}
    for spot, offset in offsets.items():
        if spot.topic in names:
            found.setdefault(names[spot.topic], {})[spot.partition] = offset
    return found


@outages()
def _write_collections(
    database: Database[Document], folder: Path, progress: Progress
) -> dict[str, CollectionFile]:
    names = sorted(set(database.list_collection_names()) - LEFT_OUT)
    written: dict[str, CollectionFile] = {}
    with database.client.start_session(snapshot=True) as session:
        for name in names:
            try:
                documents = _write(database, name, session, file_of(folder, name), progress)
            except OperationFailure as error:
                if error.code not in _TOO_OLD:
                    raise
                raise RecoveryError(
                    "the backup took longer than MongoDB keeps a moment: raise its parameter "
                    "minSnapshotHistoryWindowInSeconds (300 by default) and begin again"
                ) from None
            path = file_of(folder, name)
            written[name] = CollectionFile(documents=documents, sha256=digest_of(path))
    return written


def _write(
    database: Database[Document], name: str, session: ClientSession, path: Path, progress: Progress
) -> int:
    """Write a collection as it was at the moment of ``session``; return its documents."""
    collection: Any = database.get_collection(name, read_concern=ReadConcern())
    total, count = database[name].estimated_document_count(), 0
    path.touch(mode=0o600)  # as MongoDB's own files: it holds what people said, in clear text
    with gzip.open(path, "wb", compresslevel=3) as file:
        for batch in collection.find_raw_batches({}, session=session, batch_size=5000):
            file.write(batch)
            count += len(decode_all(batch))
            progress(name, count, total)
    return count
