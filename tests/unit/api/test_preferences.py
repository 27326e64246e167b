"""What a customer chooses about notices, by the API and on his page."""

from typing import Any

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
    assert set(said.said) == {*choice}
    assert out.key == f"{said.tenant}|{said.who}".encode()
    assert choice == said.model_dump(mode="json", include={*choice})


def test_only_what_is_said_changes(desk: Desk) -> None:
    code = desk.send(customer="c").json()["tracking"]
    path = f"/v1/track/{code}/preferences"
    desk.client.put(path, json={"opt_out": True, "zone": "Europe/London"})
    answer = desk.client.put(path, json={"language": "en", "zone": None})
    kept: dict[str, object] = {"language": "en", "channels": [], "zone": None, "opt_out": True}
    assert answer.json() == desk.client.get(path).json() == kept
    count = len(desk.pipeline.published)
    assert desk.client.put(path, json={}).json() == kept
    assert len(desk.pipeline.published) == count


def test_a_page_that_is_older_than_an_opt_out_does_not_undo_it(desk: Desk) -> None:
    code = desk.send(customer="c").json()["tracking"]
    path, page = f"/v1/track/{code}/preferences", desk.client.get(f"/track/{code}").text
    assert 'name="progress_was" value="yes"' in page
    desk.client.put(path, json={"opt_out": True})
    form = {"language": "en", "channel": "", "progress": "yes"}
    desk.client.post(f"/track/{code}/preferences", data=form | {"progress_was": "yes"})
    chosen = desk.client.get(path).json()
    assert (chosen["language"], chosen["opt_out"]) == ("en", True)
    desk.client.post(f"/track/{code}/preferences", data=form | {"progress_was": "no"})
    assert not desk.client.get(path).json()["opt_out"]


def test_a_choice_by_phone_holds_for_the_customer_number_that_comes_later(desk: Desk) -> None:
    first = desk.send(id="a1", phone="13800138000").json()["tracking"]
    desk.client.put(f"/v1/track/{first}/preferences", json={"opt_out": True, "language": "en"})
    form: dict[str, Any] = {
        "customer": "c",
        "phone": "+86 138 0013 8000",
        "text": "包裹破损,里面的杯子碎了",
    }
    both = desk.send(id="a2", waybill="SF1300000000009", **form).json()["tracking"]
    seen = desk.client.get(f"/v1/track/{both}/preferences").json()
    assert (seen["opt_out"], seen["language"]) == (True, "en")
    assert "checked" not in desk.client.get(f"/track/{both}").text.partition("progress")[2][:40]
    desk.clock.advance(1)
    desk.client.put(f"/v1/track/{both}/preferences", json={"opt_out": False})
    assert not desk.client.get(f"/v1/track/{first}/preferences").json()["opt_out"]
    history = desk.client.get(f"/v1/track/{both}/preferences/history").json()["choices"]
    assert [one["opt_out"] for one in history] == [True, False]


# ------------------------------------------------------------------ whose choice it is


BROKEN: dict[str, Any] = {
    "channel": "web",
    "text": "包裹破损,里面的杯子碎了",
    "waybill": "SF1300000000009",
}


def test_a_form_with_somebodys_phone_chooses_nothing_for_his_other_complaints(desk: Desk) -> None:
    own = desk.send(id="a1", channel="web", phone="13800138000").json()["tracking"]
    desk.client.put(f"/v1/track/{own}/preferences", json={"zone": "Asia/Tokyo"})
    desk.clock.advance(60)
    other = desk.send(**BROKEN, phone="13800138000").json()["tracking"]
    path = f"/v1/track/{other}/preferences"
    assert desk.client.get(path).json()["zone"] is None
    chosen = desk.client.put(path, json={"opt_out": True, "language": "en"}).json()
    assert (chosen["opt_out"], chosen["language"]) == (True, "en")
    assert desk.client.get(path).json() == chosen
    seen = desk.client.get(f"/v1/track/{own}/preferences").json()
    assert (seen["opt_out"], seen["language"], seen["zone"]) == (False, None, "Asia/Tokyo")
    history = desk.client.get(f"/v1/track/{own}/preferences/history").json()["choices"]
    assert len(history) == 1


def test_who_sits_in_his_account_chooses_for_all_his_complaints(desk: Desk) -> None:
    first = desk.send(id="a1", customer="c").json()["tracking"]
    desk.clock.advance(60)
    later = desk.send(**(BROKEN | {"channel": "app"}), customer="c").json()["tracking"]
    desk.client.put(f"/v1/track/{later}/preferences", json={"opt_out": True})
    assert desk.client.get(f"/v1/track/{first}/preferences").json()["opt_out"]


def test_what_was_refused_for_all_is_told_to_whose_code_cannot_take_it_back(desk: Desk) -> None:
    own = desk.send(id="a1", channel="web", phone="13800138000").json()["tracking"]
    desk.client.put(f"/v1/track/{own}/preferences", json={"opt_out": True})
    desk.clock.advance(60)
    other = desk.send(**BROKEN, phone="13800138000").json()["tracking"]
    form = {"language": "en", "channel": "", "progress": "yes", "progress_was": "no"}
    answer = desk.client.post(f"/track/{other}/preferences?lang=en", data=form)
    page = desk.client.get(answer.headers["location"]).text
    assert "for all your complaints" in page
    assert "所有投诉" in desk.client.get(f"/track/{other}?done=preferences_out&lang=zh").text
    said = desk.client.put(f"/v1/track/{other}/preferences", json={"opt_out": False}).json()
    assert said["opt_out"]
