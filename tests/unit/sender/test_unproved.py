"""Letters in a case to which somebody came who only said that he is the person who complained."""

from typing import Any

import pytest

from schemas.contacts import ContactReceived
from schemas.notice_words import NoticeChannel
from schemas.personal import Personal
from schemas.vocabulary import Channel, Relation
from services.domain.known_by import persons_of
from services.domain.preferences import Preferences
from services.sender.channels.port import Letter
from services.sender.no_letter import NoLetter
from tests.support.builders import KEYS, TENANT, a_contact, a_deduplicated, at, sealed
from tests.unit.notification.test_handler import a_row
from tests.unit.notification.test_many_people import CHOICE as BY
from tests.unit.sender.office import Office

SMS, EMAIL = NoticeChannel.SMS, NoticeChannel.EMAIL
PHONE = "13800138000"


class Case:
    """An office whose complainant gave his phone, and who came after him."""

    def __init__(self, **own: Any) -> None:
        self.office = Office(Personal(phone=PHONE), **named(phone=PHONE), **own)
        self.own = self.office.contact
        self.case_id = a_deduplicated(self.own).case_id

    def comes(self, name: str, hours: int = 1, **given: Any) -> ContactReceived:
        channel = given.pop("channel", Channel.WEB)
        contact = a_contact(
            name, channel=channel, received_at=at(hours=hours), personal=sealed(Personal(**given)),
            **named(**given),
        )  # fmt: skip
        decided = a_deduplicated(contact, case_id=self.case_id, relation=Relation.REPEAT)
        self.office.dedup.insert_rows([a_row(decided)])
        return contact

    def letter_to(self, contact: ContactReceived, channel: NoticeChannel) -> Letter:
        return self.office.letter(channel=channel, recipient=f"contact:{contact.contact_id}")


def named(**given: str) -> dict[str, Any]:
    persons = persons_of(KEYS, TENANT, **given)
    return {"person": persons[0], "aliases": persons[1:]}


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_letter_to_the_persons_own_address_carries_the_code_that_opens_all(case: Case) -> None:
    other = case.comes("b", phone=f"+86 {PHONE}", email="stranger@example.com")
    letter = case.letter_to(other, SMS)
    assert letter.address == f"+86 {PHONE}"
    assert case.own.tracking in letter.text
    assert other.tracking not in letter.text


def test_one_to_an_address_that_he_did_not_give_carries_only_the_one_that_was_shown(
    case: Case,
) -> None:
    other = case.comes("b", phone=PHONE, email="stranger@example.com")
    again = case.comes("c", hours=2, phone=PHONE, email="stranger@example.com")
    for contact in (other, again):
        letter = case.letter_to(contact, EMAIL)
        assert letter.address == "stranger@example.com"
        assert contact.tracking in letter.text
        assert case.own.tracking not in letter.text


def test_who_wrote_from_his_number_has_a_code_of_his_own(case: Case) -> None:
    again = case.comes("b", phone=PHONE, channel=Channel.SMS)
    assert again.tracking in case.letter_to(again, SMS).text


def test_a_message_that_cannot_go_to_the_person_does_not_go_to_a_stranger(case: Case) -> None:
    case.comes("b", phone=PHONE, email="stranger@example.com")
    found = case.office.write(channel=EMAIL)
    assert isinstance(found, NoLetter)
    assert found.reason == "no_address"
    case.comes("c", hours=2, phone=PHONE, channel=Channel.SMS)
    assert isinstance(case.office.write(channel=EMAIL), NoLetter)


def test_it_goes_where_the_person_wrote_from_since() -> None:
    case = Case(channel=Channel.APP)
    mail = "li@example.com"
    reply = a_contact(
        "b", received_at=at(hours=1), reply_to=case.case_id, channel=Channel.EMAIL,
        personal=sealed(Personal(email=mail)), **named(phone=PHONE),
    )  # fmt: skip
    decided = a_deduplicated(reply, case_id=case.case_id, relation=Relation.REPEAT)
    case.office.dedup.insert_rows([a_row(decided)])
    assert case.office.letter(channel=EMAIL).address == mail


def test_who_refused_messages_about_this_complaint_alone_gets_none_that_waited(case: Case) -> None:
    key = f"{TENANT}|{case.own.contact_id}"
    case.office.preferences.choose(key, Preferences(opt_out=True), BY)
    found = case.office.write(channel=SMS, kind="survey", mandatory=False)
    assert isinstance(found, NoLetter)
    assert found.reason == "opted_out"
