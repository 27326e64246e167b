"""The contracts as files, and the check that they are the code's."""

import json
import shutil
from pathlib import Path

import pytest

from schemas import export
from schemas.cases import CaseState
from schemas.contacts import ContactDeduplicated
from schemas.topics import TOPICS


def test_the_files_checked_in_are_those_of_the_code() -> None:
    assert export.differences(export.contracts(), export.HERE) == []


def test_the_text_is_the_same_every_time() -> None:
    assert export.contracts() == export.contracts()


def test_writing_makes_what_checking_accepts(tmp_path: Path) -> None:
    assert export.main([], tmp_path) == 0
    assert export.main(["--check"], tmp_path) == 0


def test_checking_names_every_file_that_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(export.HERE / "jsonschema", tmp_path / "jsonschema")
    (tmp_path / "jsonschema" / "case_state.v1.json").write_text("{}\n")
    (tmp_path / "jsonschema" / "case_gone.v1.json").write_text("{}\n")
    assert export.main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert "case_state.v1.json: " in said
    assert "case_gone.v1.json: no record has this schema" in said
    assert "topics.json: missing" in said


def test_writing_removes_the_schema_of_a_record_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "jsonschema").mkdir()
    (tmp_path / "jsonschema" / "case_gone.v1.json").write_text("{}\n")
    export.main([], tmp_path)
    assert not (tmp_path / "jsonschema" / "case_gone.v1.json").exists()


def test_open_words_are_listed_but_not_enforced() -> None:
    relation = export.schema_of(ContactDeduplicated)["$defs"]["Relation"]
    assert "enum" not in relation
    assert relation["x-extensible-enum"] == ["new", "repeat", "new_fact", "second_complainant"]


def test_closed_words_are_enforced() -> None:
    assert "phone" in export.schema_of(CaseState)["$defs"]["Channel"]["enum"]


def test_every_time_must_have_an_offset() -> None:
    opened_at = export.schema_of(CaseState)["properties"]["opened_at"]
    assert opened_at["pattern"] == export.INSTANT_PATTERN


def test_every_topic_of_the_table_stands_in_the_file_with_its_schema() -> None:
    rows = json.loads((export.HERE / "topics.json").read_text())
    assert [row["topic"] for row in rows] == [topic.name for topic in TOPICS]
    assert all(row["schema"] is None or (export.HERE / row["schema"]).is_file() for row in rows)
