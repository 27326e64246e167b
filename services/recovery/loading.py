"""Loading a snapshot: what is there already stays, so that a broken-off restore can go on."""

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final, cast

from bson import decode_file_iter
from pymongo.database import Database

from services.adapters.mongo import Document, outages
from services.adapters.mongo_inserts import insert_new
from services.recovery.manifest import Manifest, RecoveryError, file_of
from services.recovery.snapshot import LEFT_OUT, MARKER, Progress

_AT_A_TIME: Final = 1000


@outages()
def prepare(database: Database[Document], manifest: Manifest, replace: bool) -> None:
    """Make room, and mark the database so that no worker starts on half of it. What was broken off
    while it made room begins anew: what stood there would be taken for a part of the backup.

    Raises:
        RecoveryError: it holds data and nobody agreed to lose them, or another restore is
            half done there.
    """
    begun = database[MARKER].find_one({"_id": "restore"})
    this = manifest.made_at.isoformat()
    is_agreed = replace or (begun is not None and begun["backup"] == this)
    if begun is not None and not is_agreed:
        raise RecoveryError(
            f"the restore of the backup of {begun['backup']} is half done here: finish it, or "
            "begin anew with --replace"
        )
    if begun is not None and begun.get("is_cleared") and not replace:
        return
    held = [name for name in database.list_collection_names() if _holds(database, name)]
    if held and not is_agreed:
        raise RecoveryError(
            f"the database {database.name} holds data ({', '.join(sorted(held)[:4])} …): "
            "--replace throws them away"
        )
    database[MARKER].replace_one({"_id": "restore"}, {"backup": this}, upsert=True)
    for name in held:
        database[name].delete_many({})
    database["checkpoints"].delete_many({})
    database["timers"].delete_many({})
    database[MARKER].update_one({"_id": "restore"}, {"$set": {"is_cleared": True}})


def _holds(database: Database[Document], name: str) -> bool:
    return name not in LEFT_OUT and database[name].find_one({}, {"_id": 1}) is not None


@outages()
def load(database: Database[Document], folder: Path, manifest: Manifest, progress: Progress) -> int:
    """Insert what the snapshot holds; return how many documents it has."""
    total = 0
    for name, one in manifest.collections.items():
        done = 0
        with gzip.open(file_of(folder, name), "rb") as file:
            documents: Iterator[Document] = decode_file_iter(cast(IO[bytes], file))
            while some := list(islice(documents, _AT_A_TIME)):
                insert_new(database[name], some)
                done += len(some)
                progress(name, done, one.documents)
        if done != one.documents:
            raise RecoveryError(f"{name}: {done} documents of {one.documents}")
        total += done
    return total
