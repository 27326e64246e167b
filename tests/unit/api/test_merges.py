"""Merging cases over the API: either case may be named, and the head shows the whole matter."""

from typing import Any

from tests.support.api_desk import Desk


def two(desk: Desk) -> tuple[str, str]:
    """Open two cases, the earlier first."""
    early = desk.send(id="a1", at="2026-03-01T00:00:00Z", customer="c", text="箱子碎了")
    late = desk.send(id="a2", at="2026-03-01T01:00:00Z", customer="d", text="盒子破了")
    return desk.case_of(early), desk.case_of(late)


def test_a_merge_named_from_either_side_is_the_heads_to_do(desk: Desk) -> None:
    head, child = two(desk)
    answer = desk.act(child, "merge", other=head)
    assert answer.status_code == 200, answer.text
    assert answer.json()["case_id"] == head
    seen = desk.client.get(f"/v1/cases/{head}").json()
    assert [one["case_id"] for one in seen["state"]["merged"]] == [child]


def test_a_contact_to_a_merged_case_stands_on_its_heads_page(desk: Desk) -> None:
    head, child = two(desk)
    desk.act(head, "merge", other=child)
    shown = desk.client.get(f"/v1/cases/{head}").json()
    assert [(one.get("case_id"), one["text"]) for one in shown["contacts"]] == [
        (child, "盒子破了"),
        (None, "箱子碎了"),
    ]


def test_a_merged_case_names_the_head_to_act_on(desk: Desk) -> None:
    head, child = two(desk)
    desk.act(head, "merge", other=child)
    answer = desk.act(child, "acknowledge")
    assert answer.status_code == 409
    assert (answer.json()["refusal"], answer.json()["merged_into"]) == ("merged_into", head)


def test_who_is_asked_to_merge_into_a_merged_case_is_merged_into_its_head(desk: Desk) -> None:
    head, child = two(desk)
    third = desk.case_of(desk.send(id="a3", at="2026-03-01T02:00:00Z", customer="e"))
    desk.act(head, "merge", other=child)
    assert desk.act(child, "merge", other=third).json()["case_id"] == head
    state = desk.client.get(f"/v1/cases/{third}").json()["state"]
    assert state["merged_into"] == head


def test_an_unmerge_may_be_asked_of_the_child(desk: Desk) -> None:
    head, child = two(desk)
    desk.act(head, "merge", other=child)
    assert desk.act(child, "unmerge").json()["case_id"] == head
    assert "merged_into" not in desk.client.get(f"/v1/cases/{child}").json()["state"]


def test_another_case_must_be_named_and_exist(desk: Desk) -> None:
    head, _ = two(desk)
    for other in ({}, {"other": "C0000000000000000"}):
        answer = desk.act(head, "merge", **other)
        assert (answer.status_code, answer.json()["field"]) == (422, "other")


def test_what_cases_say_to_each_other_is_not_for_clients(desk: Desk) -> None:
    head, _ = two(desk)
    for kind in ("absorb", "answer_merge", "detach", "tell_head", "tell_merged"):
        assert desk.act(head, kind).status_code == 422


def test_the_customer_of_a_merged_case_sees_the_heads_answer_and_may_rate_it(desk: Desk) -> None:
    early = desk.send(id="a1", at="2026-03-01T00:00:00Z", customer="c")
    late = desk.send(id="a2", at="2026-03-01T01:00:00Z", customer="d")
    head, child = desk.case_of(early), desk.case_of(late)
    desk.act(head, "merge", other=child)
    desk.act(head, "resolve", note="It was found.")
    seen = desk.track(late)
    assert seen["state"] == "resolved"
    assert any("It was found." in step["what"] for step in seen["steps"])
    said = desk.client.post(
        f"/v1/track/{late.json()['tracking']}", json={"kind": "rate", "rating": 5}
    )
    assert (said.status_code, said.json()["case_id"]) == (200, head)


def seen_after(desk: Desk, *customers: str) -> list[dict[str, Any]]:
    """Merge a case of each, pay and apologise in the head, answer it; return what each sees."""
    sent = [
        desk.send(
            id=f"a{n}", at=f"2026-03-01T0{n}:00:00Z", customer=one, waybill=f"SF13000000000{n}1"
        )
        for n, one in enumerate(customers)
    ]
    head, child = (desk.case_of(one) for one in sent)
    desk.act(head, "merge", other=child)
    desk.act(head, "acknowledge")
    apology = {"channel": "phone", "text": "We are sorry, Ms Li."}
    desk.act(head, "record", entry={"apology": apology})
    order = {"amount": {"minor": 900, "currency": "CNY"}, "branch": "goodwill", "guidance": "g"}
    assert desk.act(head, "compensate", compensation=order).status_code == 200
    desk.act(head, "resolve", note="It was found.")
    return [desk.track(one) for one in sent]


def test_what_is_done_for_one_customer_of_merged_cases_the_other_does_not_see(desk: Desk) -> None:
    for seen in seen_after(desk, "c", "d"):
        assert "It was found." in str(seen)
        assert (seen["result"]["compensation"], seen["result"]["apologies"]) == (None, [])
        assert "Compensation was approved" not in str(seen)


def test_who_is_the_only_customer_of_merged_cases_sees_what_is_done_for_him(desk: Desk) -> None:
    seen = seen_after(desk, "c", "c")[0]
    assert seen["result"]["compensation"]["amount"] == "9.00"
    assert seen["result"]["apologies"] == ["We are sorry, Ms Li."]


def test_after_an_unmerge_nobody_sees_what_was_recorded_while_anothers_case_was_merged(
    desk: Desk,
) -> None:
    sent = [
        desk.send(
            id=f"a{n}", at=f"2026-03-01T0{n}:00:00Z", customer=one, waybill=f"SF13000000000{n}1"
        )
        for n, one in enumerate("cd")
    ]
    head, child = (desk.case_of(one) for one in sent)
    desk.act(head, "record", entry={"measure": {"text": "We search the depot."}})
    desk.act(head, "merge", other=child)
    apology = {"channel": "phone", "text": "We are sorry, Ms Li."}
    desk.act(head, "record", entry={"apology": apology})
    desk.act(head, "unmerge", other=child)
    desk.act(head, "record", entry={"measure": {"text": "We found it."}})
    desk.act(head, "resolve", note="It was found.")
    result = desk.track(sent[0])["result"]
    assert result["measures"] == ["We search the depot.", "We found it."]
    assert result["apologies"] == []
