"""Somebody who gave his phone with another contact than his e-mail is reached by both."""

from dataclasses import replace
from typing import Any

from schemas.notice_words import NoticeChannel
from schemas.personal import Personal
from services.domain.addresses import address_index
from services.domain.send_store import AddressMark
from services.sender.no_letter import NoLetter
from tests.support.builders import KEYS, NOON, TENANT, a_contact, a_deduplicated, at, sealed
from tests.unit.notification.test_handler import a_row
from tests.unit.sender.desk import SenderDesk, a_notice
from tests.unit.sender.office import Office
from tests.unit.sender.ways import told

SMS, EMAIL = NoticeChannel.SMS, NoticeChannel.EMAIL
MAIL = Personal(email="li@example.com")


def an_office(*others: tuple[str, Personal], **fields: Any) -> Office:
    """Return an office whose complainant wrote by mail; ``others`` came to the case later, by the
    customer number and what each gave."""
    office = Office(MAIL, **fields)
    case_id = a_deduplicated(office.contact).case_id
    for number, (customer, personal) in enumerate(others, 1):
        contact = a_contact(f"later-{number}", customer=customer, received_at=at(hours=number))
        contact = contact.model_copy(update={"personal": sealed(personal)})
        office.dedup.insert_rows([a_row(a_deduplicated(contact, case_id=case_id))])
    return office


def mark(office: Office, reason: str, kind: str = "email", value: str = "li@example.com") -> None:
    index = address_index(KEYS, TENANT, kind, value)
    office.sends.mark([AddressMark(index, reason, "N0", NOON)])


def test_the_phone_of_a_later_contact_is_where_the_short_message_goes() -> None:
    office = an_office(("cust-1", Personal(phone="13900139000")))
    letter = office.letter(channel=SMS)
    assert (letter.address_kind, letter.address) == ("phone", "13900139000")
    assert letter.index == address_index(KEYS, TENANT, "phone", "13900139000")
    assert office.letter(channel=EMAIL).address == "li@example.com"


def test_the_newest_of_several_is_taken_that_is_not_known_to_be_dead() -> None:
    phones = [("cust-1", Personal(phone=f"1390013900{n}")) for n in range(3)]
    office = an_office(*phones)
    assert office.letter(channel=SMS).address == "13900139002"
    mark(office, "bounced", "phone", "13900139002")
    assert office.letter(channel=SMS).address == "13900139001"


def test_a_mail_address_that_bounced_is_followed_by_the_one_that_he_gave_since() -> None:
    office = an_office(("cust-1", Personal(email="li.hua@example.com")))
    mark(office, "bounced")
    assert office.letter(channel=EMAIL).address == "li.hua@example.com"


def test_who_complained_of_our_mail_gets_none_at_another_address_of_his() -> None:
    office = an_office(("cust-1", Personal(email="li.hua@example.com")))
    mark(office, "complained")
    found = office.write(channel=EMAIL)
    assert isinstance(found, NoLetter)
    assert found.reason == "address_complained"


def test_the_address_of_somebody_else_in_the_case_is_never_taken() -> None:
    found = an_office(("cust-2", Personal(phone="13900139000"))).write(channel=SMS)
    assert isinstance(found, NoLetter)
    assert found.reason == "no_address"


def test_what_comes_back_marks_the_address_that_it_was_sent_to(desk: SenderDesk) -> None:
    write = desk.letters

    def elsewhere(*asked: Any) -> Any:
        return [one if isinstance(one, NoLetter) else replace(one, index="other")
                for one in write(*asked)]  # fmt: skip

    desk.letters = elsewhere  # type: ignore[assignment]
    desk.take(a_notice())
    told(desk, a_notice(), "bounced", attempt=1, reason="5.1.1")
    assert set(desk.store.marks) == {"other"}
