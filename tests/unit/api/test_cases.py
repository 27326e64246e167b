"""Looking at cases and acting on them."""

from typing import Any

from tests.support.api_desk import Desk

NOWHERE = "C0000000000000000"


def test_a_case_shows_its_state_history_and_contacts(desk: Desk) -> None:
    first = desk.send(id="a1", waybill="SF1300000000001", customer="c")
    desk.send(id="a2", waybill="SF1300000000001", customer="c", text="两天了,还没有到")
    case_id = desk.case_of(first)
    shown = desk.client.get(f"/v1/cases/{case_id}").json()
    assert (shown["state"]["status"], shown["state"]["contacts"]) == ("received", 2)
    assert [change["kind"] for change in shown["history"]] == ["opened", "contact_added"]
    assert {contact["text"] for contact in shown["contacts"]} == {"快件还没有到", "两天了,还没有到"}


def test_a_long_history_is_read_in_parts(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    desk.act(case_id, "acknowledge")
    later = desk.client.get(f"/v1/cases/{case_id}", params={"after_seq": 1}).json()["history"]
    assert [change["seq"] for change in later] == [2]
    assert desk.client.get(f"/v1/cases/{case_id}", params={"limit": 0}).status_code == 422


def test_an_unknown_case_is_not_found_whatever_its_id_looks_like(desk: Desk) -> None:
    for case_id in (NOWHERE, "%24where", "a b", "x" * 500):
        assert desk.client.get(f"/v1/cases/{case_id}").status_code == 404
        assert desk.act(case_id, "acknowledge").status_code == 404
    assert desk.pipeline.published == []


def test_a_case_of_another_tenant_is_not_found(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    answer = desk.client.get(f"/v1/cases/{case_id}", headers={"X-Tenant": "north"})
    assert answer.status_code == 404


def test_a_command_tells_how_it_ended(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    answer = desk.act(case_id, "assign", assignee="clerk:9")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["settlement"], body["status"], body["seq"]) == ("accepted", "assigned", 2)


def test_a_command_is_keyed_by_its_case(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    desk.act(case_id, "acknowledge")
    assert desk.pipeline.published[-1].key == f"default|{case_id}".encode()


def test_a_command_that_the_case_refuses_is_a_conflict_with_the_reason(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    answer = desk.act(case_id, "close")
    assert answer.status_code == 409
    body = answer.json()
    assert (body["error"], body["refusal"]) == ("rejected", "not_allowed_now")
    assert body["explanation"]
    assert body["case_status"] == "received"


def test_a_stale_command_is_a_conflict(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    assert desk.act(case_id, "acknowledge", expected_seq=7).json()["refusal"] == "stale"


def test_the_same_key_takes_effect_once_and_tells_the_same_outcome(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    first = desk.act(case_id, "acknowledge", id="k1").json()
    assert desk.act(case_id, "acknowledge", id="k1").json() == first


def test_a_command_nobody_decides_is_taken_but_pending(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    desk.pipeline.workers_are_away = True
    answer = desk.act(case_id, "acknowledge")
    assert (answer.status_code, answer.json()["settlement"]) == (202, "pending")


def test_an_unknown_command_is_refused_by_field(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    answer = desk.act(case_id, "destroy")
    assert (answer.status_code, answer.json()["field"]) == (422, "kind")


def test_guidance_begins_with_what_was_stated_and_takes_what_was_found(desk: Desk) -> None:
    contact = desk.send(
        id="g1", waybill="SF1300000000009", text="包裹丢了,要求赔偿", declared_value_cny=300
    )
    path = f"/v1/cases/{desk.case_of(contact)}/guidance"
    found = desk.client.get(path).json()
    assert (found["branch"], found["least"], found["facts"]["value"]) == (
        "uninsured", 30_000, 30_000,
    )  # fmt: skip
    insured = desk.client.get(path, params={"insured": 20_000, "share": 0.5}).json()
    assert (insured["branch"], insured["most"]) == ("insured", 10_000)
    assert desk.client.get(path, params={"exemption": "bad_mood"}).status_code == 422


def test_a_matter_without_a_loss_is_asked_for_the_harm(desk: Desk) -> None:
    contact = desk.send(id="g2", text="快递员态度恶劣,骂人")
    answer = desk.client.get(f"/v1/cases/{desk.case_of(contact)}/guidance")
    assert (answer.status_code, answer.json()["field"]) == (422, "harm")
    assert desk.client.get("/v1/cases/CNONE/guidance").status_code == 404


def test_a_correction_takes_effect_once_and_its_words_are_checked_at_the_door(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1"))
    said: dict[str, Any] = {"note": "a camera", "id": "k1"}
    said["correction"] = {"category": "loss", "level": 3}
    first, second = (desk.act(case_id, "correct", **said, expected_seq=1) for _ in range(2))
    assert (first.status_code, first.json()) == (200, second.json())
    state = desk.client.get(f"/v1/cases/{case_id}").json()["state"]
    assert (state["category"], state["level"], state["seq"]) == ("loss", 3, 2)
    for wrong, field in (({"category": "noise"}, "category"), ({"level": 5}, "level")):
        refused = desk.act(case_id, "correct", correction=wrong, note="x")
        assert (refused.status_code, refused.json()["field"]) == (422, f"correction.{field}")
    assert list(desk.pipeline.labels.labels) == [f"default|{case_id}|{first.json()['command_id']}"]
