"""An appeal is one person's: what was done for the others of the first case is not on its page."""

from typing import Any

import httpx

from tests.support.api_desk import Desk
from tests.unit.api.test_customer import WAYBILL

PRIVATE = ("for Ms Li alone", "CNY", "Compensation was approved")
ANSWER = "It was found."


def dealt_with(desk: Desk, case_id: str) -> None:
    """Do for somebody in the case what is no other's to know, and answer it."""
    act = desk.act
    act(case_id, "acknowledge")
    act(case_id, "record", entry={"measure": {"text": "A new key, for Ms Li alone."}})
    apology = {"channel": "phone", "text": "We are sorry, for Ms Li alone."}
    act(case_id, "record", entry={"apology": apology})
    order = {"amount": {"minor": 500, "currency": "CNY"}, "branch": "uninsured", "guidance": "g"}
    act(case_id, "compensate", compensation=order)
    act(case_id, "resolve", note=ANSWER)


def appeal_and_look(desk: Desk, contact: httpx.Response) -> dict[str, Any]:
    code = contact.json()["tracking"]
    before = desk.track(contact)
    assert all(word not in str(before) for word in PRIVATE)
    said = {"kind": "appeal", "note": "And I?"}
    assert desk.client.post(f"/v1/track/{code}", json=said).status_code == 200
    seen = desk.track(contact)
    assert seen["state"] == "received"
    return dict(seen)


def test_who_appeals_beside_another_complainant_does_not_see_what_that_one_got(desk: Desk) -> None:
    first = desk.send(id="a1", waybill=WAYBILL, customer="c")
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    dealt_with(desk, desk.case_of(first))
    seen = appeal_and_look(desk, second)
    assert all(word not in str(seen) for word in (*PRIVATE, ANSWER))
    assert "We answered" in [step["what"] for step in seen["steps"]]


def test_nor_does_who_appeals_where_a_case_of_another_is_merged(desk: Desk) -> None:
    sent = [
        desk.send(id=f"a{n}", at=f"2026-03-01T0{n}:00:00Z", customer=one, waybill=f"{WAYBILL}{n}")
        for n, one in enumerate("cd")
    ]
    head, child = (desk.case_of(one) for one in sent)
    desk.act(head, "merge", other=child)
    dealt_with(desk, head)
    seen = appeal_and_look(desk, sent[0])
    assert all(word not in str(seen) for word in PRIVATE)
    assert ANSWER in str(seen)


def test_the_only_complainant_sees_on_the_page_of_his_appeal_what_was_done(desk: Desk) -> None:
    contact = desk.send(id="a1", waybill=WAYBILL, customer="c")
    dealt_with(desk, desk.case_of(contact))
    code = contact.json()["tracking"]
    desk.client.post(f"/v1/track/{code}", json={"kind": "appeal", "note": "Too little."})
    seen = desk.track(contact)
    assert seen["state"] == "received"
    assert "A new key, for Ms Li alone." in seen["result"]["measures"]
    assert ANSWER in str(seen["steps"])
