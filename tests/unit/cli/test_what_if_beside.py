"""A candidate stands beside what a network runs: its own files, not those that we ship."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.embedded import write_instance
from schemas import topics
from schemas.codec import encode
from schemas.topics import Topic
from services.cases import levels
from services.cli import instance
from services.cli.__main__ import cli
from services.cli.policies import reading
from services.dedup import policy as dedup
from services.domain import teams
from services.domain.clocks import policy as sla
from services.routing import policy as routing
from tests.support.builders import a_contact, a_deduplicated, a_routed

DAMAGED = "杯子收到就碎了,外箱是湿的,要求赔偿。"
LATE = "快件三天没有更新,请查一下。"
OWN_TEAM = (
    "teams:\n",
    "teams:\n  glass:\n    zh: 玻璃组\n    en: Glass\n    calendar: cn-office\n"
    "    members: [clerk-901]\n    up: senior-desk\n",
)
TO_GLASS = ("team: claims", "team: glass")
ADDRESSES = {"kafka": "127.0.0.1:1", "mongo": "mongodb://127.0.0.1:2", "api_port": 3}


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("COMPLAINTS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(instance, "DEFAULT_DATA", tmp_path / "data")


def changed(folder: Path, shipped: Path, name: str, version: str, *swaps: tuple[str, str]) -> Path:
    """Return a shipped file with another version and other words, as a file of one's own."""
    text = shipped.read_text(encoding="utf-8")
    was = text.partition("\nversion: ")[2].partition("\n")[0]
    for old, new in ((f"version: {was}", f"version: {version}"), *swaps):
        assert old in text, old
        text = text.replace(old, new, 1)
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.fixture
def own_teams(tmp_path: Path) -> Path:
    return changed(tmp_path / "own", teams.SHIPPED, "teams.yaml", "own-teams-1", OWN_TEAM)


@pytest.fixture
def own_routing(tmp_path: Path) -> Path:
    return changed(tmp_path / "own", routing.SHIPPED, "routing.yaml", "own-routing-1", TO_GLASS)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, own_teams: Path, own_routing: Path) -> None:
    """Go by the network's own teams and routes, as its settings name them."""
    monkeypatch.setenv("COMPLAINTS_TEAMS_POLICY", str(own_teams))
    monkeypatch.setenv("COMPLAINTS_ROUTING_POLICY", str(own_routing))


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """Return a routing candidate that names the network's own team elsewhere."""
    other = ("team: billing", "team: glass")
    return changed(tmp_path, routing.SHIPPED, "new.yaml", "own-routing-2", TO_GLASS, other)


def what_if(folder: Path, policy: Path, *more: str, lines: list[dict[str, object]]) -> Result:
    file = folder / "contacts.jsonl"
    file.write_text("\n".join(json.dumps(one | {"channel": "phone"}) for one in lines))
    return run(policy, str(file), *more)


def run(policy: Path, source: str, *more: str) -> Result:
    arguments = ["what-if", "--policy", str(policy), "--from", source, *more]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


ONE: list[dict[str, object]] = [{"id": "a", "text": DAMAGED}]


@pytest.mark.usefixtures("network")
def test_a_candidate_with_a_team_of_ones_own_is_compared_with_ones_own_route(
    tmp_path: Path, own_teams: Path, own_routing: Path, candidate: Path
) -> None:
    page = tmp_path / "page.html"
    result = what_if(tmp_path, candidate, "--html", str(page), lines=ONE)
    assert result.return_value == 0, result.exception
    assert "1 contacts, 0 (0.0%) would be decided otherwise" in result.stdout
    before, after = f"own-routing-1 ({own_routing})", f"own-routing-2 ({candidate})"
    assert f"  routing    {before} → {after}\n" in result.stdout
    assert f"  teams      own-teams-1 ({own_teams})\n" in result.stdout
    assert "  levels     levels-" in result.stdout
    assert f"<tr><td>routing<td>{before}<td>{after}" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("network")
def test_against_names_another_file_than_the_one_that_counts(
    tmp_path: Path, candidate: Path
) -> None:
    result = what_if(tmp_path, candidate, "--against", str(routing.SHIPPED), lines=ONE)
    assert "a: team claims → glass" in result.stdout, result.exception


