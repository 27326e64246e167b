"""Handing in contacts: what is taken, what is refused, and how that is said."""

import json
from typing import Any

import pytest

from schemas.codec import decode
from schemas.contacts import MAX_TEXT, ContactReceived
from services.api.forms import MAX_BODY_BYTES
from services.domain import identity
from tests.support.api_desk import Desk
from tests.support.builders import KEYS, NOON, VAULT

PHONE = "13800138000"


def record_of(desk: Desk) -> ContactReceived:
    return decode(ContactReceived, desk.pipeline.published[-1].value)


def test_a_contact_is_accepted_with_its_id_and_tracking_code(desk: Desk) -> None:
    answer = desk.send(id="a1")
    assert answer.status_code == 202
    contact_id = identity.contact_id_of(KEYS, "default", "a1")
    tracking = identity.tracking_code(KEYS, "default", contact_id)
    assert answer.json() == {"contact_id": contact_id, "tracking": tracking}


def test_a_contact_is_only_accepted_when_kafka_has_it(desk: Desk) -> None:
    desk.pipeline.kafka_is_away = True
    answer = desk.send(id="a1")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["rule"] == "kafka_away"


def test_the_same_key_gives_the_same_contact_in_header_or_body(desk: Desk) -> None:
    in_body = desk.send(id="a1").json()
    assert desk.send(id="a1").json() == in_body
    assert desk.send(headers={"Idempotency-Key": "a1"}).json() == in_body


def test_without_a_key_every_request_is_a_contact_of_its_own(desk: Desk) -> None:
    assert desk.send().json() != desk.send().json()


def test_two_different_keys_are_refused(desk: Desk) -> None:
    answer = desk.send(headers={"Idempotency-Key": "a1"}, id="a2")
    assert (answer.status_code, answer.json()["field"]) == (422, "id")


def test_the_record_holds_the_person_once_and_sealed(desk: Desk) -> None:
    desk.send(
        id="a1", customer="cust-1", name="钟婆婆", phone=PHONE, at="2026-03-01T08:00:00+08:00"
    )
    record = record_of(desk)
    assert record.personal is not None
    assert VAULT.open(record.tenant, record.personal).phone == PHONE
    assert record.person == identity.person_index(KEYS, "default", "cust-1")
    assert record.received_at.isoformat() == "2026-03-01T00:00:00+00:00"
    assert record.accepted_at == NOON
    published = desk.pipeline.published[-1]
    assert PHONE.encode() not in (published.value or b"") + (published.key or b"")


def test_an_anonymous_contact_has_no_personal_part(desk: Desk) -> None:
    desk.send()
    assert (record_of(desk).person, record_of(desk).personal) == (None, None)


def test_the_tenant_comes_from_the_header(desk: Desk) -> None:
    desk.send(headers={"X-Tenant": "north"}, id="a1")
    assert record_of(desk).tenant == "north"
    assert (desk.pipeline.published[-1].key or b"").startswith(b"north|")
    answer = desk.send(headers={"X-Tenant": "North|x"})
    assert (answer.status_code, answer.json()["field"]) == (422, "X-Tenant")


