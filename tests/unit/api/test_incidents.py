"""Incidents over the API: a person opens one at a place, sees it, ends it."""

from tests.support.api_desk import Desk

PLACE = {"hub": "东莞分拨", "category": "loss", "actor": "clerk:7"}


def test_a_person_opens_an_incident_sees_it_and_ends_it(desk: Desk) -> None:
    said = desk.client.post("/v1/incidents", json=PLACE | {"kind": "open", "note": "着火了"})
    assert said.status_code == 202
    (found,) = desk.client.get("/v1/incidents").json()["incidents"]
    assert (found["hub"], found["category"], found["level"]) == ("东莞分拨", "loss", 3)
    assert desk.client.get("/v1/incidents", headers={"X-Tenant": "north"}).json() == {
        "incidents": []
    }
    desk.client.post("/v1/incidents", json=PLACE | {"kind": "end"})
    assert desk.client.get("/v1/incidents").json() == {"incidents": []}


def test_what_only_the_worker_says_is_not_for_clients(desk: Desk) -> None:
    said = desk.client.post("/v1/incidents", json=PLACE | {"kind": "sight"})
    assert (said.status_code, said.json()["field"]) == (422, "kind")
