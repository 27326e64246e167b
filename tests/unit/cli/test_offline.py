"""``score``, ``route`` and ``dedup`` over a file: a line out per line in, and why for others."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.__main__ import cli

DAMAGED = "杯子收到就碎了,外箱是湿的,要求赔偿。"
LATE = "快件三天没有更新,请查一下。"
LEAKED = "我的姓名电话住址被你们的人发到了群里,几百人的面单都在上面。"


def line(**fields: Any) -> str:
    return json.dumps({"channel": "phone", **fields}, ensure_ascii=False)


def run(command: str, folder: Path, *lines: str, policy: str | None = None) -> Result:
    file = folder / "contacts.jsonl"
    file.write_text("\n".join(lines))
    arguments = [command, str(file)]
    if policy is not None:
        (folder / "policy.yaml").write_text(policy)
        arguments += ["--policy", str(folder / "policy.yaml")]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(answer) for answer in result.stdout.splitlines()]


def test_each_line_gets_its_team_its_path_and_why(tmp_path: Path) -> None:
    result = run("route", tmp_path, line(id="a", text=DAMAGED), line(id="b", text=LATE))
    assert result.return_value == 0, result.output
    damaged, late = answers(result)
    assert (damaged["id"], damaged["team"], damaged["path"]) == ("a", "claims", ["root", "claims"])
    assert damaged["reasons"] == ["claims: category damage"]
    assert (late["id"], late["team"], late["path"]) == ("b", "front-desk", ["root"])
    assert late["reasons"] == ["root: no branch fits"]
    assert {"level", "category", "operator", "inform", "policy"} <= damaged.keys()


def test_a_walk_of_several_nodes_names_each_and_whom_to_inform(tmp_path: Path) -> None:
    [leaked] = answers(run("route", tmp_path, line(id="a", text=LEAKED)))
    assert leaked["path"] == ["root", "critical", "critical-privacy"]
    assert leaked["reasons"] == ["critical: level 4", "critical-privacy: category privacy"]
    assert (leaked["team"], leaked["inform"]) == ("task-force", ["privacy"])


def test_each_line_gets_its_judgement_and_why(tmp_path: Path) -> None:
    result = run("score", tmp_path, line(id="a", text=DAMAGED), line(id="b", text=LEAKED))
    assert result.return_value == 0, result.output
    damaged, leaked = answers(result)
    asked = {"id", "category", "nature", "cause", "level", "confidence", "reasons"}
    assert asked <= damaged.keys()
    assert (damaged["id"], damaged["category"], damaged["level"]) == ("a", "damage", 1)
    assert (leaked["id"], leaked["category"], leaked["level"]) == ("b", "privacy", 4)
    assert all(reason["rule"] for reason in leaked["reasons"])
    assert 0 < leaked["confidence"] <= 1


def test_lines_that_cannot_be_scored_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = ("{", line(id="c"), line(id="d", text=LATE, channel="pigeon"), line(text=LATE))
    result = run("score", tmp_path, line(id="a", text=LATE), *bad, line(id="f", text=DAMAGED))
    assert result.return_value == 1
    assert [answer["id"] for answer in answers(result)] == ["a", "f"]
    named = ("line 2: line: ", "line 3: text: ", "line 4: channel: ", "line 5: id: ")
    for said, begins in zip(result.stderr.splitlines(), named, strict=False):
        assert said.startswith(begins)
    assert "4 lines could not be read" in result.stderr


def test_labels_of_people_are_not_looked_at(tmp_path: Path) -> None:
    labels = {"category": "fee", "nature": "service", "cause": "staff", "level": 4, "case": "K1"}
    [found] = answers(run("route", tmp_path, line(id="a", text=DAMAGED, lang="zh", **labels)))
    assert found["team"] == "claims"


POLICY = """
version: mine
tree:
  id: top
  team: front-desk
  routes:
    - id: again
      match: {relation: [repeat], waybill_pattern: "^SF"}
      team: senior-desk
    - {id: rest, team: billing}
"""


def test_another_policy_sees_what_dedup_found(tmp_path: Path) -> None:
    contact = {"text": LATE, "waybill": "SF1302847561029", "customer": "c1"}
    first = line(id="a", at="2026-03-02T08:00:00+08:00", **contact)
    second = line(id="b", at="2026-03-02T09:00:00+08:00", **contact)
    later, earlier = answers(run("route", tmp_path, second, first, policy=POLICY))
    assert (later["id"], later["team"], later["policy"]) == ("b", "senior-desk", "mine")
    assert later["reasons"] == ["again: relation repeat, waybill like ^SF"]
    assert (earlier["team"], earlier["reasons"]) == ("billing", ["rest: takes everything"])


@pytest.mark.parametrize("command", ["route", "dedup"])
def test_a_bad_line_is_reported_with_number_field_and_rule_and_the_rest_goes_on(
    command: str, tmp_path: Path
) -> None:
    result = run(
        command,
        tmp_path,
        line(id="a", text=LATE),
        "{",
        line(id="c", text=LATE, channel="pigeon"),
        line(id="d", text=" "),
        line(id="e", text=LATE, at="yesterday"),
        line(id="f", text=DAMAGED),
    )
    assert result.return_value == 1
    assert [answer["id"] for answer in answers(result)] == ["a", "f"]
    said = result.stderr.splitlines()
    assert said[0].startswith("line 2: not JSON")
    assert "json_invalid" in said[0]
    assert said[1].startswith("line 3: channel: ")
    assert "(enum)" in said[1]
    assert said[2].startswith("line 4: text: ")
    assert "(blank)" in said[2]
    assert said[3].startswith("line 5: at: ")
    assert "(datetime_parsing)" in said[3]


@pytest.mark.parametrize("command", ["route", "dedup"])
def test_an_id_that_comes_again_is_the_same_contact_or_an_error(
    command: str, tmp_path: Path
) -> None:
    at = "2026-03-02T08:00:00+08:00"
    once = line(id="a", at=at, text=LATE)
    result = run(command, tmp_path, once, once, line(id="a", at=at, text=DAMAGED))
    assert result.return_value == 1
    first, again = answers(result)
    assert first == again
    assert "line 3: id: " in result.stderr
    assert "(idempotency_key_reused)" in result.stderr


def test_a_policy_that_is_broken_is_refused_with_the_place(tmp_path: Path) -> None:
    result = run("route", tmp_path, line(id="a", text=LATE), policy="version: x\ntree: {id: top}")
    assert result.exception is not None
    assert "the root needs a team" in str(result.exception)


def test_help_teaches_the_lines_in_and_out() -> None:
    output = CliRunner().invoke(cli, ["route", "--help"]).output
    assert all(word in output for word in ("--policy", '"path"', "jq -r .team", "exit code is 1"))
