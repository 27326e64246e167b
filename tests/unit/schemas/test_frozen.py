"""Within v1 changes only add (ADR 0006): today's records beside those that are in use.

``frozen/`` holds the JSON Schemas as they went out. Nobody mends a failure here by freezing
anew: it says that records which exist cannot be read any more, or mean something else. A copy is
made when fields were added and went out: ``cp schemas/jsonschema/*.json
tests/unit/schemas/frozen/``.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from schemas import export
from schemas.cases import CaseState
from tests.support.only_adds import Schema, breaches

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.json"))
TODAY = export.contracts()
STATE = export.schema_of(CaseState)


@pytest.mark.parametrize("file", FROZEN, ids=lambda file: file.stem)
def test_what_a_record_promised_it_still_keeps(file: Path) -> None:
    today = TODAY.get(f"jsonschema/{file.name}")
    assert today is not None, "the record is gone, and may still stand in topics"
    assert breaches(json.loads(file.read_text("utf-8")), json.loads(today)) == []


def test_records_that_went_out_are_frozen() -> None:
    assert len(FROZEN) >= 16


def fields(schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"]
    return found


def no_team(schema: Schema) -> None:
    del fields(schema)["team"]


def a_field_that_must_be_there(schema: Schema) -> None:
    fields(schema)["mood"] = {"type": "string"}
    schema["required"].append("mood")


def a_field_that_may_be_left_out(schema: Schema) -> None:
    schema["required"].remove("opened_at")


def a_word_less(schema: Schema) -> None:
    schema["$defs"]["CaseStatus"]["x-extensible-enum"].remove("waiting")


def a_channel_less(schema: Schema) -> None:
    schema["$defs"]["Channel"]["enum"].remove("letter")


def words_that_close(schema: Schema) -> None:
    status = schema["$defs"]["CaseStatus"]
    status["enum"] = status.pop("x-extensible-enum")


def another_type(schema: Schema) -> None:
    fields(schema)["contacts"]["type"] = "string"


def a_lower_limit(schema: Schema) -> None:
    fields(schema)["level"]["maximum"] = 3


def another_default(schema: Schema) -> None:
    fields(schema)["reopened"]["default"] = 1


def fields_that_are_refused(schema: Schema) -> None:
    schema["additionalProperties"] = False


def null_where_there_was_always_something(schema: Schema) -> None:
    fields(schema)["opened_at"] = {"anyOf": [fields(schema)["opened_at"], {"type": "null"}]}


def a_keyword_of_another_kind(schema: Schema) -> None:
    fields(schema)["contacts"]["multipleOf"] = 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (no_team, ".team: is gone"),
        (a_field_that_must_be_there, ".mood: is required now"),
        (a_field_that_may_be_left_out, ".opened_at: may be left out now"),
        (a_word_less, ".status: the word 'waiting' is gone"),
        (a_channel_less, "the word 'letter' is gone"),
        (words_that_close, ".status: other words are refused now"),
        (another_type, ".contacts: type was 'integer', is 'string'"),
        (a_lower_limit, ".level: maximum fell to 3"),
        (another_default, ".reopened: default was 0, is 1"),
        (fields_that_are_refused, ".*: was True, is False"),
        (null_where_there_was_always_something, ".opened_at: may be null now"),
        (a_keyword_of_another_kind, ".contacts: nobody compares 'multipleOf'"),
    ],
)
def test_a_change_that_breaks_a_promise_is_named(
    change: Callable[[Schema], None], said: str
) -> None:
    changed = deepcopy(STATE)
    change(changed)
    assert any(said in line for line in breaches(STATE, changed)), breaches(STATE, changed)


def test_what_only_adds_breaks_nothing() -> None:
    more = deepcopy(STATE)
    fields(more)["mood"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    more["$defs"]["CaseStatus"]["x-extensible-enum"].append("escalated")
    more["$defs"]["Channel"]["enum"].append("telepathy")
    more["$defs"]["Sealed"] = {"enum": ["null", "aes-256-siv"], "type": "string"}
    fields(more)["cipher"] = {"$ref": "#/$defs/Sealed"}
    fields(more)["level"]["maximum"] = 5
    fields(more)["level"]["description"] = "Said better."
    once = deepcopy(STATE)
    fields(once)["cipher"] = {"const": "null", "type": "string"}
    assert breaches(once, more) == []