@pytest.mark.parametrize(
    ("form", "field", "rule"),
    [
        ({"channel": "fax"}, "channel", "enum"),
        ({"channel": None}, "channel", "enum"),
        ({"text": ""}, "text", "string_too_short"),
        ({"text": " \n "}, "text", "blank"),
        ({"text": "长" * (MAX_TEXT + 1)}, "text", "string_too_long"),
        ({"text": 5}, "text", "string_type"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"at": "2026-03-02T12:05:01Z"}, "at", "in_future"),
        ({"at": "1999-12-31T00:00:00Z"}, "at", "too_early"),
        ({"at": "0001-01-01T00:00:00+08:00"}, "at", "datetime_range"),
        ({"at": "2026-03-02T12:00:00"}, "at", "timezone_aware"),
        ({"at": 1772452800}, "at", "datetime_parsing"),
        ({"declared_value_cny": "12"}, "declared_value_cny", "float_type"),
        ({"declared_value_cny": -1}, "declared_value_cny", "greater_than_equal"),
        ({"prior_contacts": True}, "prior_contacts", "int_type"),
        ({"email": "nobody"}, "email", "string_pattern_mismatch"),
        ({"id": "x" * 201}, "id", "string_too_long"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_field_and_rule(
    desk: Desk, form: dict[str, Any], field: str, rule: str
) -> None:
    answer = desk.send(**form)
    problem = answer.json()
    assert (answer.status_code, problem["field"], problem["rule"]) == (422, field, rule)
    assert problem["error"] == "invalid"
    assert desk.pipeline.published == []


def test_an_unknown_channel_is_told_which_ones_there_are(desk: Desk) -> None:
    message = desk.send(channel="fax").json()["message"]
    assert "'phone'" in message
    assert "'regulator'" in message


@pytest.mark.parametrize(
    "form",
    [{"phone": PHONE * 5}, {"customer": PHONE * 10}, {"email": PHONE}, {"at": PHONE}],
    ids=lambda form: next(iter(form)),
)
def test_a_refusal_never_quotes_the_value(desk: Desk, form: dict[str, Any]) -> None:
    answer = desk.send(**form)
    assert answer.status_code == 422
    assert PHONE not in answer.text


def test_a_time_a_little_in_the_future_is_taken(desk: Desk) -> None:
    assert desk.send(at="2026-03-02T12:04:59Z").status_code == 202


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'{"text":"\\ud80"}'])
def test_broken_json_is_a_bad_request(desk: Desk, body: bytes) -> None:
    answer = desk.client.post(
        "/v1/contacts", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["rule"]) == (400, "json_invalid")


def test_a_number_that_is_none_is_refused(desk: Desk) -> None:
    body = b'{"channel": "app", "text": "late", "declared_value_cny": NaN}'
    answer = desk.client.post(
        "/v1/contacts", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "declared_value_cny")


def test_what_is_not_declared_as_json_is_not_read(desk: Desk) -> None:
    answer = desk.client.post("/v1/contacts", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_body_that_is_too_long_is_refused_before_it_is_parsed(
    desk: Desk, is_chunked: bool
) -> None:
    body = json.dumps({"channel": "app", "text": "x" * MAX_BODY_BYTES}).encode()
    pieces = iter([body[:70_000], body[70_000:]])
    answer = desk.client.post(
        "/v1/contacts",
        content=pieces if is_chunked else body,
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["rule"]) == (413, "body_size")


LONGEST = {
    name: "😀" * length
    for name, length in {
        "id": 200, "waybill": 64, "goods": 200, "remedy_sought": 400, "language": 10,
        "origin": 80, "destination": 80, "hub": 80, "operator": 80, "customer": 80,
        "name": 80, "phone": 40, "address": 400,
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("character", ["x", "长", "😀", "\x01"])
@pytest.mark.parametrize("escaped", [True, False])
def test_the_longest_legal_form_is_taken_however_it_is_escaped(
    desk: Desk, character: str, escaped: bool
) -> None:
    email = "😀" * 99 + "@" + "😀" * 100
    form = {"channel": "app", "text": character * MAX_TEXT, "email": email} | LONGEST
    body = json.dumps(form, ensure_ascii=escaped).encode()
    answer = desk.client.post(
        "/v1/contacts", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 202


def test_unknown_paths_and_methods_answer_in_the_same_form(desk: Desk) -> None:
    missing, wrong = desk.client.get("/v1/nothing"), desk.client.get("/v1/contacts")
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "method_not_allowed")


def test_the_description_of_the_api_can_be_made(desk: Desk) -> None:
    paths = desk.client.get("/openapi.json").json()["paths"]
    body = paths["/v1/contacts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["required"]) == {"channel", "text"}
    assert body["additionalProperties"] is False


def test_requests_are_counted_by_route_and_never_by_person(desk: Desk) -> None:
    answer = desk.send(id="a1", customer="cust-77")
    desk.track(answer)
    text = desk.client.get("/metrics").text
    counted = 'requests_total{method="POST",route="/v1/contacts",status="202"} 1.0'
    assert f"complaints_api_{counted}" in text
    assert answer.json()["tracking"] not in text
    assert "cust-77" not in text
