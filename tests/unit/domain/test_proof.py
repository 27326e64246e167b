"""Which contacts of a case are by whom they say they are."""

from typing import Any

import pytest

from schemas.personal import KeyRing, Personal
from schemas.vocabulary import Channel, Relation
from services.domain.known_by import persons_of
from services.domain.proof import proof_of
from services.domain.said import Said, said_of
from tests.support.builders import KEYS, TENANT, a_contact, a_deduplicated, sealed

NEW_KEYS = KeyRing({"k2": bytes(range(1, 33)), **KEYS.keys}, "k2")
PHONE, MAIL = "13800138000", "li@example.com"


def said(
    name: str,
    channel: Channel = Channel.WEB,
    relation: Relation = Relation.REPEAT,
    keys: KeyRing = KEYS,
    reply_to: str | None = None,
    **given: Any,
) -> Said:
    persons = persons_of(keys, TENANT, **given)
    contact = a_contact(
        name, channel=channel, reply_to=reply_to, personal=sealed(Personal(**given)),
        person=persons[0] if persons else None, aliases=persons[1:],
    )  # fmt: skip
    return said_of(a_deduplicated(contact, relation=relation))


def unproved(*contacts: Said) -> list[int]:
    """Return the places of those that prove nothing, in whichever order they are looked at."""
    found = proof_of(contacts).unproved
    assert proof_of(contacts[::-1]).unproved == found
    return [at for at, one in enumerate(contacts) if one.contact_id in found]


FIRST = said("first", relation=Relation.NEW, customer="c", phone=PHONE, email=MAIL)


@pytest.mark.parametrize(
    ("channel", "given", "proves"),
    [
        (Channel.WEB, {"phone": PHONE}, False),
        (Channel.PHONE, {"phone": PHONE}, False),
        (Channel.SMS, {"phone": PHONE}, True),
        (Channel.EMAIL, {"email": MAIL}, True),
        (Channel.APP, {"customer": "c"}, True),
        (Channel.CHAT, {"customer": "c", "phone": "1"}, True),
        (Channel.APP, {"customer": "d", "phone": PHONE}, False),
        (Channel.APP, {"phone": PHONE}, False),
        (Channel.APP, {"customer": "无", "phone": PHONE}, False),
        (Channel.EMAIL, {"phone": PHONE, "email": MAIL}, False),
        (Channel.REGULATOR, {"phone": PHONE}, True),
    ],
)
def test_the_way_a_contact_came_proves_the_name_that_stands_first(
    channel: Channel, given: dict[str, Any], proves: bool
) -> None:
    assert unproved(FIRST, said("later", channel, **given)) == ([] if proves else [1])


def test_what_began_a_case_and_a_further_complainant_are_there_in_their_own_right() -> None:
    second = said("second", relation=Relation.SECOND_COMPLAINANT, phone="13900139000")
    assert unproved(FIRST, second) == []


def test_a_name_proves_nothing_that_only_somebody_unproved_gave() -> None:
    stranger = said("stranger", phone=PHONE, email="stranger@example.com")
    mail = said("mail", Channel.EMAIL, email="stranger@example.com")
    assert unproved(FIRST, stranger, mail) == [1, 2]


def test_who_is_proved_by_one_name_is_known_by_what_he_gave_with_it() -> None:
    in_the_app = said("app", Channel.APP, customer="c", email="new@example.com")
    mail = said("mail", Channel.EMAIL, email="new@example.com")
    assert unproved(FIRST, mail, in_the_app) == []


def test_an_answer_to_us_is_by_whom_we_wrote_to() -> None:
    assert unproved(FIRST, said("reply", reply_to="case", customer="c")) == []


def test_a_change_of_keys_makes_nobody_a_stranger() -> None:
    later = said("later", Channel.APP, keys=NEW_KEYS, customer="c", phone="13900139000")
    assert later.person not in (FIRST.person, *FIRST.aliases)
    assert unproved(FIRST, later) == []
    typed = said("typed", Channel.APP, keys=NEW_KEYS, customer="d", phone=PHONE)
    assert unproved(FIRST, typed) == [1]


def test_who_names_nobody_claims_to_be_nobody() -> None:
    assert unproved(FIRST, said("nobody")) == []
