"""Policy files are taken up while the worker runs, or refused while those before count on."""

from pathlib import Path

import pytest

from services.domain import teams
from services.domain.clocks.book import MemoryPolicyArchive
from services.domain.errors import OutageError, SettingsError
from services.routing.policy import SHIPPED
from services.routing.watching import watched_router
from tests.support.policy_in_use import Counts, PolicyInUse
from tests.unit.routing.desk import a_question


class Desk(PolicyInUse):
    """The tree and the teams, and who watches them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, SHIPPED)
        self.teams = PolicyInUse(folder, teams.SHIPPED)
        self.watched = watched_router(self.file, self.teams.file, self.archive, self.counts)

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


def test_changed_teams_lead_from_the_next_batch(desk: Desk) -> None:
    dispute = a_question(category="fee", level=1)
    assert desk.watched().route(dispute).team == "billing"
    desk.teams.write("teams-2", "members: [clerk-401,", "levels: [4]\n    members: [clerk-401,")
    assert desk.watched().route(dispute).team == "front-desk"
    assert desk.counts.told == ["teams taken up"]
    assert desk.archive.versions("teams") == ["teams-2", "v1"]


def test_teams_without_one_that_the_tree_names_are_refused(desk: Desk) -> None:
    before = desk.watched()
    desk.teams.write("teams-2", "\n  billing:", "\n  invoices:")
    assert desk.watched() is before
    assert desk.counts.told == ["teams refused"]


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
        watched_router(file, None, MemoryPolicyArchive(), Counts())
