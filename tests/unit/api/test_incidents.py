"""Incidents over the API: a person opens one at a place, sees it, ends it."""

from tests.support.api_desk import Desk

PLACE = {"hub": "东莞分拨", "category": "loss"}


def test_a_person_opens_an_incident_sees_it_and_ends_it(desk: Desk) -> None:
    said = desk.post("/v1/incidents", PLACE | {"kind": "open", "note": "着火了"})
    assert said.status_code == 202
    (found,) = desk.client.get("/v1/incidents").json()["incidents"]
    assert (found["hub"], found["category"], found["level"]) == ("东莞分拨", "loss", 3)
    assert desk.client.get("/v1/incidents", headers={"X-Tenant": "north"}).json() == {
        "incidents": []
    }
    desk.post("/v1/incidents", PLACE | {"kind": "end"})
    assert desk.client.get("/v1/incidents").json() == {"incidents": []}


def test_what_only_the_worker_says_is_not_for_clients(desk: Desk) -> None:
    said = desk.post("/v1/incidents", PLACE | {"kind": "sight"})
    assert (said.status_code, said.json()["field"]) == (422, "kind")


def test_one_incident_is_shown_with_its_course_and_its_cases(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1", hub="东莞分拨", text="快件还没有到"))
    desk.post("/v1/incidents", PLACE | {"category": "delay", "kind": "open"})
    (found,) = desk.client.get("/v1/incidents").json()["incidents"]
    one = desk.client.get(f"/v1/incidents/{found['incident_id']}").json()
    assert (one["members"], one["is_over"], one["incident"]["cases"]) == ([case_id], False, 1)
    assert [change["kind"] for change in one["changes"]] == ["cases_joined", "opened"]
    assert desk.client.get("/v1/incidents/INONE").status_code == 404


def test_a_word_about_an_incident_names_what_is_wrong(desk: Desk) -> None:
    desk.post("/v1/incidents", PLACE | {"kind": "open"})
    (found,) = desk.client.get("/v1/incidents").json()["incidents"]
    address = f"/v1/incidents/{found['incident_id']}/commands"
    for form, field in (
        ({"kind": "add", "case_id": "C1"}, "case_id"),
        ({"kind": "set_level"}, "level"),
        ({"kind": "found"}, "kind"),
    ):
        said = desk.post(address, form)
        assert (said.status_code, said.json()["field"]) == (422, field)
    assert desk.post(address, {"kind": "end"}).status_code == 202
    over = desk.post(address, {"kind": "end", "id": "2"})
    assert (over.status_code, over.json()["rule"]) == (409, "over")


def test_the_watch_is_no_hub(desk: Desk) -> None:
    said = desk.post("/v1/incidents", PLACE | {"kind": "open", "hub": "*"})
    assert (said.status_code, said.json()["field"]) == (422, "hub")
