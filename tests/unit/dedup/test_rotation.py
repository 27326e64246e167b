"""HMAC keys rotate while cases are open: who and what was known before is known after."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.contacts import ContactReceived
from schemas.personal import KeyRing
from services.api.forms import ContactForm
from services.api.intake import take
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.runtime.watching import always
from tests.support.builders import NOON, VAULT
from tests.support.dedup_desk import TOPIC, AClock, Desk

OLD = KeyRing({"k1": b"1" * 32}, "k1")
MISTYPED = "还是那个蓝色行李箱,上次说的,单号打错了"
NEW = KeyRing({"k2": b"2" * 32, "k1": b"1" * 32}, "k2")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def rotated(desk: Desk) -> Desk:
    """Return the same store behind a worker with a new key."""
    desk.handler = DedupHandler(desk.store, NEW, always(load_policy()), AClock(), {TOPIC: "out"})
    return desk


def before(desk: Desk) -> Desk:
    desk.handler = DedupHandler(desk.store, OLD, always(load_policy()), AClock(), {TOPIC: "out"})
    return desk


def contact(keys: KeyRing, name: str, **form: Any) -> ContactReceived:
    body = {"channel": "app", "text": "蓝色行李箱一直没送到,请尽快处理", **form}
    later = NOON if keys is OLD else NOON + timedelta(hours=3)
    return take(ContactForm(**body), keys, VAULT, "default", name, later).record


@pytest.mark.parametrize(
    "who", [{"customer": "c-7"}, {"phone": "13800138000"}, {"email": "a@example.com"}]
)
def test_the_same_person_asks_again_after_the_rotation(desk: Desk, who: dict[str, str]) -> None:
    (first,) = before(desk).take(contact(OLD, "a", waybill="SF1300000000001", **who))
    (again,) = rotated(desk).take(contact(NEW, "b", **who))
    assert (again.case_id, again.relation) == (first.case_id, "repeat")


def test_a_waybill_is_the_same_and_one_slip_away_from_itself(desk: Desk) -> None:
    (first,) = before(desk).take(contact(OLD, "a", waybill="YT4413998102276", customer="c-7"))
    (same, slip) = rotated(desk).take(
        contact(NEW, "b", waybill="YT4413998102276", customer="c-7"),
        contact(
            NEW,
            "c",
            waybill="YT4413988102276",
            customer="c-7",
            text="还是那个蓝色行李箱,上次说的,单号打错了",
        ),
    )
    assert (same.case_id, slip.case_id) == (first.case_id, first.case_id)


def test_another_parcel_stays_another_after_the_rotation(desk: Desk) -> None:
    (first,) = before(desk).take(contact(OLD, "a", waybill="YT4413998102276", customer="c-7"))
    (other,) = rotated(desk).take(
        contact(NEW, "b", waybill="SF1300000000001", customer="c-7", text="另一单洗衣机摔坏了")
    )
    assert other.case_id != first.case_id


@pytest.mark.parametrize(
    "who",
    [{"customer": "c-7"}, {"phone": "13800138000"}, {"customer": "c-7", "email": "a@example.com"}],
)
def test_a_contact_sent_again_after_the_rotation_is_the_same(
    desk: Desk, who: dict[str, str]
) -> None:
    """Its sender was told nothing while the keys were changed."""
    before(desk).take(contact(OLD, "a", **who))
    handled = rotated(desk).handler.handle([desk.record(contact(NEW, "a", **who))], {})
    assert (handled.outcomes, handled.dead) == ({"resubmission": 1}, [])


def test_other_words_or_another_person_under_its_id_are_not(desk: Desk) -> None:
    who = {"customer": "c-7", "phone": "13800138000"}
    before(desk).take(contact(OLD, "a", **who))
    others = [
        contact(NEW, "a", **who, text="洗衣机摔坏了"),
        contact(NEW, "a", **who | {"customer": "c-8"}),
    ]
    handled = rotated(desk).handler.handle([desk.record(one) for one in others], {})
    assert handled.outcomes == {"conflicting": 2}
