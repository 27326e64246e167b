"""Lines of a file as requests."""

import json
from typing import Any

from services.cli.sending.lines import LABELS, BadLine, Sendable, sendables


def sent(*lines: str | bytes) -> list[dict[str, Any] | BadLine]:
    raw = (line if isinstance(line, bytes) else line.encode() for line in lines)
    return [
        json.loads(line.body) if isinstance(line, Sendable) else line for line in sendables(raw)
    ]


def test_labels_and_nulls_are_left_out_and_lang_is_sent_as_language() -> None:
    labels = dict.fromkeys(LABELS, "x")
    line = json.dumps({"id": "a", "text": "t", "lang": "zh", "waybill": None} | labels)
    assert sent(line) == [{"id": "a", "text": "t", "language": "zh"}]


def test_a_line_without_an_id_gets_the_same_one_every_time() -> None:
    first = sent('{"text": "a"}', '{"text": "b"}')
    assert sent('{"text": "a"}', '{"text": "b"}') == first
    assert len({form["id"] for form in first if isinstance(form, dict)}) == 2


def test_equal_lines_without_an_id_stay_two_contacts() -> None:
    first, second = sent('{"text": "a"}\n', '{"text": "a"}')
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["id"] != second["id"]


def test_bad_lines_keep_their_numbers_and_the_others_go_on() -> None:
    bad = sent("\ufeff" + '{"id": "a"}', "", "{", b"\xff", "[1]", '{"id": "b"}')
    assert bad == [
        {"id": "a"},
        BadLine(3, "", "json_invalid", "not JSON at column 2"),
        BadLine(4, "", "utf8", "not UTF-8"),
        BadLine(5, "", "object", "not a JSON object"),
        {"id": "b"},
    ]


def test_half_a_character_is_a_bad_line_that_names_its_field() -> None:
    bad, good = sent(r'{"id": "a", "text": "\ud83d half"}', r'{"id": "b", "text": "\ud83d\ude00"}')
    assert isinstance(bad, BadLine)
    assert (bad.number, bad.field, bad.rule) == (1, "text", "unicode")
    assert good == {"id": "b", "text": "\U0001f600"}


def test_a_report_names_line_field_and_rule() -> None:
    assert str(BadLine(7, "text", "blank", "only blanks")) == "line 7: text: only blanks (blank)"
