"""What a customer chooses about notices, by the API and on his page."""

from tests.support.api_desk import Desk


def test_a_choice_is_kept_for_the_person_and_shown(desk: Desk) -> None:
    code = desk.send().json()["tracking"]
    choice = {"language": "en", "channels": ["sms"], "zone": "Europe/London", "opt_out": True}
    assert desk.client.put(f"/v1/track/{code}/preferences", json=choice).status_code == 200
    assert desk.client.get(f"/v1/track/{code}/preferences").json() == choice


def test_a_zone_that_does_not_exist_is_refused_by_name(desk: Desk) -> None:
    code = desk.send().json()["tracking"]
    refused = desk.client.put(f"/v1/track/{code}/preferences", json={"zone": "Asia/Atlantis"})
    assert refused.status_code == 422
    assert refused.json()["field"] == "zone"


def test_nobody_chooses_under_a_code_that_is_none(desk: Desk) -> None:
    assert desk.client.put("/v1/track/nonsense/preferences", json={}).status_code == 404


def test_the_page_takes_the_choice_without_a_script_and_shows_it_again(desk: Desk) -> None:
    code = desk.send().json()["tracking"]
    form = {"language": "en", "channel": "letter"}
    answer = desk.client.post(f"/track/{code}/preferences", data=form)
    assert answer.status_code == 303
    page = desk.client.get(f"/track/{code}").text
    assert '<option value="letter" selected>' in page
    assert 'name="progress" value="yes">' in page  # not checked: opted out
    desk.client.post(f"/track/{code}/preferences", data=form | {"progress": "yes"})
    assert 'value="yes" checked' in desk.client.get(f"/track/{code}").text
