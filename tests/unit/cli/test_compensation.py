"""``complaints compensation`` over a file."""

import json

from click.testing import CliRunner

from services.cli.compensation import command

GOOD = '{"id": "k1", "harm": "damaged", "value": 60000, "insured": 50000, "share": 0.4}'


def run(text: str, *options: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(command, ["-", *options], input=text, standalone_mode=False)


def test_each_line_has_its_guidance() -> None:
    answer = json.loads(run(GOOD).stdout)
    assert (answer["id"], answer["branch"], answer["least"]) == ("k1", "insured", 20_000)
    assert all(step["zh"] and step["en"] for step in answer["steps"])


def test_a_line_that_cannot_be_read_is_named_and_the_others_go_on() -> None:
    result = run(f'{{"id": "x", "harm": "eaten"}}\n{GOOD}')
    assert result.return_value == 1
    assert "line 1: harm" in result.stderr
    assert json.loads(result.stdout)["id"] == "k1"


def test_people_read_sentences() -> None:
    assert "k1  insured  200.00 CNY" in run(GOOD, "--lang", "zh").stdout
    assert "  ? value" in run('{"id":"x","harm":"lost"}', "--lang", "en").stdout
