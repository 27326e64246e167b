"""Incidents over the API: a person opens one at a place, sees it, ends it."""

from tests.support.api_desk import Desk, a_desk

PLACE = {"hub": "东莞分拨", "category": "loss"}
FRONT, SENIOR, TASK_FORCE = "clerk:clerk-101", "clerk:clerk-801", "clerk:clerk-901"
HOUSE = "the-key-of-the-house-itself"


def opened(desk: Desk) -> str:
    """Open an incident at the place, which has level 3; return where it is acted on."""
    assert desk.post("/v1/incidents", PLACE | {"kind": "open"}, FRONT).status_code == 202
    (found,) = desk.client.get("/v1/incidents").json()["incidents"]
    return f"/v1/incidents/{found['incident_id']}/commands"


def test_a_person_opens_an_incident_sees_it_and_ends_it(desk: Desk) -> None:
    said = desk.post("/v1/incidents", PLACE | {"kind": "open", "note": "着火了"})
    assert said.status_code == 202
    (found,) = desk.client.get("/v1/incidents").json()["incidents"]
    assert (found["hub"], found["category"], found["level"]) == ("东莞分拨", "loss", 3)
    assert desk.client.get("/v1/incidents", headers={"X-Tenant": "north"}).json() == {
        "incidents": []
    }
    desk.post("/v1/incidents", PLACE | {"kind": "end", "note": "out"}, SENIOR)
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
    address = opened(desk)
    for form, field in (
        ({"kind": "add", "case_id": "C1"}, "case_id"),
        ({"kind": "set_level"}, "level"),
        ({"kind": "found"}, "kind"),
        ({"kind": "set_level", "level": 4}, "note"),
        ({"kind": "end"}, "note"),
        ({"kind": "end", "note": "  "}, "note"),
    ):
        said = desk.post(address, form, TASK_FORCE)
        assert (said.status_code, said.json()["field"]) == (422, field)
        assert said.json()["rule"] in ("unknown", "missing", "literal_error")
    end = {"kind": "end", "note": "out"}
    assert desk.post(address, end, TASK_FORCE).status_code == 202
    over = desk.post(address, end | {"id": "2"}, TASK_FORCE)
    assert (over.status_code, over.json()["rule"]) == (409, "over")


def test_the_watch_is_no_hub(desk: Desk) -> None:
    said = desk.post("/v1/incidents", PLACE | {"kind": "open", "hub": "*"})
    assert (said.status_code, said.json()["field"]) == (422, "hub")


def test_a_grave_incident_is_ended_lowered_or_held_by_rank_only(desk: Desk) -> None:
    address = opened(desk)
    raised = {"kind": "set_level", "level": 4, "note": "grows"}
    lowered, held = raised | {"level": 2}, raised | {"level": 3}
    end = {"kind": "end", "note": "out"}
    for form in (lowered, held, end):
        refused = desk.post(address, form, FRONT)
        body = refused.json()
        assert (refused.status_code, body["field"]) == (409, "actor")
        assert (body["rule"], body["refusal"]) == ("not_permitted", "not_permitted")
        assert "senior-desk" in body["message"]
    assert desk.post("/v1/incidents", PLACE | end, FRONT).status_code == 409
    assert desk.post(address, raised, FRONT).status_code == 202
    assert desk.post(address, end, SENIOR).json()["rule"] == "not_permitted"
    assert "task-force" in desk.post(address, lowered, SENIOR).json()["message"]
    assert desk.post(address, lowered, TASK_FORCE).status_code == 202
    assert desk.post(address, end, FRONT).status_code == 202
    assert desk.client.get("/v1/incidents").json() == {"incidents": []}


def test_what_is_refused_is_not_sent(desk: Desk) -> None:
    address = opened(desk)
    sent = len(desk.pipeline.published)
    desk.post(address, {"kind": "end", "note": "out"}, FRONT)
    desk.post(address, {"kind": "end"}, TASK_FORCE)
    assert len(desk.pipeline.published) == sent


def test_the_key_of_the_house_says_nothing_of_incidents() -> None:
    with a_desk(api_key=HOUSE) as desk:
        house = {"X-API-Key": HOUSE}
        for form in (PLACE | {"kind": "open"}, PLACE | {"kind": "end", "note": "out"}):
            said = desk.client.post("/v1/incidents", json=form, headers=house)
            assert said.status_code == 409
            assert (said.json()["field"], said.json()["rule"]) == ("actor", "not_permitted")
        assert desk.client.get("/v1/incidents", headers=house).json() == {"incidents": []}


def test_the_customers_of_an_incident_are_told_how_it_stands(desk: Desk) -> None:
    case_id = desk.case_of(desk.send(id="a1", hub=PLACE["hub"], text="快件还没有到"))
    desk.post("/v1/incidents", PLACE | {"category": "delay", "kind": "open"})
    (found,) = desk.client.get("/v1/incidents").json()["incidents"]
    address = f"/v1/incidents/{found['incident_id']}/commands"
    update = {"kind": "update", "note": "火已扑灭,两天内逐一答复。"}
    assert desk.post(address, update, FRONT).json()["rule"] == "not_permitted"
    for note, rule in ((" ", "missing"), ("请致电13800001111", "names_one_person")):
        said = desk.post(address, update | {"note": note}, SENIOR)
        assert (said.status_code, said.json()["field"], said.json()["rule"]) == (422, "note", rule)
    assert desk.post(address, update, SENIOR).status_code == 202
    one = desk.client.get(f"/v1/incidents/{found['incident_id']}").json()
    newest = one["changes"][0]
    assert (newest["kind"], newest["note"]) == ("customers_updated", update["note"])
    history = desk.client.get(f"/v1/cases/{case_id}").json()["history"]
    told = [event for event in history if event["kind"] == "customer_updated"]
    assert [(one["note"], one["actor"]) for one in told] == [(update["note"], SENIOR)]
