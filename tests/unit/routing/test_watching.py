"""A policy file is taken up while the worker runs, or refused while the one before counts on."""

import os
from pathlib import Path

import pytest

from services.domain.clocks.book import MemoryPolicyArchive
from services.domain.errors import OutageError, SettingsError
from services.routing.policy import SHIPPED
from services.routing.watching import WatchedRouter


class Counts:
    """What was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def policy_taken_up(self, policy: str) -> None:
        self.told.append(f"{policy} taken up")

    def policy_refused(self, policy: str) -> None:
        self.told.append(f"{policy} refused")


class Desk:
    """A file, and who watches it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "routing.yaml"
        self.archive = MemoryPolicyArchive()
        self.counts = Counts()
        self._writes = 0
        self.write("v1")
        self.watched = WatchedRouter(self.file, self.archive, self.counts)

    def write(self, version: str, old: str = "", new: str = "") -> None:
        text = SHIPPED.read_text(encoding="utf-8").replace("routing-2026.2", version)
        self.file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        self._writes += 1
        os.utime(self.file, ns=(self._writes * 10**9, self._writes * 10**9))

    @property
    def version(self) -> str:
        return self.watched().policy.version


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_another_version_counts_from_the_next_batch(desk: Desk) -> None:
    before = desk.watched()
    assert desk.watched() is before
    desk.write("v2", "team: claims", "team: billing")
    assert desk.version == "v2"
    assert desk.counts.told == ["routing taken up"]
    assert desk.archive.versions("routing") == ["v1", "v2"]


def test_a_file_that_breaks_its_rules_is_refused_and_the_one_before_counts_on(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write("v2", "team: claims", "team: claimz")
    assert (desk.version, desk.version) == ("v1", "v1")
    assert desk.counts.told == ["routing refused"]
    assert "claimz" in caplog.records[-1].__dict__["reason"]
    desk.write("v2")
    assert desk.version == "v2"


def test_other_rules_under_the_same_version_are_refused(desk: Desk) -> None:
    before = desk.watched()
    desk.write("v1", "team: claims", "team: billing")
    assert desk.watched() is before
    assert desk.counts.told == ["routing refused"]


def test_a_file_that_is_away_for_a_moment_changes_nothing(desk: Desk) -> None:
    desk.file.unlink()
    assert desk.version == "v1"
    desk.write("v2")
    assert desk.version == "v2"


def test_while_the_archive_is_away_the_file_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(kind: str, version: str, text: str) -> str:
        raise OutageError("mongodb", "away")

    desk.write("v2")
    with monkeypatch.context() as patched:
        patched.setattr(desk.archive, "keep", away)
        assert desk.version == "v1"
    assert desk.version == "v2"
    assert desk.counts.told == ["routing taken up"]


def test_a_bad_file_at_the_start_stops_the_worker(tmp_path: Path) -> None:
    file = tmp_path / "routing.yaml"
    file.write_text("version: x\ntree: {id: root}\n")
    with pytest.raises(SettingsError, match="the root needs a team"):
        WatchedRouter(file, MemoryPolicyArchive(), Counts())
