"""Measures of how well decided cases agree with labelled ones."""

import json
from pathlib import Path

import pytest

from services.cli.__main__ import cli
from services.dedup.evaluation import (
    Judged,
    b_cubed,
    false_pairs,
    incidents,
    lost_pairs,
    merged_matters,
    report,
)


def judged(name: str, case: str, given: str, incident: str = "", found: str = "") -> Judged:
    return Judged(name, case, "repeat", incident or None, given, "repeat", found or None)


STREAM = [
    judged("a", "A", "1", "fire", "a"),
    judged("b", "A", "1", "fire", "a"),
    judged("c", "A", "2", "fire"),
    judged("d", "B", "2"),
    judged("e", "C", "3", found="e"),
]


def test_b_cubed_is_as_computed_by_hand() -> None:
    # precision: a 2/2, b 2/2, c 1/2, d 1/2, e 1; recall: a 2/3, b 2/3, c 1/3, d 1, e 1
    cubed = b_cubed(STREAM)
    assert cubed.precision == pytest.approx(4 / 5)
    assert cubed.recall == pytest.approx((5 / 3 + 2) / 5)
    assert cubed.f1 == pytest.approx(2 * 0.8 * (11 / 15) / (0.8 + 11 / 15))
    assert b_cubed([]).f1 == 1


def test_false_and_lost_pairs_are_named() -> None:
    assert [(a.id, b.id) for a, b in false_pairs(STREAM)] == [("c", "d")]
    assert [(a.id, b.id) for a, b in lost_pairs(STREAM)] == [("a", "c"), ("b", "c")]
    assert merged_matters(STREAM) == [("A", "B")]


def test_incidents_are_found_by_most_of_their_contacts_and_invented_ones_counted() -> None:
    [fire], invented = incidents(STREAM)
    assert (fire.given, fire.precision) == ("a", 1.0)
    assert fire.recall == pytest.approx(2 / 3)
    assert fire.is_found
    assert invented == ["e"]


def test_a_report_lists_pairs_on_demand() -> None:
    assert "  false c d  (A, B)" in report(STREAM, with_pairs=True)
    assert not any("false c d" in line for line in report(STREAM))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(list(arguments), standalone_mode=False)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_the_command_knows_a_stream_by_its_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"id": "a", "channel": "web", "text": "电饭煲没到", "customer": "c", "waybill": None}
    line |= {"case": "A", "relation": "new", "incident": None, "at": "2026-03-02T08:00:00+08:00"}
    again = line | {"id": "b", "relation": "repeat"}
    stream = tmp_path / "stream.jsonl"
    stream.write_text("\n".join(json.dumps(one) for one in (line, again, {"id": "x"})))
    code, out, err = run(capsys, "evaluate", str(stream), "--pairs")
    assert code == 1
    assert "line 3" in err
    assert "2 labelled contacts, 1 cases; decided: 1 cases" in out
    assert "relations right 2/2" in out


def test_a_stream_with_a_word_that_is_no_relation_names_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"id": "a", "channel": "web", "text": "没到", "case": "A", "relation": "first"}
    stream = tmp_path / "stream.jsonl"
    stream.write_text(json.dumps(line))
    code, _, err = run(capsys, "evaluate", str(stream))
    assert (code, "line 1: relation" in err) == (1, True)