def test_what_no_candidate_is_given_for_is_ones_own_on_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second contact makes a case critical, it has other limits than ours."""
    swap = ("{2: 2, 3: 3}", "{2: 4, 3: 4}")
    own = changed(tmp_path / "own", levels.SHIPPED, "levels.yaml", "own-levels-1", swap)
    shorter = ("limit: {span: 8h,", "limit: {span: 4h,")
    limits = changed(tmp_path, sla.SHIPPED, "sla.yaml", "own-sla-1", shorter)
    lines: list[dict[str, object]] = [
        {"id": name, "text": LATE, "customer": "c", "waybill": "SF1302847561029", "at": at}
        for name, at in (("a", "2026-03-02T10:00:00+08:00"), ("b", "2026-03-02T12:00:00+08:00"))
    ]
    as_of = ("--as-of", "2026-03-02T12:30:00+08:00")
    shipped = what_if(tmp_path, limits, *as_of, lines=lines)
    assert "0 are missed as of 2026-03-02 04:30 UTC; 0 would be" in shipped.stdout
    monkeypatch.setenv("COMPLAINTS_LEVELS_POLICY", str(own))
    owned = what_if(tmp_path, limits, *as_of, lines=lines)
    assert owned.return_value == 0, owned.exception
    assert f"  levels     own-levels-1 ({own})\n" in owned.stdout
    assert "0 are missed as of 2026-03-02 04:30 UTC; 0 would be" not in owned.stdout


def test_a_file_is_joined_to_cases_by_ones_own_dedup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = ("waybill_window_days: 180", "waybill_window_days: 1")
    person = ("person_window_days: 30", "person_window_days: 1")
    own = changed(tmp_path / "own", dedup.SHIPPED, "dedup.yaml", "own-dedup-1", days, person)
    lines: list[dict[str, object]] = [
        {"id": name, "text": LATE, "customer": "c", "waybill": "SF1302847561029", "at": at}
        for name, at in (("a", "2026-03-02T10:00:00+08:00"), ("b", "2026-03-09T10:00:00+08:00"))
    ]
    assert "\n1 cases, " in what_if(tmp_path, routing.SHIPPED, lines=lines).stdout
    monkeypatch.setenv("COMPLAINTS_DEDUP_POLICY", str(own))
    assert "\n2 cases, " in what_if(tmp_path, routing.SHIPPED, lines=lines).stdout


# ------------------------------------------------------------------- an instance on a data folder


def test_a_topic_is_replayed_beside_the_files_of_its_instance(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own_teams: Path,
    own_routing: Path,
    candidate: Path,
) -> None:
    """Whatever the environment of whoever asks names."""
    policies = {"teams_policy": str(own_teams), "routing_policy": str(own_routing)}
    write_instance(tmp_path / "data", {**ADDRESSES, "policies": policies})
    monkeypatch.setenv("COMPLAINTS_LEVELS_POLICY", str(tmp_path / "nowhere.yaml"))
    value = encode(a_routed(a_deduplicated(a_contact("a")), category="damage").scored)

    class Record:
        topic, timestamp, key = topics.SCORED_EXPRESS.name, 0.0, b""

        def __init__(self) -> None:
            self.value = value

    def records(_: object, names: list[str], __: object) -> list[Record]:
        return [Record()] if topics.SCORED_EXPRESS.name in names else []

    monkeypatch.setattr(reading, "_records", records)
    result = run(candidate, "complaints.scored")
    assert result.return_value == 0, result.exception
    assert "1 contacts, 0 (0.0%) would be decided otherwise" in result.stdout
    assert f"own-routing-1 ({own_routing}) → own-routing-2 ({candidate})" in result.stdout
    assert "levels     levels-" in result.stdout


def test_a_file_is_tried_as_the_instance_would_decide_that_runs_here(
    tmp_path: Path, own_teams: Path, own_routing: Path, candidate: Path
) -> None:
    policies = {"teams_policy": str(own_teams), "routing_policy": str(own_routing)}
    write_instance(tmp_path / "data", {**ADDRESSES, "policies": policies})
    result = what_if(tmp_path, candidate, lines=ONE)
    assert "1 contacts, 0 (0.0%)" in result.stdout, result.exception


def test_a_folder_that_is_named_must_have_its_instance(tmp_path: Path, candidate: Path) -> None:
    result = what_if(tmp_path, candidate, "--data", str(tmp_path / "none"), lines=ONE)
    assert "no instance is running in" in str(getattr(result.exception, "message", ""))


@pytest.mark.parametrize("topic", [topics.SCORED, topics.SCORED_EXPRESS])
def test_a_topic_needs_an_instance(topic: Topic) -> None:
    result = run(routing.SHIPPED, topic.name)
    assert "no instance is running in" in str(getattr(result.exception, "message", ""))
