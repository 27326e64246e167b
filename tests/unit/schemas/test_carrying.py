"""What carries a record whole: the same bytes as encoding it, and nothing lost of what came."""

import json
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas.carrying import MAX_CARRIED_BYTES, Envelope, Extract, read_extract
from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated
from schemas.errors import MalformedRecordError
from schemas.record import Record
from schemas.routes import ContactRouted
from schemas.scores import ContactScored
from services.routing.extract import SeenScored
from services.severity.extract import SeenDeduplicated
from tests.support.builders import a_contact, a_deduplicated, a_routed

DEDUPLICATED = a_deduplicated(a_contact(text='花瓶"碎了" ,"score":{', goods="花瓶"))
ROUTED = a_routed(DEDUPLICATED)


@pytest.mark.parametrize(
    ("record", "carried"), [(ROUTED.scored, "deduplicated"), (ROUTED, "scored")]
)
def test_around_the_bytes_is_the_same_as_encoding_it_all(record: Record, carried: str) -> None:
    values = {name: getattr(record, name) for name in type(record).model_fields}
    inner = encode(values.pop(carried))
    assert Envelope(type(record), carried).around(inner, values) == encode(record)
    values.pop("v")
    assert Envelope(type(record), carried).around(inner, values) == encode(record)


def test_what_is_as_it_should_be_is_carried_as_it_stands() -> None:
    raw = json.dumps(json.loads(encode(DEDUPLICATED)) | {"newer": [1, {"a": "b"}]}).encode()
    seen, whole = read_extract(SeenDeduplicated, raw)
    assert whole == raw
    assert (seen.case_id, seen.contact.text) == (DEDUPLICATED.case_id, DEDUPLICATED.contact.text)


def test_what_is_out_of_the_ordinary_is_written_anew() -> None:
    content = json.loads(encode(DEDUPLICATED))
    content["contact"]["facts"]["hub"] = None
    content["reasons"] = None
    raw = json.dumps(content).encode()
    seen, whole = read_extract(SeenDeduplicated, raw)
    assert whole == encode(decode(ContactDeduplicated, raw))
    assert seen.contact.facts.goods == "花瓶"


def test_a_word_of_a_newer_version_is_read_as_unknown() -> None:
    content = json.loads(encode(ROUTED.scored))
    content["score"]["category"] = "weather"
    seen, whole = read_extract(SeenScored, json.dumps(content).encode())
    assert seen.score.category == "unknown"
    assert decode(ContactScored, whole).score.category == "unknown"


def test_a_long_value_is_written_anew_so_that_the_next_reader_takes_it() -> None:
    long = a_deduplicated(a_contact(text="快" * 20_000))
    padded = json.dumps(json.loads(encode(long)), indent=1).encode() + b" " * MAX_CARRIED_BYTES
    assert read_extract(SeenDeduplicated, padded).whole == encode(long)


@pytest.mark.parametrize("raw", [None, b"", b"[]", b'{"tenant":"default"}', b"{" * 300_000])
def test_what_cannot_be_read_is_told_as_ever(raw: bytes | None) -> None:
    with pytest.raises(MalformedRecordError) as whole:
        decode(ContactDeduplicated, raw)
    with pytest.raises(MalformedRecordError) as extract:
        read_extract(SeenDeduplicated, raw)
    assert str(extract.value) == str(whole.value)


@pytest.mark.parametrize(
    ("extract", "kind"), [(SeenDeduplicated, ContactDeduplicated), (SeenScored, ContactScored)]
)
def test_an_extract_has_the_rules_of_its_record(extract: type[Extract], kind: type[Record]) -> None:
    _same_rules(extract, kind)


def _same_rules(extract: type[BaseModel], kind: Any) -> None:
    for name, field in extract.model_fields.items():
        theirs = kind.model_fields[name]
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, Extract):
            _same_rules(nested, theirs.annotation)
            continue
        assert _told(field) == _told(theirs), name


def _told(field: FieldInfo) -> list[str]:
    """Return type and rules of a field without the addresses of what is made anew each time."""
    told = [field.annotation, *field.metadata, field.is_required()]
    return [repr(one).partition(" at 0x")[0] for one in told]


def test_a_routed_record_made_of_carried_bytes_reads_back_equal() -> None:
    values: dict[str, Any] = {"tenant": ROUTED.tenant, "case_id": ROUTED.case_id}
    values |= {"destination": ROUTED.destination, "routed_at": ROUTED.routed_at}
    made = Envelope(ContactRouted, "scored").around(encode(ROUTED.scored), values)
    assert decode(ContactRouted, made) == ROUTED
