"""What a backup says about itself: checked before a byte of it is believed."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.domain.errors import ComplaintsError

FILE: Final = "manifest.json"
"""Written last: a folder without it is no backup."""
Offsets = dict[str, dict[int, int]]
"""Offsets by topic (its name in the table) and partition."""


class RecoveryError(ComplaintsError):
    """A backup or restore cannot be made so; the message says why and what to do."""


class Part(BaseModel):
    """A piece of a manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CollectionFile(Part):
    """One collection as a file of BSON documents, compressed; ``sha256`` is of the file."""

    documents: int
    sha256: str


class Manifest(Part):
    """A backup.

    ``keys`` are the HMAC keys' ids with fingerprints, in their order, ``personal_keys`` those under
    which personal data are sealed. ``positions`` are the
    committed positions of each worker, ``ends`` the ends of the topics; both were read before the
    snapshot was taken, so whatever lies before them left its traces in the snapshot.
    """

    format: Literal[1] = 1
    code_version: str
    made_at: AwareDatetime
    database: str
    prefix: str
    keys: tuple[tuple[str, str], ...]
    personal_keys: tuple[tuple[str, str], ...] = ()
    topics: dict[str, str]
    positions: dict[str, Offsets]
    ends: Offsets
    collections: dict[str, CollectionFile]

    def position(self, worker: str, topic: str, partition: int) -> int:
        """Return where ``worker`` stood in ``topic``; 0 where it had not begun."""
        return self.positions.get(worker, {}).get(topic, {}).get(partition, 0)

    def end(self, topic: str, partition: int) -> int:
        """Return where ``topic`` ended."""
        return self.ends.get(topic, {}).get(partition, 0)


def fingerprints(keys: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Return ids and fingerprints of the keys; nobody gets a key from them."""
    return tuple(
        (key_id, hashlib.sha256(b"complaints key|" + key).hexdigest()[:16])
        for key_id, key in keys.items()
    )


def file_of(folder: Path, collection: str) -> Path:
    """Return where a collection lies."""
    return folder / f"{collection}.bson.gz"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the backup in ``folder`` and see that all of its files are whole.

    Raises:
        RecoveryError: there is none, it is of another version, or a file is damaged.
    """
    path = folder / FILE
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError:
        raise RecoveryError(f"{folder} holds no complete backup: there is no {FILE}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise RecoveryError(f"{path}: {field}: {first['msg']}") from None
    for problem in _damages(folder, manifest):
        raise RecoveryError(f"{problem}: the backup is damaged, take another one")
    return manifest


def _damages(folder: Path, manifest: Manifest) -> Iterator[str]:
    for name, one in manifest.collections.items():
        path = file_of(folder, name)
        if not path.is_file():
            yield f"{path} is missing"
        elif digest_of(path) != one.sha256:
            yield f"{path} has another checksum than {FILE} says"
