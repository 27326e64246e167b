"""A word about an incident that was not taken: what was typed stays, and is not said twice."""

import re

import pytest

from tests.support.console_desk import ORIGIN, Console

FIRE = {"kind": "open", "key": "k1", "hub": "东莞分拨", "category": "delay", "note": "着火了"}
EN = ORIGIN | {"Accept-Language": "en"}


def opened(console: Console) -> str:
    """Open an incident and return the address of its page."""
    console.sign_in("clerk-901")
    assert console.client.post("/incidents", data=FIRE, headers=EN).status_code == 303
    found = re.search(r'href="(/incidents/I[A-Z2-7]+)"', console.page("/incidents"))
    assert found is not None
    return found[1]


def form_of(page: str, kind: str) -> str:
    """Return the form of one action, with whether it is open."""
    found = re.search(rf'id="action-{kind}"(.*?)</form>', page, re.DOTALL)
    assert found is not None
    return found[1]


def key_of(form: str) -> str:
    found = re.search(r'name="key" value="([^"]*)"', form)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("typed", "words", "wrong"),
    [
        ({"kind": "update", "note": "call 13800001111"}, "Please take out the number", "note"),
        ({"kind": "add", "case_id": "C-NONE", "note": "wet too"}, "no case with this id", "case"),
        ({"kind": "set_level", "level": "9", "note": "too high"}, "fill in “Level”", ""),
        ({"kind": "end", "note": "  "}, "Please write a note", "note"),
    ],
)
def test_what_was_typed_stays_in_the_form_that_was_refused(
    console: Console, typed: dict[str, str], words: str, wrong: str
) -> None:
    page = opened(console)
    said = console.client.post(f"{page}/commands", data=typed | {"key": "k2"}, headers=EN)
    assert (said.status_code, words in said.text) == (422, True)
    form = form_of(said.text, typed["kind"])
    assert form.startswith(" open")
    assert f">{typed['note'].strip()}" in form or not typed["note"].strip()
    assert typed.get("case_id", "") in form
    assert re.findall(r'id="(note|case)[\w-]*"[^>]*aria-invalid', form) == [wrong] * bool(wrong)
    assert key_of(form) != "k2"


def test_words_to_all_customers_that_were_not_confirmed_are_sent_again_as_the_same(
    console: Console,
) -> None:
    page = opened(console)
    console.api.pipeline.kafka_is_away = True
    typed = {"kind": "update", "key": "k7", "note": "The fire is out."}
    said = console.client.post(f"{page}/commands", data=typed, headers=EN)
    assert (said.status_code, "It will not be done twice" in said.text) == (503, True)
    assert key_of(form_of(said.text, "update")) == "k7"
    assert "The fire is out.</textarea>" in said.text
    assert key_of(form_of(said.text, "end")) != "k7"


@pytest.mark.parametrize(
    ("wrong", "words", "field"),
    [
        ({"hub": "a|b"}, "“Place” cannot be taken", "hub"),
        ({"hub": " "}, "Please fill in “Place”", "hub"),
        ({"category": ""}, "“Category”", "category"),
    ],
)
def test_an_incident_that_was_not_opened_leaves_its_form_as_it_was(
    console: Console, wrong: dict[str, str], words: str, field: str
) -> None:
    console.sign_in("clerk-901")
    said = console.client.post("/incidents", data=FIRE | wrong, headers=EN)
    assert (said.status_code, words in said.text) == (422, True)
    form = form_of(said.text, "open")
    assert "着火了</textarea>" in form
    assert re.findall(r'id="(\w+)"[^>]*aria-invalid', form) == [field]


def test_an_incident_is_not_opened_twice_where_the_first_word_was_not_confirmed(
    console: Console,
) -> None:
    console.sign_in("clerk-901")
    console.api.pipeline.kafka_is_away = True
    said = console.client.post("/incidents", data=FIRE | {"key": "k8"}, headers=EN)
    form = form_of(said.text, "open")
    assert (said.status_code, key_of(form)) == (503, "k8")
    assert 'value="东莞分拨"' in form
    assert 'value="delay" selected' in form


def test_who_writes_of_an_incident_that_is_over_keeps_his_words(console: Console) -> None:
    page = opened(console)
    end = {"kind": "end", "key": "k2", "note": "out"}
    assert console.client.post(f"{page}/commands", data=end, headers=EN).status_code == 303
    late = {"kind": "update", "key": "k3", "note": "It is out by now."}
    said = console.client.post(f"{page}/commands", data=late, headers=EN)
    assert (said.status_code, "It is out by now.</textarea>" in said.text) == (409, True)


def test_words_as_long_as_the_form_lets_them_be_are_taken_whatever_ends_their_lines(
    console: Console,
) -> None:
    page = opened(console)
    words = "两天内答复。\n" * 500  # a browser counts 4,000 in the end, and sends 4,500
    words += "x" * (4000 - len(words))
    typed = {"kind": "update", "key": "k9", "note": words.replace("\n", "\r\n")}
    said = console.client.post(f"{page}/commands", data=typed, headers=EN)
    assert said.status_code == 303
    assert words in console.page(page)
