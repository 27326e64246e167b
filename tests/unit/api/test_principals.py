"""Who acts is who proved it; what a client writes as actor is a word beside it."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.domain.access import load_access
from services.domain.errors import SettingsError
from services.domain.sessions import HEADER, Sessions
from tests.support.api_desk import Desk, a_desk
from tests.support.manual_clock import ManualClock

HOUSE = "the-key-of-the-house-itself"
OWN = "clerk:clerk-101"
SENIOR = "clerk:clerk-801"
CUSTOMERS_AND_PROVIDERS = ("/track", "/rate/", "/o/", "/v1/track/", "/v1/receipts/", "/v1/inbound/")
POLICIES = {"sla": "none", "calendars": "none", "limits": "none"}
MONEY = {"amount": {"minor": 50_000, "currency": "CNY"}, "branch": "uninsured", "guidance": "g"}


def a_policy(folder: Path, *keys: str) -> Path:
    path = folder / "access.yaml"
    path.write_text("version: test\nkeys:\n" + "".join(f"  - {key}\n" for key in keys))
    return path


def a_key(key_id: str, actor: str, more: str = "") -> str:
    digest = hashlib.sha256(key_of(key_id).encode()).hexdigest()
    return f"{{id: {key_id}, sha256: {digest}, actor: '{actor}'{more}}}"


def key_of(key_id: str) -> str:
    return f"key-of-{key_id}"


def bearer(key_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key_of(key_id)}"}


def told(desk: Desk, case_id: str) -> tuple[str, str | None]:
    last: dict[str, Any] = desk.client.get(f"/v1/cases/{case_id}").json()["history"][-1]
    return last["actor"], last.get("on_behalf_of")


def commanded(desk: Desk, case_id: str, headers: dict[str, str], **form: Any) -> httpx.Response:
    body = {"kind": "acknowledge"} | form
    return desk.client.post(f"/v1/cases/{case_id}/commands", json=body, headers=headers)


@pytest.mark.parametrize("word", ["clerk:clerk-801", "system", "customer", None])
def test_an_actor_that_is_only_written_commands_nothing(desk: Desk, word: str | None) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    answer = commanded(desk, case_id, {}, **({"actor": word} if word else {}))
    assert (answer.status_code, answer.json()["rule"]) == (401, "principal")
    assert desk.client.get(f"/v1/cases/{case_id}").json()["state"]["seq"] == 1


def writes_of_clerks(desk: Desk) -> set[str]:
    """Return every path that changes something and stands behind the door. Handing in a contact
    is nobody's act in particular: the channel's key does."""
    found = {
        path
        for path, ways in desk.app.openapi()["paths"].items()
        if set(ways) - {"get", "head"} and not path.startswith(CUSTOMERS_AND_PROVIDERS)
    }
    return found - {"/v1/contacts"}


def test_every_route_by_which_clerks_write_asks_who_acts(desk: Desk) -> None:
    place = {"hub": "东莞分拨", "category": "loss"}
    case_id = desk.case_of(desk.send(id="a1"))
    desk.post("/v1/incidents", place | {"kind": "open"})
    (incident,) = desk.client.get("/v1/incidents").json()["incidents"]
    at = {"case_id": case_id, "incident_id": incident["incident_id"], "notice_id": "N2"}
    address = {"kind": "email", "value": "li.hua@example.com"}
    forms: dict[str, dict[str, Any]] = {
        "/v1/cases/{case_id}/commands": {"kind": "acknowledge"},
        "/v1/incidents": place | {"kind": "end"},
        "/v1/incidents/{incident_id}/commands": {"kind": "end"},
        "/v1/notices/{notice_id}/settle": {"outcome": "sent"},
        "/v1/addresses/unmark": {"addresses": [address], "reason": "works again"},
    }
    assert set(forms) == writes_of_clerks(desk), "a new route: say here what it takes"
    for path, form in forms.items():
        answer = desk.client.post(path.format(**at), json=form | {"actor": SENIOR})
        assert (answer.status_code, answer.json().get("rule")) == (401, "principal"), path


def test_the_session_says_who_acts_and_the_word_stands_apart(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    answer = commanded(desk, case_id, desk.as_actor(OWN), actor=SENIOR)
    assert answer.status_code == 200
    assert told(desk, case_id) == (OWN, SENIOR)
    again = commanded(desk, case_id, desk.as_actor(OWN), kind="investigate", actor=OWN)
    assert again.status_code == 200
    assert told(desk, case_id) == (OWN, None)


def test_nobody_approves_alone_by_writing_another_name(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    desk.act(case_id, "acknowledge", OWN)
    assert desk.act(case_id, "compensate", OWN, compensation=MONEY).status_code == 200
    forms: tuple[dict[str, Any], ...] = (
        {"kind": "approve_compensation", "decision": 1},
        {"kind": "rebase", "reason": "x", "policies": POLICIES},
    )
    for form in forms:
        answer = commanded(desk, case_id, desk.as_actor(OWN), actor=SENIOR, **form)
        assert (answer.status_code, answer.json()["refusal"]) == (409, "not_permitted")
    assert desk.act(case_id, "approve_compensation", SENIOR, decision=1).status_code == 200


def test_a_session_of_other_secrets_or_one_that_is_over_is_refused(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    forged = Sessions(("k1:00", ""), desk.clock).seal(SENIOR)
    proof = desk.as_actor(SENIOR)
    for word in (forged, "", proof[HEADER][:-1], "no.word"):
        assert commanded(desk, case_id, {HEADER: word}).json()["rule"] == "session"
    desk.clock.advance(timedelta(hours=13).total_seconds())
    assert commanded(desk, case_id, proof).json()["rule"] == "session"


def test_the_key_of_the_house_is_nobody_in_particular() -> None:
    with a_desk(api_key=HOUSE) as desk:
        house = {"X-API-Key": HOUSE}
        case_id = desk.case_of(desk.send(headers=house, id="a1"))
        noted = commanded(desk, case_id, house, kind="note", note="x", actor=SENIOR)
        assert noted.status_code == 200
        for kind in ("anonymise", "wait", "rebase", "acknowledge", "resolve"):
            form = {"reason": "x", "policies": POLICIES, "waiting_for": "customer", "note": "x"}
            answer = commanded(desk, case_id, house, kind=kind, actor="system", **form)
            assert answer.status_code == 409, kind
        seen = desk.client.get(f"/v1/cases/{case_id}", headers=house).json()["history"][-1]
        assert (seen["actor"], seen["on_behalf_of"]) == ("key:house", SENIOR)


def test_a_key_of_ones_own_says_who_acts(tmp_path: Path) -> None:
    policy = a_policy(tmp_path, a_key("li", OWN), a_key("zhao", SENIOR))
    with a_desk(access_policy=policy) as desk:
        case_id = desk.case_of(desk.send(id="a1"))
        assert commanded(desk, case_id, bearer("li"), actor=SENIOR).status_code == 200
        assert told(desk, case_id) == (OWN, SENIOR)
        assert commanded(desk, case_id, bearer("nobody")).status_code == 401


def test_a_key_opens_what_the_policy_says_and_nothing_else(tmp_path: Path) -> None:
    now = ManualClock().now()
    policy = a_policy(
        tmp_path,
        a_key("channel", "key:app", ", may: [intake]"),
        a_key("payer", "system:payer", ", commands: [settle_payment], tenants: [default]"),
        a_key("gone", OWN, f", until: '{now.isoformat()}'"),
    )
    with a_desk(access_policy=policy, api_key=HOUSE) as desk:
        answer = desk.send(headers=bearer("channel"), id="a1")
        case_id = desk.case_of(answer)
        assert desk.client.get(f"/v1/cases/{case_id}", headers=bearer("channel")).status_code == 403
        assert commanded(desk, case_id, bearer("channel")).json()["rule"] == "access"
        assert commanded(desk, case_id, bearer("payer")).json()["rule"] == "access"
        elsewhere = bearer("payer") | {"X-Tenant": "north"}
        assert desk.client.get(f"/v1/cases/{case_id}", headers=elsewhere).status_code == 403
        settled = {"payment": {"payment_id": "pay-1", "is_paid": True}}
        answer = commanded(desk, case_id, bearer("payer"), kind="settle_payment", **settled)
        assert answer.json()["refusal"] == "invalid_field"
        assert commanded(desk, case_id, bearer("gone")).status_code == 401


def test_a_clerk_whose_key_is_over_has_no_session_either(tmp_path: Path) -> None:
    until = ManualClock().now() + timedelta(hours=1)
    policy = a_policy(tmp_path, a_key("li", OWN, f", until: '{until.isoformat()}'"))
    with a_desk(access_policy=policy) as desk:
        case_id = desk.case_of(desk.send(id="a1"))
        proof = desk.as_actor(OWN)
        assert commanded(desk, case_id, proof).status_code == 200
        assert commanded(desk, case_id, desk.as_actor(SENIOR)).json()["rule"] == "session"
        desk.clock.advance(3_601)
        assert commanded(desk, case_id, proof, kind="investigate").json()["rule"] == "session"


def test_a_session_gives_a_clerk_no_more_than_his_own_keys(tmp_path: Path) -> None:
    policy = a_policy(
        tmp_path,
        a_key("li", OWN, ", may: [act], commands: [note]"),
        a_key("zhao", SENIOR, ", tenants: [north]"),
    )
    with a_desk(access_policy=policy, api_key=HOUSE) as desk:
        house = {"X-API-Key": HOUSE}
        case_id = desk.case_of(desk.send(headers=house, id="a1"))
        of_li, of_zhao = (house | desk.as_actor(one) for one in (OWN, SENIOR))
        assert commanded(desk, case_id, of_li).json()["rule"] == "access"
        assert commanded(desk, case_id, of_li, kind="note", note="x").status_code == 200
        assert desk.client.get(f"/v1/cases/{case_id}", headers=of_li).status_code == 403
        assert commanded(desk, case_id, of_zhao).json()["rule"] == "access"


def test_two_senders_that_use_the_same_id_are_not_given_each_others_contact(tmp_path: Path) -> None:
    policy = a_policy(
        tmp_path, a_key("crm", "key:crm"), a_key("crm2", "key:crm"), a_key("shop", "key:shop")
    )
    with a_desk(access_policy=policy, api_key=HOUSE) as desk:
        crm, again, shop = (
            desk.send(headers=bearer(one), id="1001", text=text)
            for one, text in (("crm", "快件丢了"), ("crm2", "快件丢了"), ("shop", "快递员态度差"))
        )
        assert crm.json() == again.json()
        assert desk.track(crm)["contacts"][0]["text"] == "快件丢了"
        assert desk.track(shop)["contacts"][0]["text"] == "快递员态度差"


def test_a_key_for_some_commands_does_nothing_else(tmp_path: Path) -> None:
    policy = a_policy(tmp_path, a_key("li", OWN, ", commands: [note]"))
    address = {"kind": "email", "value": "li.hua@example.com"}
    forms: dict[str, dict[str, Any]] = {
        "/v1/addresses/unmark": {"addresses": [address], "reason": "works", "complained": True},
        "/v1/notices/N2/settle": {"outcome": "sent"},
        "/v1/incidents": {"kind": "open", "hub": "东莞分拨", "category": "loss"},
    }
    with a_desk(access_policy=policy) as desk:
        for path, form in forms.items():
            for proof in (bearer("li"), desk.as_actor(OWN)):
                answer = desk.client.post(path, json=form, headers=proof)
                assert (answer.status_code, answer.json()["rule"]) == (403, "access"), path


@pytest.mark.parametrize(
    "lines",
    [
        [a_key("li", "system")],
        [a_key("li", "customer")],
        [a_key("li", OWN), a_key("li", SENIOR)],
        ["{id: li, sha256: short, actor: 'clerk:7'}"],
        [a_key("li", OWN, f", until: '{datetime(2026, 1, 1, tzinfo=UTC).isoformat()[:19]}'")],
    ],
)
def test_a_policy_that_gives_too_much_or_means_nothing_is_refused(
    tmp_path: Path, lines: list[str]
) -> None:
    with pytest.raises(SettingsError, match="access policy"):
        load_access(a_policy(tmp_path, *lines))
