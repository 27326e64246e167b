"""Every way of saying no has one form and quotes nothing that was sent; and what a client does is
no mistake of ours, which would be counted as one and alarm somebody."""

import asyncio
from typing import Any

import pytest

from tests.support.api_desk import Desk

PHONE = "13800138000"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"/v1/cases/C1?limit={PHONE}x", "limit"),
        (f"/v1/cases/C1/clocks?lang={PHONE}", "lang"),
        (f"/v1/cases/C1/guidance?share={PHONE}", "share"),
        (f"/v1/notices/failures?limit={PHONE}x", "limit"),
        (f"/v1/incidents?limit={PHONE}x", "limit"),
    ],
)
def test_a_parameter_is_refused_by_field_and_rule_and_not_quoted(
    desk: Desk, path: str, field: str
) -> None:
    answer = desk.client.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["error"], problem["field"]) == (422, "invalid", field)
    assert problem["rule"]
    assert PHONE not in answer.text


def test_a_number_that_the_database_cannot_hold_is_refused(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    for number, status in ((2**63 - 1, 200), (2**63, 422)):
        answer = desk.client.get(f"/v1/cases/{case_id}", params={"after_seq": number})
        assert answer.status_code == status


def test_a_form_with_more_fields_than_any_of_ours_is_refused(desk: Desk) -> None:
    code = desk.send(id="a1").json()["tracking"]
    body = "&".join(f"field{n}=x" for n in range(11))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in (f"/track/{code}", f"/track/{code}/preferences", "/o/anything"):
        assert desk.client.post(path, content=body, headers=headers).status_code == 400, path


def test_a_sender_that_goes_away_before_the_end_of_a_body_is_counted_as_the_senders(
    desk: Desk,
) -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "server": ("localhost", 80),
        "root_path": "",
        "path": "/v1/contacts",
        "raw_path": b"/v1/contacts",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    }
    beginning = {"type": "http.request", "body": b'{"channel": ', "more_body": True}
    messages: list[dict[str, Any]] = [beginning, {"type": "http.disconnect"}]
    heard = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(heard)

    async def send(message: Any) -> None:
        pass

    asyncio.run(desk.app(scope, receive, send))
    counted = desk.client.get("/metrics").text
    assert 'route="/v1/contacts",status="400"' in counted
    assert 'status="500"' not in counted
    assert desk.pipeline.published == []
