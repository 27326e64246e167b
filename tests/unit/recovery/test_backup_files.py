"""A backup is believed only when it is whole and of these keys."""

import gzip
from pathlib import Path

import pytest

from schemas.personal import KeyRing
from services.recovery.manifest import (
    FILE,
    CollectionFile,
    Manifest,
    RecoveryError,
    digest_of,
    file_of,
    fingerprints,
    read_manifest,
)
from tests.support.builders import KEYS, NOON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with gzip.open(file_of(tmp_path, "cases"), "wb") as file:
        file.write(b"some documents")
    one = CollectionFile(documents=1, sha256=digest_of(file_of(tmp_path, "cases")))
    manifest = Manifest(
        code_version="1",
        made_at=NOON,
        database="complaints",
        prefix="",
        keys=fingerprints(KEYS.keys),
        topics={"cases.changed.v1": "id"},
        positions={"cases": {"case.commands.v1": {0: 7}}},
        ends={"cases.changed.v1": {3: 9}},
        collections={"cases": one},
    )
    (tmp_path / FILE).write_text(manifest.model_dump_json())
    return tmp_path


def test_a_whole_backup_is_read_back_as_it_was_written(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest.position("cases", "case.commands.v1", 0) == 7
    assert manifest.position("sla", "case.commands.v1", 0) == 0
    assert (manifest.end("cases.changed.v1", 3), manifest.end("cases.changed.v1", 4)) == (9, 0)


def test_a_folder_without_a_manifest_is_no_backup(folder: Path) -> None:
    (folder / FILE).unlink()
    with pytest.raises(RecoveryError, match="no complete backup"):
        read_manifest(folder)


def test_a_backup_of_another_version_names_the_field(folder: Path) -> None:
    text = (folder / FILE).read_text().replace('"format":1', '"format":2')
    (folder / FILE).write_text(text)
    with pytest.raises(RecoveryError, match="format: "):
        read_manifest(folder)


def test_a_file_that_changed_or_is_gone_is_noticed(folder: Path) -> None:
    path = file_of(folder, "cases")
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(RecoveryError, match="checksum"):
        read_manifest(folder)
    path.unlink()
    with pytest.raises(RecoveryError, match="is missing"):
        read_manifest(folder)


def test_fingerprints_tell_keys_apart_and_their_order_and_give_none_away() -> None:
    other = KeyRing({"k2": bytes(reversed(range(32))), **KEYS.keys}, "k2")
    assert fingerprints(other.keys)[1:] == fingerprints(KEYS.keys)
    assert fingerprints(other.keys)[0] != fingerprints(KEYS.keys)[0]
    assert all(len(printed) == 16 for _, printed in fingerprints(other.keys))
