"""Where the answer goes when somebody came who only said that he is the person who complained."""

from typing import Any

import pytest

from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.vocabulary import ChangeKind, Channel, Relation
from services.domain.identity import person_index
from services.domain.known_by import persons_of
from services.domain.preferences import Preferences
from tests.support.builders import KEYS, TENANT, a_contact, a_deduplicated, sealed
from tests.unit.notification.test_handler import Desk, a_row, requested
from tests.unit.notification.test_logic import a_change
from tests.unit.notification.test_many_people import CHOICE as BY

RESOLVED = a_change(ChangeKind.RESOLVED, 9, note="Li Hua gets it back.")
PHONE = "13800138000"
STRANGER = "stranger@example.com"


class Case(Desk):
    """A case; the number of a change follows from how many came."""

    def __init__(self) -> None:
        super().__init__()
        self.comers = 0

    def comes(self, relation: Relation = Relation.REPEAT, **fields: Any) -> tuple[str, list[Any]]:
        """Have somebody come; return whom a notice about him names, and what was requested."""
        self.comers += 1
        channel, reply_to = fields.pop("channel", Channel.WEB), fields.pop("reply_to", None)
        persons = persons_of(KEYS, TENANT, **{
            name: fields.get(name) for name in ("customer", "phone", "email")
        })  # fmt: skip
        contact = a_contact(
            f"c{self.comers}", channel=channel, reply_to=reply_to, person=persons[0],
            aliases=persons[1:], personal=sealed(Personal(**fields)),
        )  # fmt: skip
        decided = a_deduplicated(contact, relation=relation)
        self.dedup.insert_rows([a_row(decided)])
        kind = ChangeKind.OPENED if self.comers == 1 else ChangeKind.CONTACT_ADDED
        said = {"contact_id": contact.contact_id, "person": contact.person, "relation": relation}
        handled = self.take(a_change(kind, self.comers, contact=said))
        return f"contact:{contact.contact_id}", requested(handled)

    def answered(self) -> list[str]:
        return [one.recipient for one in requested(self.take(RESOLVED))]


@pytest.fixture
def case() -> Case:
    return Case()


def told(notices: list[NoticeRequested]) -> list[str]:
    return [one.recipient for one in notices if one.recipient.startswith("contact:")]


def test_the_answer_does_not_go_to_a_mailbox_that_somebody_gave_beside_the_phone(
    case: Case,
) -> None:
    own, _ = case.comes(Relation.NEW, phone=PHONE)
    _, notices = case.comes(phone=PHONE, email=STRANGER)
    assert told(notices) == [own]  # who hears by it that somebody came in his name
    assert case.answered() == [own]


def test_nor_to_one_that_he_gave_with_a_number_of_his_own(case: Case) -> None:
    own, _ = case.comes(Relation.NEW, phone=PHONE)
    case.comes(customer="somebody", phone=PHONE, email=STRANGER)
    case.comes(customer="nobody", phone=PHONE, email=STRANGER, channel=Channel.APP)
    assert case.answered() == [own]


def test_nor_where_the_person_is_known_by_his_customer_number(case: Case) -> None:
    own, _ = case.comes(Relation.NEW, customer="c", phone=PHONE, channel=Channel.APP)
    other, notices = case.comes(phone=PHONE, email=STRANGER)
    assert told(notices) == [other]  # that something came is told where it was sent from
    assert case.answered() == [own]


def test_a_name_that_only_a_stranger_ties_together_is_nobodys(case: Case) -> None:
    own, _ = case.comes(Relation.NEW, phone=PHONE)
    second, _ = case.comes(Relation.SECOND_COMPLAINANT, phone="13900139000", email=STRANGER)
    case.comes(phone=PHONE, email=STRANGER)
    assert set(case.answered()) == {own, second}


def test_who_wrote_from_his_own_mailbox_or_number_is_told_there(case: Case) -> None:
    case.comes(Relation.NEW, phone=PHONE, email="li@example.com")
    mail, notices = case.comes(email="li@example.com", channel=Channel.EMAIL)
    assert told(notices) == [mail]
    case.comes(phone=PHONE, channel=Channel.SMS)
    assert len(case.answered()) == 1
    case = Case()
    case.comes(Relation.NEW, customer="c", phone=PHONE)
    app, _ = case.comes(customer="c", email="li@example.com", channel=Channel.APP)
    assert case.answered() == [app]


def test_who_replied_to_us_is_told_where_he_replied_from(case: Case) -> None:
    case.comes(Relation.NEW, phone=PHONE)
    reply, _ = case.comes(phone=PHONE, channel=Channel.SMS, reply_to="case-1")
    assert case.answered() == [reply]


def test_the_first_address_that_is_given_at_all_is_taken(case: Case) -> None:
    case.comes(Relation.NEW, customer="c")
    later, _ = case.comes(customer="c", email="li@example.com")
    assert case.answered() == [later]


def test_nor_to_him_when_he_writes_from_that_mailbox_or_answers_us(case: Case) -> None:
    own, _ = case.comes(Relation.NEW, phone=PHONE)
    case.comes(phone=PHONE, email=STRANGER)
    case.comes(email=STRANGER, channel=Channel.EMAIL)
    case.comes(email=STRANGER, channel=Channel.EMAIL, reply_to="case-1")
    assert case.answered() == [own]


def test_who_turned_to_an_authority_is_answered_too(case: Case) -> None:
    own, _ = case.comes(Relation.NEW, customer="c", email="li@example.com")
    forwarded, _ = case.comes(phone=PHONE, channel=Channel.REGULATOR)
    assert set(case.answered()) == {own, forwarded}


def test_what_a_stranger_chose_for_himself_is_not_the_persons_choice(case: Case) -> None:
    own, _ = case.comes(Relation.NEW, phone=PHONE)
    case.comes(phone=PHONE, email=STRANGER)
    for name, choice in ((STRANGER, Preferences(opt_out=True)), (PHONE, Preferences())):
        case.preferences.choose(f"{TENANT}|{person_index(KEYS, TENANT, name)}", choice, BY)
    passed_on = case.take(a_change(ChangeKind.TRANSFERRED, 5))
    assert told(requested(passed_on)) == [own]


def test_somebody_whose_case_has_nobody_else_is_told(case: Case) -> None:
    appellant, notices = case.comes(phone=PHONE, email=STRANGER)
    assert told(notices) == [appellant]
    assert case.answered() == [appellant]


def test_what_is_chosen_for_one_complaint_alone_holds_there(case: Case) -> None:
    own, _ = case.comes(Relation.NEW, phone=PHONE)
    alone = own.removeprefix("contact:")
    case.preferences.choose(f"{TENANT}|{alone}", Preferences(opt_out=True), BY)
    assert told(requested(case.take(a_change(ChangeKind.TRANSFERRED, 5)))) == []
    assert case.answered() == [own]
