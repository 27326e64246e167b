"""Lines in, scores out, and how far they agree with labels."""

import json
from pathlib import Path

from click.testing import CliRunner

from schemas.vocabulary import Category, Cause
from services.cli import evaluate, score
from services.severity.evaluation import Pair, Share
from services.severity.lines import BadLine, LabelledLine, read_lines
from services.severity.logic import Judge
from services.severity.tables import ENOUGH, report

GOOD: dict[str, object] = {
    "id": "a",
    "text": "快递没到",
    "lang": "zh",
    "channel": "app",
    "waybill": "SF1",
}
LABELS: dict[str, object] = {"category": "delay", "cause": "unknown", "level": 1}


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


def told(judge: Judge, *rows: object) -> list[str]:
    found = list(read_lines(lines(*rows), LabelledLine))
    return report(
        [Pair(one, judge.judge(one.contact())) for one in found if not isinstance(one, BadLine)]
    )


def test_the_report_counts_confusion_and_recall(judge: Judge) -> None:
    text = "\n".join(
        told(judge, GOOD | LABELS, GOOD | LABELS | {"category": "loss", "level": 3, "lang": "en"})
    )
    assert "category           0.500" in text
    assert "level 3+ recall    0.000" in text
    assert "en (1)" in text


def test_category_cause_and_level_have_each_their_confusion_and_recalls(judge: Judge) -> None:
    wrong = {"category": "loss", "cause": "staff", "level": 3}
    text = told(judge, *[GOOD | LABELS] * 8, *[GOOD | wrong] * 2)
    for name, label in (("category", "loss"), ("cause", "staff"), ("level", "3")):
        start = text.index(f"{name}: labels down, scores across")
        table, recalls = text[start : text.index("", start)], text[text.index("", start) + 1 :]
        confused = next(row for row in table[2:] if row.split()[0] == label)
        assert [cell for cell in confused.split()[1:] if cell != "."] == ["2"]
        assert recalls[0].startswith(f"recall by {name}")
        missed = next(row for row in recalls if row.split()[:1] == [label])
        assert missed.split(maxsplit=1)[1] == "0.00 [0.00, 0.66] 0/2"


def test_a_language_with_enough_texts_has_recalls_of_its_own_and_the_others_are_named(
    judge: Judge,
) -> None:
    chinese, english = [GOOD | LABELS] * ENOUGH, [GOOD | LABELS | {"lang": "en"}] * (ENOUGH - 1)
    text = told(judge, *chinese, *english)
    start = text.index("recall by category: share, 95 % interval (Wilson), count")
    assert text[start + 1].split() == ["all", "zh"]
    assert text[start + 2].split()[0] == "delay"
    assert text[start + 2].split()[4::4] == ["59/59", "30/30"]
    assert "without recalls of their own (under 30 texts): en 29" in text


def test_the_report_is_no_wider_than_a_hundred_columns(judge: Judge) -> None:
    rows = [
        GOOD | {"category": category, "cause": cause, "level": level, "lang": lang}
        for category in Category
        for cause in Cause
        for level in (1, 2, 3, 4)
        for lang in ("zh", "en", "mixed", "zh-Hant")
    ]
    assert max(map(len, told(judge, *rows))) <= 100


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
