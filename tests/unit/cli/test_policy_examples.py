"""Examples beside a policy: tried, and refused where they are none."""

from pathlib import Path

import pytest

from services.cli.policies.kinds import BY_NAME
from services.cli.policies.trying import TRIED, examples_file, try_examples
from tests.unit.cli.test_policies import ROUTING, changed, run


@pytest.mark.parametrize("name", TRIED)
def test_the_examples_beside_a_policy_hold(name: str) -> None:
    kind = BY_NAME[name]
    ended = list(try_examples(kind.shipped, kind, examples_file(kind.shipped)))
    assert len(ended) >= 12
    assert [one for one in ended if one.problems] == []


def test_an_example_that_does_not_hold_says_what_was_expected(tmp_path: Path) -> None:
    result = run("test", "--policy", str(changed(tmp_path, ("team: claims", "team: billing"))))
    assert result.return_value == 1
    assert "expect.team: expected claims, got billing" in result.stdout
    assert f"{examples_file(ROUTING.shipped)}: tests.9 (what is lost" in result.stdout
    assert result.stdout.splitlines()[-1] == "16 examples, 4 failed"


def test_examples_for_severity_name_level_and_category(tmp_path: Path) -> None:
    examples = tmp_path / "mine.tests.yaml"
    examples.write_text(
        "tests:\n  - name: broken\n    given: {text: 杯子碎了, channel: app}\n"
        "    expect: {category: damage}\n"
    )
    severity = BY_NAME["severity"]
    assert [one.problems for one in try_examples(severity.shipped, severity, examples)] == [()]


def test_a_contact_that_cannot_be_read_fails_its_example(tmp_path: Path) -> None:
    examples = tmp_path / "mine.tests.yaml"
    examples.write_text(
        "tests:\n  - name: no such channel\n    given: {text: x, channel: pigeon}\n"
        "    expect: {team: claims}\n"
    )
    result = run("test", "--kind", "routing", "--examples", str(examples))
    assert result.return_value == 1
    assert "channel" in result.stdout


GIVEN = "given: {text: 杯子碎了, channel: app}"


@pytest.mark.parametrize(
    ("kind", "body", "problem"),
    [
        ("levels", f"{GIVEN}\n    expect: {{levle: 1}}", "expect.levle: no such word; there are "),
        (
            "levels",
            "given: {text: 杯子,碎了, channel: app}\n    expect: {level: 1}",
            "given.碎了: no value; a text with a comma in it needs quotes",
        ),
        (
            "incidents",
            "given: {contacts: [text]}\n    expect: {incident: [1]}",
            "given.contacts.1: a contact has fields",
        ),
        (
            "teams",
            "given: {contacts: [{text: x, channel: app}], hours: 3}\n    expect: {team: [x]}",
            "given.hours: beside contacts: loads, teams",
        ),
        (
            "teams",
            "given: {text: x, channel: app, loads: {clerk-201: -1}}\n    expect: {team: x}",
            "given.loads.clerk-201: Input should be greater than or equal to 0",
        ),
        ("merging", f"{GIVEN}\n    expect: {{level: 1}}", "expect.level: no such word"),
    ],
)
def test_what_is_no_example_is_refused_with_file_example_and_field(
    tmp_path: Path, kind: str, body: str, problem: str
) -> None:
    examples = tmp_path / "mine.tests.yaml"
    examples.write_text(f"tests:\n  - name: broken\n    {body}\n", encoding="utf-8")
    result = run("test", "--kind", kind, "--examples", str(examples))
    assert f"{examples}: tests.1 (broken): {problem}" in str(result.exception)


@pytest.mark.parametrize(
    ("kind", "given", "word", "problem"),
    [
        (
            "teams",
            "{text: x, channel: app, teams: {claim: {capacity: 1}}}",
            "team",
            "given.teams.claim: there is no such team",
        ),
        (
            "teams",
            "{text: x, channel: app, teams: {claims: {capacity: 0}}}",
            "team",
            "given.teams.claims.capacity: ",
        ),
        (
            "teams",
            "{text: x, channel: app, teams: {claims: {calendar: gb-office}}}",
            "team",
            "given.teams.claims.calendar: there is no calendar 'gb-office'",
        ),
        (
            "levels",
            "{text: x, channel: app, score: {level: 5}}",
            "level",
            "given.score.level: ",
        ),
        (
            "levels",
            "{text: x, channel: app, incident_level: 5}",
            "level",
            "given.incident_level: ",
        ),
        (
            "merging",
            "{contacts: [{text: x, channel: app}], acts: [{case: 1, kind: merge, other: 2}]}",
            "refusal",
            "given.acts.1.other: there is no case 2",
        ),
        (
            "merging",
            "{contacts: [{text: x, channel: app}], acts: [{case: 1, kind: murge}]}",
            "refusal",
            "given.acts.1.kind: ",
        ),
    ],
)
def test_an_example_that_gives_what_cannot_be_fails_by_that_field(
    tmp_path: Path, kind: str, given: str, word: str, problem: str
) -> None:
    examples = tmp_path / "mine.tests.yaml"
    examples.write_text(
        f"tests:\n  - name: odd\n    given: {given}\n    expect: {{{word}: x}}\n", encoding="utf-8"
    )
    result = run("test", "--kind", kind, "--examples", str(examples))
    assert result.return_value == 1
    assert f"{examples}: tests.1 (odd)" in result.stdout
    assert problem in result.stdout


def test_a_policy_that_decides_about_no_contact_has_no_examples() -> None:
    result = run("test", "--policy", str(BY_NAME["approval"].shipped))
    assert result.return_value == 0
    assert (
        "approval      decides about no contact by itself: no examples are tried" in result.stdout
    )
