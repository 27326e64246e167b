"""What a person says of notices in doubt, and what each network sees of those that failed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.domain.send_store import Claim, Outcome, Result
from tests.support.api_desk import Desk
from tests.support.builders import NOON, TENANT
from tests.unit.api.provider_desk import NOTICE, a_provider_desk, said
from tests.unit.sender.desk import a_notice


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_provider_desk() as made:
        yield made


def settle(desk: Desk, notice: str, body: dict[str, str], tenant: str = TENANT) -> httpx.Response:
    headers = desk.as_actor("clerk:wang") | {"X-Tenant": tenant}
    return desk.client.post(f"/v1/notices/{notice}/settle", json=body, headers=headers)


def test_a_person_settles_a_notice_in_doubt(desk: Desk) -> None:
    sends = desk.pipeline.sends
    sends.decided["N2"] = a_notice("N2")
    sends.claim([Claim("N2", 1, "k", "email", "p1", NOON)])
    sends.record([Result("N2", 1, Outcome.UNKNOWN, "timeout", NOON)])
    body = {"outcome": "not_sent"}
    assert settle(desk, "N2", body, "north").status_code == 404
    assert said(desk) == []
    assert settle(desk, "N2", body).status_code == 202
    (one,) = said(desk)
    assert (one.event, one.said_by, one.attempt) == ("said_not_sent", "clerk:wang", 1)


@pytest.mark.parametrize(("notice", "status"), [(NOTICE, 409), ("N404", 404), ("'; --", 404)])
def test_what_nobody_doubts_is_not_settled(desk: Desk, notice: str, status: int) -> None:
    body = {"outcome": "sent"}
    assert settle(desk, notice, body).status_code == status
    assert said(desk) == []


def failures(desk: Desk, tenant: str, limit: int = 50) -> dict[str, Any]:
    path = f"/v1/notices/failures?limit={limit}"
    answer: dict[str, Any] = desk.client.get(path, headers={"X-Tenant": tenant}).json()
    return answer


def test_each_network_sees_its_own_notices_however_many_of_others_are_newer(desk: Desk) -> None:
    sends = desk.pipeline.sends
    for minute, tenant in enumerate([TENANT, *["north"] * 12]):
        name, at = f"N{minute + 10}", NOON + timedelta(minutes=minute)
        sends.decided[name] = a_notice(name, tenant=tenant)
        for attempt in (1, 2):
            sends.claim([Claim(name, attempt, "k", "email", "p1", at)])
            sends.record([Result(name, attempt, Outcome.FAILED, "recipient_550", at)])
    seen = failures(desk, TENANT, 1)
    assert ([one["notice_id"] for one in seen["notices"]], seen["is_whole"]) == (["N10"], True)
    others = failures(desk, "north", 2)["notices"]
    assert [one["notice_id"] for one in others] == ["N22", "N21"]
    assert failures(desk, "south") == {"notices": [], "is_whole": True}


def test_notices_that_ended_badly_are_listed_newest_first(desk: Desk) -> None:
    sends = desk.pipeline.sends
    for minute, (name, outcome) in enumerate([("N5", Outcome.FAILED), ("N6", Outcome.UNKNOWN)]):
        at = NOON + timedelta(minutes=minute)
        sends.decided[name] = a_notice(name)
        sends.claim([Claim(name, 1, "k", "email", "p1", at)])
        sends.record([Result(name, 1, outcome, "recipient_550", at)])
    held_at = NOON + timedelta(minutes=9)
    sends.record([Result("N6", 0, Outcome.GIVEN_UP, "held", held_at)])
    found = failures(desk, TENANT)["notices"]
    assert [(one["notice_id"], one["state"], one["reason"]) for one in found] == [
        ("N6", "unknown", "held"),
        ("N5", "failed", "recipient_550"),
    ]
