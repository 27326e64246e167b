"""How whoever is written to can refuse more of it, and answer a survey."""

from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.vocabulary import ChangeKind
from services.domain.preferences import Choice, Preferences, key_of
from services.sender.channels.dkim import Signer
from services.sender.channels.mime import compose
from services.sender.channels.port import Letter
from services.sender.no_letter import NoLetter
from tests.support.builders import NOON, TENANT
from tests.unit.sender.office import Office


def told(**fields: Any) -> Letter:
    office = Office(answers_by_sms=True)
    office.happens(ChangeKind.ASSIGNED)
    letter = office.write(**({"kind": NoticeKind.PROGRESS, "mandatory": False} | fields))
    assert isinstance(letter, Letter)
    return letter


def test_a_mail_that_nobody_has_to_get_carries_the_way_out() -> None:
    letter = told()
    assert letter.optout.startswith("https://kd.example/o/N1-")
    assert letter.optout in letter.text
    assert letter.optout in letter.html
    mail = message_from_bytes(compose(letter, "c@kd.example", "C", letter.address))
    assert mail["List-Unsubscribe"] == f"<{letter.optout}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_mandatory_notice_cannot_be_refused() -> None:
    letter = told(mandatory=True)
    mail = message_from_bytes(compose(letter, "c@kd.example", "C", letter.address))
    assert (letter.optout, mail["List-Unsubscribe"]) == ("", None)
    for text in (letter.text, letter.html):
        assert "/o/" not in text
        assert "退订" not in text


@pytest.mark.parametrize(("language", "word"), [("zh", "回T退订"), ("en", "STOP")])
def test_a_short_message_names_the_word_that_ends_them(language: str, word: str) -> None:
    text = told(channel=NoticeChannel.SMS, language=language).text
    assert word in text
    assert word not in told(channel=NoticeChannel.SMS, language=language, mandatory=True).text


def test_a_survey_by_short_message_asks_for_a_digit_where_one_can_be_sent_back() -> None:
    assert "直接回复1至5" in told(kind=NoticeKind.SURVEY, channel=NoticeChannel.SMS).text
    assert "直接回复" not in told(kind=NoticeKind.SURVEY, channel=NoticeChannel.PUSH).text


def test_whoever_opted_out_since_is_not_written_to_and_still_gets_what_is_mandatory() -> None:
    office = Office()
    office.happens(ChangeKind.ASSIGNED)
    key = key_of(TENANT, office.contact.person or office.contact.contact_id)
    choice = Choice(NOON, "one_click", True)
    office.preferences.choose(key, Preferences(opt_out=True), choice)
    refused = office.write(kind=NoticeKind.PROGRESS, mandatory=False)
    assert isinstance(refused, NoLetter)
    assert refused.reason == "opted_out"
    assert isinstance(office.write(kind=NoticeKind.PROGRESS, mandatory=True), Letter)


@pytest.mark.parametrize("name", ["k1.OLD", "k2.PHONE"])
def test_an_opt_out_under_another_name_of_the_person_holds_too(name: str) -> None:
    office = Office(person="k2.NEW", aliases=("k2.PHONE", "k1.OLD"))
    office.happens(ChangeKind.ASSIGNED)
    choice = Choice(NOON, "one_click", True)
    office.preferences.choose(key_of(TENANT, name), Preferences(opt_out=True), choice)
    refused = office.write(kind=NoticeKind.PROGRESS, mandatory=False)
    assert isinstance(refused, NoLetter)
    assert refused.reason == "opted_out"


def test_the_way_out_is_under_the_signature_of_the_mail(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(pem)
    signer = Signer.of_file(tmp_path / "key.pem", "s1", "kd.example")
    letter = told()
    signed = message_from_bytes(signer.signed(compose(letter, "c@kd.example", "C", letter.address)))
    covered = "".join(signed["DKIM-Signature"].split()).partition("h=")[2].partition(";")[0]
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(covered.lower().split(":"))


def test_a_language_that_was_chosen_while_a_notice_waited_is_that_of_the_notice() -> None:
    office = Office(person="k2.NEW")
    office.happens(ChangeKind.ASSIGNED)
    assert "尊敬的客户" in office.letter(kind=NoticeKind.PROGRESS, mandatory=False).text
    choice = Choice(NOON, "page", False)
    office.preferences.choose(key_of(TENANT, "k2.NEW"), Preferences(language="en"), choice)
    letter = office.letter(kind=NoticeKind.PROGRESS, mandatory=False)
    assert "Dear customer" in letter.text
    assert letter.language == "en"
