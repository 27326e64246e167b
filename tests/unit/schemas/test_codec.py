"""Records to bytes and back, for every record the strategies can think of."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import export
from schemas.codec import MAX_VALUE_BYTES, decode, encode
from schemas.contacts import MAX_TEXT, ContactReceived, Facts
from schemas.errors import MalformedRecordError
from schemas.personal import Personal
from schemas.record import Reason
from schemas.vocabulary import Channel
from tests.support.builders import sealed

SECRET = "13800138000"
AT = datetime(2026, 3, 2, 8, 15, tzinfo=timezone(timedelta(hours=8)))


def contact(**changes: Any) -> ContactReceived:
    fields: dict[str, Any] = {
        "tenant": "t",
        "contact_id": "c1",
        "received_at": AT,
        "accepted_at": AT,
        "channel": Channel.APP,
        "text": "快递呢",
        "tracking": "AAAAA",
    }
    return ContactReceived(**(fields | changes))


def raw(**changes: Any) -> bytes:
    return json.dumps(json.loads(encode(contact())) | changes).encode()


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_bytes_whatsoever_crash_the_decoder(value: bytes) -> None:
    with pytest.raises(MalformedRecordError):
        decode(ContactReceived, value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_no_json_in_any_field_crashes_the_decoder(value: object) -> None:
    for name in ContactReceived.model_fields:
        with suppress(MalformedRecordError):
            decode(ContactReceived, raw(**{name: value}))


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (None, "missing_value"),
        (b"", "json_invalid"),
        (b"{", "json_invalid"),
        (b"\xff\xfe", "json_invalid"),
        (b'{"tenant":"\\ud800"}', "json_invalid"),
        (b'{"a":' * 5000, "json_invalid"),
        (raw(facts={"declared_value_cny": float("nan")}), "json_invalid"),
        (b"[]", "model_type"),
        (b"null", "model_type"),
        (b" " * (MAX_VALUE_BYTES + 1), "value_too_long"),
    ],
    ids=str,
)
def test_what_is_no_record_at_all_is_named(value: bytes | None, rule: str) -> None:
    with pytest.raises(MalformedRecordError) as refused:
        decode(ContactReceived, value)
    assert (refused.value.field, refused.value.rule) == ("", rule)


def test_a_text_of_the_greatest_length_is_read_and_one_more_is_refused() -> None:
    longest = encode(contact(text="𠮷" * MAX_TEXT))
    assert decode(ContactReceived, longest).text == "𠮷" * MAX_TEXT
    with pytest.raises(MalformedRecordError) as refused:
        decode(ContactReceived, raw(text="字" * (MAX_TEXT + 1)))
    assert (refused.value.field, refused.value.rule) == ("text", "string_too_long")


def test_the_longest_legal_contact_fits_however_its_producer_escapes_it() -> None:
    length = {"waybill": 64, "goods": 200, "remedy_sought": 400, "language": 10}
    length |= dict.fromkeys(("origin", "destination", "hub", "operator"), 80)
    facts = Facts.model_validate({name: "𠮷" * n for name, n in length.items()})
    person = Personal(name="𠮷" * 80, address="𠮷" * 400, customer="𠮷" * 80)
    record = contact(text="𠮷" * MAX_TEXT, facts=facts, personal=sealed(person))
    escaped = json.dumps(json.loads(encode(record)), ensure_ascii=True).encode()
    assert decode(ContactReceived, escaped) == record


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_an_instant_outside_the_calendar_is_poison_and_no_crash(year: str) -> None:
    with pytest.raises(MalformedRecordError) as refused:
        decode(ContactReceived, raw(received_at=year))
    assert (refused.value.field, refused.value.rule) == ("received_at", "datetime_range")


def test_an_instant_is_held_in_utc_whatever_offset_it_was_written_with() -> None:
    assert contact().received_at == AT
    assert contact().received_at.tzinfo is UTC
    assert b'"received_at":"2026-03-02T00:15:00Z"' in encode(contact())


def test_an_unknown_field_is_refused_where_a_record_is_made() -> None:
    with pytest.raises(ValueError, match="unknown field future_sentiment"):
        contact(future_sentiment=1)
    with pytest.raises(ValueError, match="unknown field future_grams"):
        contact(facts={"future_grams": 1})


def test_an_unknown_field_is_carried_along_where_a_record_is_read() -> None:
    read = decode(ContactReceived, raw(future_sentiment={"score": 1, "why": None}))
    assert json.loads(encode(read))["future_sentiment"] == {"score": 1, "why": None}


def test_an_unknown_open_word_is_refused_where_a_record_is_made() -> None:
    folder = export.HERE / "examples" / "contact_deduplicated" / "v1" / "valid"
    value = json.loads((folder / "first-contact-opens-its-case.json").read_bytes())
    kind = next(k for k in export.records() if k.__name__ == "ContactDeduplicated")
    with pytest.raises(ValueError, match="relation"):
        kind.model_validate(value | {"relation": "word_of_the_future"})


def test_a_number_that_json_cannot_say_is_refused_where_a_record_is_made() -> None:
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            Reason(rule="r", weight=number)


SECRET_PLACES = st.recursive(
    st.just(SECRET), lambda inner: st.lists(inner, min_size=1) | st.fixed_dictionaries({"x": inner})
)


@given(SECRET_PLACES, st.sampled_from([*ContactReceived.model_fields]))
def test_an_error_never_quotes_the_value(secret: object, name: str) -> None:
    said = ""
    try:
        decode(ContactReceived, raw(**{name: secret}))
    except MalformedRecordError as refused:
        said = f"{refused} {refused!r} {refused.__cause__!r}"
    assert SECRET not in said


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": SECRET},
        {"received_at": SECRET},
        {"tenant": f"{SECRET}|"},
        {"contact_id": f"{SECRET} "},
        {"facts": {"role": SECRET, "waybill": SECRET * 10, "declared_value_cny": SECRET}},
        {"personal": {"data": SECRET * 1000}},
        {"v": SECRET},
    ],
    ids=str,
)
def test_an_error_of_a_made_record_never_quotes_the_value(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  the message is what is asserted
        ContactReceived.model_validate(json.loads(raw()) | changes)
    assert SECRET not in str(refused.value)


def test_the_text_of_a_contact_does_not_show_in_its_repr() -> None:
    assert SECRET not in repr(contact(text=SECRET))
