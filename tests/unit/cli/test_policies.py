"""Policies as products: checked, compared, tried, and completed by an editor."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from services.cli.__main__ import cli
from services.cli.policies.difference import differences
from services.cli.policies.kinds import BY_NAME, KINDS, Kind, kind_of, stale_schemas

ROUTING = BY_NAME["routing"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["policy", *arguments], standalone_mode=False)


def changed(folder: Path, *swaps: tuple[str, str], kind: str = ROUTING.name) -> Path:
    """Return the shipped policy of a kind with words swapped."""
    text = BY_NAME[kind].shipped.read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return file


# ------------------------------------------------------------------------------- schemas


def test_the_schemas_checked_in_are_those_of_the_code() -> None:
    """When it fails: ./complaints policy schema"""
    assert stale_schemas() == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_shipped_policy_is_what_its_schema_allows(kind: Kind) -> None:
    text = kind.shipped.read_text(encoding="utf-8")
    jsonschema.validate(
        as_json(yaml.safe_load(text)), json.loads(kind.schema_file.read_text(encoding="utf-8"))
    )


def as_json(value: Any) -> Any:
    """Return what YAML read as an editor sees it: keys and dates are texts."""
    if isinstance(value, dict):
        return {str(name): as_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_policy_names_its_schema_on_top_for_editors(kind: Kind) -> None:
    first = kind.shipped.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    named = (kind.shipped.parent / first.partition("=")[2]).resolve()
    assert named == kind.schema_file.resolve()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_kind_of_a_file_is_told_by_its_words(kind: Kind) -> None:
    assert kind_of(kind.shipped) is kind


# --------------------------------------------------------------------------------- check


def test_all_shipped_policies_are_in_order() -> None:
    result = run("check", "--today", "2026-06-01")
    assert (result.return_value, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == len(KINDS)


@pytest.mark.parametrize(
    ("today", "when"),
    [
        ("2026-11-01", None),
        ("2026-11-02", "59 days from 2026-11-02"),
        ("2027-01-03", "3 days before 2027-01-03"),
    ],
)
def test_a_calendar_that_ends_soon_is_warned_of_and_is_no_fault(
    today: str, when: str | None
) -> None:
    result = run("check", str(BY_NAME["calendars"].shipped), "--today", today)
    assert result.return_value == 0
    warnings = result.stderr.splitlines()
    assert len(warnings) == (0 if when is None else 3)
    for line in warnings:
        assert "known_until: known until 2026-12-31, " in line
        assert f"{when}; after it" in line
        assert line.endswith("(ends_soon)")
    if warnings:
        assert "days.cn.known_until" in warnings[0]
        assert "cn-office" in warnings[0]
        assert "cn-hotline" not in result.stderr


def test_the_days_of_a_place_that_no_calendar_uses_may_end(tmp_path: Path) -> None:
    file = tmp_path / "calendars.yaml"
    text = BY_NAME["calendars"].shipped.read_text(encoding="utf-8")
    file.write_text(text.replace("    days: gb-england\n", "    days: null\n"), encoding="utf-8")
    warned = run("check", str(file), "--today", "2026-12-01").stderr
    assert "gb-england" not in warned
    assert "days.cn.known_until" in warned


def test_a_fault_is_told_with_line_field_and_rule(tmp_path: Path) -> None:
    file = changed(tmp_path, ("team: task-force", "teem: task-force"))
    line = file.read_text().splitlines().index("      teem: task-force") + 1
    result = run("check", str(file))
    assert result.return_value == 1
    assert result.stderr.startswith(f"{file}:{line}: tree.routes.0.teem: ")
    assert "(extra_forbidden)" in result.stderr


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    file = changed(tmp_path, ("team: task-force", "teem: x"), ("team: claims", "tame: x"))
    assert len(run("check", str(file)).stderr.splitlines()) == 2


def test_a_team_that_no_other_policy_knows_is_a_fault(tmp_path: Path) -> None:
    result = run("check", str(changed(tmp_path, ("team: claims", "team: claimz"))))
    assert result.return_value == 1
    assert "claims: there is no team 'claimz'" in result.stderr


def test_an_unknown_team_is_told_of_all_its_places_at_once_with_their_lines(
    tmp_path: Path,
) -> None:
    swaps = (("team: claims", "team: nobody"), ("inform: [privacy]", "inform: [privacy, nobody]"))
    file = changed(tmp_path, *swaps, ("south: desk-south", "south: nobody"))
    lines = file.read_text(encoding="utf-8").splitlines()
    places = {n for n, line in enumerate(lines, 1) if "nobody" in line.partition("#")[0]}
    told = [line for line in run("check", str(file)).stderr.splitlines() if "no team" in line]
    assert len(told) == 3
    assert {int(line.split(":")[1]) for line in told} == places


def test_a_stranger_in_the_rules_of_correction_is_told_of_each_line(tmp_path: Path) -> None:
    file = tmp_path / "correcting.yaml"
    text = BY_NAME["correcting"].shipped.read_text(encoding="utf-8")
    file.write_text(text.replace("senior-desk", "nobody"), encoding="utf-8")
    told = run("check", str(file)).stderr.splitlines()
    assert len(told) == 2
    assert all("there is no team 'nobody'" in line for line in told)
    assert len({line.split(":")[1] for line in told}) == 2


OF_CLAIMS = ("    en: Claims\n", "    en: Claims\n    stations: [杭州三站]\n")


def test_a_stations_team_without_a_rule_for_conflicts_is_a_fault(tmp_path: Path) -> None:
    file = changed(tmp_path, OF_CLAIMS, kind="teams")
    assert run("check", str(file)).return_value == 0
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("\nconflict:")] + "\n", encoding="utf-8")
    told = run("check", str(file)).stderr
    line = text.splitlines().index("    stations: [杭州三站]") + 1
    assert told.startswith(f"{file}:{line}: teams.claims.stations: ")
    assert "add `conflict`" in told
    assert told.rstrip().endswith("(conflict)")


def test_a_stations_team_with_nobody_independent_above_is_a_fault(tmp_path: Path) -> None:
    nobody = ("    up: task-force\n  task-force:", "  task-force:")
    shared = ("    en: Senior desk\n", "    en: Senior desk\n    stations: [杭州三站]\n")
    file = changed(tmp_path, OF_CLAIMS, shared, nobody, kind="teams")
    told = run("check", str(file)).stderr
    assert "teams.claims.up: nobody above claims is independent of 杭州三站" in told
    assert "(conflict)" in told


def test_whoever_watches_is_no_stations_own_team(tmp_path: Path) -> None:
    file = changed(tmp_path, OF_CLAIMS, ("  watch: delivery", "  watch: claims"), kind="teams")
    told = run("check", str(file)).stderr
    assert "conflict.watch: 'claims' is a station's own team" in told


def test_a_routing_policy_with_the_rule_of_conflicts_is_told_where_it_belongs(
    tmp_path: Path,
) -> None:
    file = changed(tmp_path, ("network:\n", "conflict: {watch: delivery}\nnetwork:\n"))
    assert "move it to the teams' policy" in run("check", str(file)).stderr


@pytest.mark.parametrize("alone", ["teams", "sla"])
def test_hours_said_twice_and_differently_are_a_fault_until_both_files_say_the_same(
    tmp_path: Path, alone: str
) -> None:
    swaps = {
        "teams": ("calendar: cn-hotline", "calendar: cn-office"),
        "sla": ("front-desk: cn-hotline", "front-desk: cn-office"),
    }
    files = {}
    for name, swap in swaps.items():
        text = BY_NAME[name].shipped.read_text(encoding="utf-8")
        assert swap[0] in text
        files[name] = tmp_path / f"{name}.yaml"
        files[name].write_text(text.replace(*swap, 1), encoding="utf-8")
    refused = run("check", str(files[alone]))
    assert refused.return_value == 1
    assert "teams.front-desk.calendar: 'cn-" in refused.stderr
    assert "write the same in both" in refused.stderr
    together = run("check", *map(str, files.values()))
    assert (together.return_value, together.stderr) == (0, "")


# ---------------------------------------------------------------------------------- diff


def test_what_changes_is_told_in_words(tmp_path: Path) -> None:
    file = changed(
        tmp_path,
        ("version: routing-2026.4", "version: routing-2026.5"),
        ("team: claims", "team: billing"),
        ("inform: [privacy]", "inform: [privacy, regulator]"),
    )
    result = run("diff", str(file))
    assert result.return_value == 1
    assert result.stdout.splitlines() == [
        "version: routing-2026.4 becomes routing-2026.5",
        "tree.routes.critical.routes.critical-privacy.inform: regulator joins",
        "tree.routes.claims.team: claims becomes billing",
        "routing: 3 changes from routing-2026.4 to routing-2026.5",
    ]


def test_a_change_without_a_new_version_is_pointed_out(tmp_path: Path) -> None:
    result = run("diff", str(changed(tmp_path, ("team: claims", "team: billing"))))
    assert "the version is the same" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {}, ["a goes (was: 1)"]),
        ({}, {"a": [1, 2]}, ["a is new: 1 2"]),
        ({"a": True}, {"a": None}, ["a: yes becomes nothing"]),
        (
            {"r": [{"id": "x"}, {"id": "y"}]},
            {"r": [{"id": "y"}, {"id": "x"}]},
            ["r.y is asked before x now"],
        ),
        (
            {"r": [{"id": "x"}]},
            {"r": [{"id": "x"}, {"id": "z", "n": 1}]},
            ["r.z is new: id z, n 1"],
        ),
        ({"r": [{"n": 1}]}, {"r": [{"n": 2}]}, ["r.1.n: 1 becomes 2"]),
    ],
)
def test_each_kind_of_change_has_its_sentence(old: Any, new: Any, said: list[str]) -> None:
    assert list(differences(old, new)) == said


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_change_of_any_kind_of_policy_is_told(kind: Kind, tmp_path: Path) -> None:
    text = kind.shipped.read_text(encoding="utf-8")
    version = text.partition("\nversion: ")[2].partition("\n")[0]
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace(f"\nversion: {version}", "\nversion: mine-1", 1), encoding="utf-8")
    result = run("diff", str(file), "--kind", kind.name)
    assert result.return_value == 1
    assert result.stdout.splitlines() == [
        f"version: {version} becomes mine-1",
        f"{kind.name}: 1 changes from {version} to mine-1",
    ]


def test_a_kind_that_is_none_is_named_with_those_there_are() -> None:
    problem = str(run("test", "--kind", "rooting").exception)
    assert problem.startswith("there is no kind 'rooting', only dedup, ")
