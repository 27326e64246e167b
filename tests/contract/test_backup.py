"""A backup is as private as the database that it was taken of."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from schemas.personal import Personal
from services.adapters.mongo import Document
from services.adapters.mongo_parts import MongoPartStore
from services.domain.part_store import WaitingMessage, WaitingPart
from services.domain.sms_parts import Piece
from services.recovery import loading, snapshot
from services.runtime.settings import Settings
from tests.support.builders import NOON, sealed

KEYS: dict[str, Any] = {"hmac_keys": "k1:" + "ab" * 32, "personal_keys": "k1:" + "cd" * 32}


@pytest.fixture(autouse=True)
def everybody_may_read() -> Iterator[None]:
    """Let new files be readable by all, as they are on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("is_made", [False, True])
def test_what_complainants_said_is_readable_by_whoever_took_the_backup_alone(
    database: Database[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_made: bool
) -> None:
    database["contacts"].insert_one({"_id": "t|1", "out": b"my address"})
    monkeypatch.setattr(snapshot, "_places", lambda admin, settings: ({}, {}, {}))
    settings, folder = (
        Settings(hmac_keys="k1:" + "ab" * 32, personal_keys="k1:" + "cd" * 32),
        tmp_path / "backup",
    )
    if is_made:
        folder.mkdir()
    snapshot.take_backup(settings, None, database, folder, NOON, "1", lambda *_: None)
    files = list(folder.glob("*.bson.gz"))
    assert folder / "contacts.bson.gz" in files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    assert is_made or folder.stat().st_mode & 0o077 == 0


def test_parts_of_short_messages_that_wait_are_in_a_backup(
    database: Database[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, part = (
        sealed(Personal(phone="13800138000")),
        WaitingPart("k1.D", Piece(1, 8, b"\x8f\xd8")),
    )
    message = WaitingMessage("t|k1.A", "t", 2, NOON, "k1.D", sender, (part,))
    store = MongoPartStore(database)
    store.put(message, NOON - timedelta(minutes=10))
    monkeypatch.setattr(snapshot, "_places", lambda admin, settings: ({}, {}, {}))
    settings, folder = (
        Settings(hmac_keys="k1:" + "ab" * 32, personal_keys="k1:" + "cd" * 32),
        tmp_path / "backup",
    )
    made = snapshot.take_backup(settings, None, database, folder, NOON, "1", lambda *_: None)
    database["sms_parts"].delete_many({})
    loading.load(database, folder, made, lambda *_: None)
    assert store.oldest(NOON, None, 9) == [message]
