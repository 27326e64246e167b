"""What a customer chooses about notices, by the API and on his page."""

from schemas.codec import decode
from schemas.preferences import PreferencesChosen
from schemas.topics import PREFERENCES
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


def test_a_choice_is_on_its_topic_before_it_holds_so_that_a_restore_knows_it(desk: Desk) -> None:
    code = desk.send().json()["tracking"]
    choice = {"language": "en", "channels": ["sms"], "zone": "Europe/London", "opt_out": True}
    desk.pipeline.kafka_is_away = True
    assert desk.client.put(f"/v1/track/{code}/preferences", json=choice).status_code == 503
    assert not desk.client.get(f"/v1/track/{code}/preferences").json()["opt_out"]
    desk.pipeline.kafka_is_away = False
    assert desk.client.put(f"/v1/track/{code}/preferences", json=choice).status_code == 200
    (out,) = [one for one in desk.pipeline.published if one.topic == PREFERENCES.name]
    said = decode(PreferencesChosen, out.value)
    assert out.key == f"{said.tenant}|{said.who}".encode()
    assert choice == said.model_dump(mode="json", include={*choice})
