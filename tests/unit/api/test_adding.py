"""Before the answer: what a customer adds to his complaint on its page, without a script."""

import httpx

from tests.support.api_desk import Desk

ENGLISH = {"Accept-Language": "en"}


def page_of(desk: Desk, code: str) -> str:
    return desk.client.get(f"/track/{code}", headers=ENGLISH).text


def add(desk: Desk, code: str, note: str, seq: str = "1") -> httpx.Response:
    form = {"kind": "add", "note": note, "seq": seq}
    return desk.client.post(f"/track/{code}", data=form, headers=ENGLISH)


def texts(desk: Desk, contact: httpx.Response) -> list[str]:
    return [one["text"] for one in desk.track(contact)["contacts"]]


def test_what_a_customer_adds_is_a_contact_of_the_case_and_stands_on_the_page(desk: Desk) -> None:
    contact = desk.send(id="a1", customer="c")
    code, case_id = contact.json()["tracking"], desk.case_of(contact)
    assert "<details><summary>Add to what you told us" in page_of(desk, code)
    desk.clock.advance(60)
    answer = add(desk, code, "The box was open.\r\nI have a photo.")
    assert answer.headers["location"] == f"/track/{code}?done=add"
    assert texts(desk, contact) == ["快件还没有到", "The box was open.\nI have a photo."]
    assert desk.client.get(f"/v1/cases/{case_id}").json()["state"]["complainants"] == 1


def test_pressed_twice_it_is_one_addition(desk: Desk) -> None:
    contact = desk.send(id="a1", customer="c")
    code = contact.json()["tracking"]
    for words in ("one", "one", "two"):
        desk.clock.advance(1)
        assert add(desk, code, words).status_code == 303
    assert texts(desk, contact) == ["快件还没有到", "one", "two"]


def test_a_case_that_waits_for_its_customer_goes_on_with_what_he_adds(desk: Desk) -> None:
    contact = desk.send(id="a1", customer="c")
    code, case_id = contact.json()["tracking"], desk.case_of(contact)
    desk.act(case_id, "acknowledge")
    desk.act(case_id, "wait", waiting_for="customer", note="A photo of the box.")
    assert "<details open><summary>Add to what you told us" in page_of(desk, code)
    add(desk, code, "Here it is.")
    assert desk.track(contact)["state"] == "investigating"


def test_after_the_answer_the_page_asks_to_have_it_looked_into_again_instead(desk: Desk) -> None:
    contact = desk.send(id="a1", customer="c")
    desk.act(desk.case_of(contact), "resolve", note="found")
    page = page_of(desk, contact.json()["tracking"])
    assert 'id="add"' not in page
    assert 'id="reopen"' in page


def test_what_was_not_taken_is_said_and_stays_in_the_form(desk: Desk) -> None:
    contact = desk.send(id="a1", customer="c")
    code = contact.json()["tracking"]
    assert "or write why" in add(desk, code, "  ").text
    assert "At most 4,000 characters" in add(desk, code, "x" * 4001).text
    desk.pipeline.kafka_is_away = True
    away = add(desk, code, "Wait for me.")
    assert away.status_code == 503
    assert "Wait for me.</textarea>" in away.text.partition('id="add"')[2]
    assert texts(desk, contact) == ["快件还没有到"]


def test_the_page_takes_as_many_lines_as_its_form_lets_type(desk: Desk) -> None:
    """A browser counts the end of a line as one character and sends two."""
    contact = desk.send(id="a1", customer="c")
    typed = (("x" * 79 + "\n") * 50).rstrip()
    desk.clock.advance(60)
    code = contact.json()["tracking"]
    assert add(desk, code, typed.replace("\n", "\r\n")).status_code == 303
    assert texts(desk, contact)[-1] == typed
