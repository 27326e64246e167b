"""What a candidate would change is counted and shown, and nothing is written."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.__main__ import cli
from services.routing import policy as routing
from services.severity import policy as severity

DAMAGED = "杯子收到就碎了,外箱是湿的,要求赔偿。"
LATE = "快件三天没有更新,请查一下。"


def run(folder: Path, policy: Path, *more: str) -> Result:
    file = folder / "contacts.jsonl"
    lines = [{"id": "a", "text": DAMAGED}, {"id": "b", "text": LATE}]
    file.write_text("\n".join(json.dumps(one | {"channel": "phone"}) for one in lines))
    arguments = ["what-if", "--policy", str(policy), "--from", str(file), *more]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def changed(folder: Path, shipped: Path, old: str, new: str) -> Path:
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    file = folder / "new.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_the_policy_that_counts_changes_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, routing.SHIPPED)
    assert result.return_value == 0
    assert result.stdout.strip() == "2 contacts, 0 (0.0%) would be decided otherwise"


def test_another_team_is_counted_and_shown(tmp_path: Path) -> None:
    policy = changed(tmp_path, routing.SHIPPED, "team: claims", "team: billing")
    page = tmp_path / "page.html"
    result = run(tmp_path, policy, "--html", str(page))
    assert result.return_value == 0, result.output
    assert "2 contacts, 1 (50.0%) would be decided otherwise" in result.stdout
    assert "a: team claims → billing" in result.stdout
    assert f"<td class=id>a<td>team claims → billing<td>{DAMAGED}" in page.read_text()


def test_a_severity_policy_is_compared_by_what_it_scores(tmp_path: Path) -> None:
    text = severity.SHIPPED.read_text(encoding="utf-8")
    version = text.partition("\nversion: ")[2].partition("\n")[0]
    policy = changed(tmp_path, severity.SHIPPED, f"version: {version}", "version: severity-new")
    result = run(tmp_path, policy)
    assert "2 contacts, 0 (0.0%)" in result.stdout


def with_model(folder: Path, name: str, model: str) -> Path:
    """Return the shipped severity policy with another part `model`."""
    head, _, rest = severity.SHIPPED.read_text(encoding="utf-8").partition("\nmodel:\n")
    shipped, _, after = rest.partition("\n\n")
    assert "level_from: {2: 0.5, 3: 0.3, 4: 0.15}" in shipped
    file = folder / name
    file.write_text(f"{head}\nmodel:{model or chr(10) + shipped}\n\n{after}", encoding="utf-8")
    return file


def test_a_candidate_that_lets_the_model_raise_sooner_shows(tmp_path: Path) -> None:
    policy = sooner(tmp_path)
    result = run(tmp_path, policy)
    assert "2 contacts, 2 (100.0%) would be decided otherwise" in result.stdout, result.output
    assert "b: level 1 → 4" in result.stdout


def test_a_candidate_without_the_model_is_compared_with_the_model_that_counts(
    tmp_path: Path,
) -> None:
    alone = with_model(tmp_path, "alone.yaml", " null")
    result = run(tmp_path, alone, "--against", str(sooner(tmp_path)))
    assert "b: level 4 → 1" in result.stdout, result.output


def sooner(folder: Path) -> Path:
    """Return the shipped severity policy, but nothing is too unlikely to be critical."""
    file = with_model(folder, "sooner.yaml", "")
    text = file.read_text(encoding="utf-8")
    soon = "level_from: {2: 0.0, 3: 0.0, 4: 0.0}"
    file.write_text(text.replace("level_from: {2: 0.5, 3: 0.3, 4: 0.15}", soon), encoding="utf-8")
    return file


def test_a_policy_that_decides_about_no_contact_is_refused(tmp_path: Path) -> None:
    from services.cases.levels import SHIPPED

    result = run(tmp_path, SHIPPED)
    assert "a levels policy decides about no contact by itself" in str(result.exception)


@pytest.mark.parametrize("source", ["complaints.received.v1", "nowhere"])
def test_a_source_that_holds_no_decided_contacts_is_refused(tmp_path: Path, source: str) -> None:
    arguments = ["what-if", "--policy", str(routing.SHIPPED), "--from", source]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert "no file, and no topic of complaints.deduplicated.v1" in str(result.exception)


def test_a_text_of_a_contact_cannot_become_markup(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text(json.dumps({"id": "x", "text": "杯子碎了<script>", "channel": "phone"}))
    policy = changed(tmp_path, routing.SHIPPED, "team: claims", "team: billing")
    page = tmp_path / "page.html"
    arguments = ["what-if", "--policy", str(policy), "--from", str(file), "--html", str(page)]
    CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert "&lt;script&gt;" in page.read_text()
    assert "<script>" not in page.read_text()
