"""Policy files are taken up while the worker runs, or refused while those before count on."""

from pathlib import Path

import pytest

from services.domain import teams
from services.domain.calendars import policy as calendars
from services.domain.clocks import policy as sla
from services.domain.clocks.book import MemoryPolicyArchive
from services.domain.errors import OutageError, SettingsError
from services.domain.team_rules import TeamRules, load_team_rules
from services.routing.policy import SHIPPED
from services.routing.watching import load_router, watched_router
from tests.support.policy_in_use import Counts, PolicyInUse
from tests.unit.routing.desk import a_question

RULES = load_team_rules()


class Desk(PolicyInUse):
    """The tree and the teams, and who watches them."""

    def __init__(self, folder: Path, rules: TeamRules = RULES) -> None:
        super().__init__(folder, SHIPPED)
        self.teams = PolicyInUse(folder, teams.SHIPPED)
        self.watched = watched_router(self.file, self.teams.file, rules, self.archive, self.counts)

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


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("\n  head-office:", "\n  head-offices:", "head-office"),
        (
            "calendar: cn-hotline",
            "calendar: cn-office",
            "teams.front-desk.calendar: 'cn-office' in teams-2, "
            "but team_calendars of sla-2026.4 has 'cn-hotline'",
        ),
    ],
    ids=["a team that only cases name", "other hours than those of its clock"],
)
def test_teams_that_others_refuse_are_refused_here_too_and_their_version_stays_free(
    desk: Desk, caplog: pytest.LogCaptureFixture, old: str, new: str, named: str
) -> None:
    before = desk.watched()
    desk.teams.write("teams-2", old, new)
    assert desk.watched() is before
    assert named in caplog.records[-1].__dict__["reason"]
    assert desk.archive.versions("teams") == ["v1"]
    desk.teams.write("teams-2")
    assert desk.watched() is not before
    assert desk.counts.told == ["teams refused", "teams taken up"]


def test_a_team_may_have_hours_that_only_the_operators_own_files_know(tmp_path: Path) -> None:
    own = [PolicyInUse(tmp_path, shipped) for shipped in (calendars.SHIPPED, sla.SHIPPED)]
    for one in own:
        text = one.file.read_text(encoding="utf-8").replace("cn-hotline", "my-hotline")
        one.file.write_text(text, encoding="utf-8")
    teams_in_use = PolicyInUse(tmp_path, teams.SHIPPED)
    text = teams_in_use.file.read_text(encoding="utf-8").replace("cn-hotline", "my-hotline")
    teams_in_use.file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="there is no calendar 'my-hotline'"):
        load_router(None, teams_in_use.file)
    calendars_file, sla_file = (one.file for one in own)
    router = load_router(None, teams_in_use.file, load_team_rules(sla_file, calendars_file))
    assert router.policy.version == load_router().policy.version


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
        watched_router(file, None, RULES, MemoryPolicyArchive(), Counts())
