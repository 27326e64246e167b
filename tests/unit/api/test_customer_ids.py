"""The `id` of what a customer says under his code is his, whatever others call theirs."""

from tests.support.api_desk import Desk

WAYBILL = "SF1300000000001"


def test_two_customers_of_one_case_may_both_count_from_one(desk: Desk) -> None:
    first = desk.send(id="a1", waybill=WAYBILL, customer="c")
    second = desk.send(id="a2", waybill=WAYBILL, customer="neighbour", text="也没收到")
    desk.act(desk.case_of(first), "resolve", note="It was found.")
    paths = [f"/v1/track/{one.json()['tracking']}" for one in (first, second)]
    rated = desk.client.post(paths[0], json={"id": "1", "kind": "rate", "rating": 4})
    assert rated.json()["status"] == "closed"
    appeal = {"id": "1", "kind": "appeal", "note": "Nothing came."}
    appealed, again = (desk.client.post(paths[1], json=appeal).json() for _ in range(2))
    assert appealed["status"] == "appealed"
    assert again == appealed
