"""Lines in, scores out, and how far they agree with labels."""

import json
from pathlib import Path

from click.testing import CliRunner

from services.cli import evaluate, score
from services.severity.evaluation import Pair, Share, report
from services.severity.lines import BadLine, LabelledLine, read_lines
from services.severity.logic import Judge

GOOD = {"id": "a", "text": "快递没到", "lang": "zh", "channel": "app", "waybill": "SF1"}
LABELS = {"category": "delay", "cause": "unknown", "level": 1}


def lines(*rows: object) -> list[bytes]:
    return [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]


def test_bad_lines_are_named_by_number_field_and_rule() -> None:
    found = list(read_lines(lines(GOOD, b"", b"{", [], {"id": "b"}, GOOD | {"channel": "telex"})))
    bad = [(one.number, one.field, one.rule) for one in found if isinstance(one, BadLine)]
    assert bad == [
        (3, "", "json_invalid"),
        (4, "", "not_an_object"),
        (5, "text", "missing"),
        (6, "channel", "enum"),
    ]


def test_a_share_of_nothing_is_no_share() -> None:
    assert str(Share(0, 0)) == "-"
    low, high = Share(17, 17).interval()
    assert 0.8 < low < high <= 1


def test_the_report_counts_confusion_and_recall(judge: Judge) -> None:
    rows = lines(GOOD | LABELS, GOOD | LABELS | {"category": "loss", "level": 3, "lang": "en"})
    found = list(read_lines(rows, LabelledLine))
    pairs = [Pair(one, judge.judge(one.contact())) for one in found if not isinstance(one, BadLine)]
    text = "\n".join(report(pairs))
    assert "category           0.500" in text
    assert "level 3+ recall    0.000" in text
    assert "en (1)" in text


def test_score_prints_a_line_each_and_fails_for_bad_ones(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\n".join(lines(GOOD, {"id": "b"})))
    result = CliRunner().invoke(score.command, [str(file)], standalone_mode=False)
    assert result.return_value == 1
    assert json.loads(result.stdout)["category"] == "delay"
    assert "line 2: text: missing" in result.stderr


def test_evaluate_prints_its_report(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\n".join(lines(GOOD | LABELS)))
    result = CliRunner().invoke(evaluate.command, [str(file)], standalone_mode=False)
    assert result.return_value == 0
    assert "1 labelled contacts" in result.stdout
