"""Who writes by mail or short message is who gave that address in a form, under every key."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from schemas.contacts import ContactReceived
from schemas.personal import KeyRing
from services.domain.identity import person_index, person_indexes
from services.domain.preferences import names_of
from tests.support.api_desk import Desk
from tests.support.builders import KEYS, TENANT
from tests.unit.api.provider_desk import NOTICE, a_provider_desk, contacts, post
from tests.unit.api.test_receipts import a_mail, sms
from tests.unit.sender.desk import a_notice

CHANGED = KeyRing({"k2": bytes(range(1, 33)), **KEYS.keys}, "k2")
MAIL = "li.hua@example.com"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_provider_desk() as made:
        yield made


def writer(desk: Desk) -> ContactReceived:
    return contacts(desk)[-1]


@pytest.mark.parametrize("number", ["+8613900139000", "13900139000", "+86 139 0013 9000"])
def test_a_number_is_the_same_person_however_its_network_writes_it(desk: Desk, number: str) -> None:
    assert sms(desk, "还是没有收到", number).json() == {"taken_as": "contact"}
    assert writer(desk).person == person_index(KEYS, TENANT, "13900139000")


def test_after_a_change_of_keys_a_writer_is_known_by_the_old_ones_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = desk.app.state
    monkeypatch.setattr(state, "context", replace(state.context, keys=CHANGED))
    assert post(desk, "/v1/inbound/mail/mail", a_mail()).json() == {"taken_as": "contact"}
    assert names_of(writer(desk)) == person_indexes(CHANGED, TENANT, MAIL)
    assert person_index(KEYS, TENANT, MAIL) in writer(desk).aliases


def test_a_reply_is_known_by_all_that_who_was_told_is_known_by(desk: Desk) -> None:
    desk.pipeline.workers_are_away = False
    answer = desk.send(customer="cust-1", phone="13800138000", email=MAIL)
    desk.pipeline.workers_are_away = True
    told = desk.pipeline.queries.by_tracking(None, answer.json()["tracking"])
    assert told is not None
    recipient = f"contact:{told.contact.contact_id}"
    desk.pipeline.sends.decided[NOTICE] = a_notice(NOTICE, recipient=recipient)
    assert sms(desk, "收到了,谢谢").json() == {"taken_as": "reply"}
    assert names_of(writer(desk)) == names_of(told.contact)
    assert len(names_of(writer(desk))) == 3


def test_who_answers_what_we_wrote_to_a_strangers_mailbox_is_that_stranger(desk: Desk) -> None:
    """He gave the phone of the label beside it; his answer is not the person's."""
    desk.pipeline.workers_are_away = False
    label: dict[str, Any] = {"channel": "web", "waybill": "SF1300000000001", "phone": "13800138000"}
    desk.send(**label)
    desk.clock.advance(60)
    other = desk.send(text="到哪里了", email=MAIL, **label)
    desk.pipeline.workers_are_away = True
    recipient = f"contact:{other.json()['contact_id']}"
    desk.pipeline.sends.decided[NOTICE] = a_notice(
        NOTICE, tenant=TENANT, case_id=desk.case_of(other), recipient=recipient
    )
    mail = a_mail(In_Reply_To=f"<{NOTICE}@example.com>")
    assert post(desk, "/v1/inbound/mail/mail", mail).json() == {"taken_as": "reply"}
    assert writer(desk).reply_to == desk.case_of(other)
    assert names_of(writer(desk)) == person_indexes(KEYS, TENANT, MAIL)
