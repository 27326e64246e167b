"""The golden records: what every reader and writer of a topic must agree on."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas import export
from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.reading import short_reader
from schemas.record import READING, Record

EXAMPLES = export.HERE / "examples"
RECORDS = {export.name_of(record): record for record in export.records()}


def examples(kind: str) -> list[Any]:
    """All examples as parameters named ``<record>/<what it proves>``."""
    return [
        pytest.param(RECORDS[name], path, id=f"{name}/{path.stem}")
        for name in RECORDS
        for path in sorted((EXAMPLES / name).glob(f"v*/{kind}/*.json"))
    ]


@cache
def json_schema(record: type[Record]) -> Draft202012Validator:
    schema = json.loads((export.HERE / export.file_of(record)).read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def unknown_fields(written: Any, read: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Fields of ``written`` that ``read`` lost or changed, nulls aside."""
    if isinstance(written, dict) and isinstance(read, dict):
        for name, value in written.items():
            if value is not None:
                yield from unknown_fields(value, read.get(name), f"{path}.{name}")
    elif isinstance(written, list) and isinstance(read, list):
        for number, (before, after) in enumerate(zip(written, read, strict=True)):
            yield from unknown_fields(before, after, f"{path}.{number}")
    elif written != read and read != "unknown" and not is_same_instant(written, read):
        yield path, written


def is_same_instant(written: Any, read: Any) -> bool:
    try:
        return datetime.fromisoformat(written) == datetime.fromisoformat(read)
    except (TypeError, ValueError):
        return False


@pytest.mark.parametrize(("record", "path"), examples("valid"))
def test_a_valid_example_is_read_and_passes_its_json_schema(
    record: type[Record], path: Path
) -> None:
    decode(record, path.read_bytes())
    json_schema(record).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize(("record", "path"), examples("valid"))
def test_a_valid_example_is_passed_on_without_losing_anything(
    record: type[Record], path: Path
) -> None:
    passed_on = json.loads(encode(decode(record, path.read_bytes())))
    assert list(unknown_fields(json.loads(path.read_bytes()), passed_on)) == []


@pytest.mark.parametrize(("record", "path"), examples("valid"))
def test_a_valid_example_gives_the_same_bytes_on_every_hop(
    record: type[Record], path: Path
) -> None:
    first = encode(decode(record, path.read_bytes()))
    assert encode(decode(record, first)) == first
    json_schema(record).validate(json.loads(first))


@pytest.mark.parametrize(("record", "path"), examples("valid"))
def test_a_record_of_ours_is_read_the_short_way_and_read_the_same(
    record: type[Record], path: Path
) -> None:
    wire = encode(decode(record, path.read_bytes()))
    shortly = short_reader(record).validate_json(wire)
    assert (type(shortly), encode(shortly)) == (record, wire)
    assert shortly == record.model_validate(json.loads(wire), context=READING)


@pytest.mark.parametrize(("record", "path"), examples("invalid"))
def test_an_invalid_example_is_refused_for_the_reason_it_names(
    record: type[Record], path: Path
) -> None:
    example = json.loads(path.read_bytes())
    with pytest.raises(MalformedRecordError) as refused:
        decode(record, json.dumps(example["value"]).encode())
    assert {"field": refused.value.field, "rule": refused.value.rule} == example["expect"]


@pytest.mark.parametrize(("record", "path"), examples("invalid"))
def test_an_invalid_example_fails_its_json_schema_too(record: type[Record], path: Path) -> None:
    assert not json_schema(record).is_valid(json.loads(path.read_bytes())["value"])


def test_every_example_belongs_to_a_record_of_the_topic_table() -> None:
    folders = {path.name for path in EXAMPLES.iterdir()}
    assert folders == set(RECORDS)


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_an_open_word_is_read_as_unknown(record: type[Record]) -> None:
    folder = EXAMPLES / export.name_of(record) / "v1" / "valid"
    for path in folder.glob("*read-as-unknown.json"):
        assert b'"unknown"' in encode(decode(record, path.read_bytes())), path.name
