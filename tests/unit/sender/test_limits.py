"""The steps that are told before an end, and how much a provider and an address are sent."""

import pytest

from schemas.codec import decode
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeSettled
from services.sender.policy import load_policy
from tests.unit.sender.desk import FAILED, SenderDesk, a_notice, notices
from tests.unit.sender.test_failover import EMAIL, ends


@pytest.fixture
def desk() -> SenderDesk:
    made = SenderDesk()
    made.policy = load_policy()
    made.restart()
    return made


def test_the_steps_to_an_end_are_told_with_it(desk: SenderDesk) -> None:
    desk.mail.plan = [FAILED]
    made = [decode(NoticeSettled, out.value) for out in desk.take(a_notice()).outbound]
    assert [(one.state, one.channel) for one in made] == [
        ("requested", "email"),
        ("claimed", "email"),
        ("claimed", "webhook"),
        ("sent", "webhook"),
    ]


def capped(desk: SenderDesk, most: int, seconds: float) -> None:
    channels = dict(desk.policy.channels)
    cap = (
        load_policy()
        .channels[NoticeChannel.SMS]
        .caps[0]
        .model_copy(update={"most": most, "seconds": seconds})
    )
    channels[EMAIL] = channels[EMAIL].model_copy(update={"caps": (cap,)})
    desk.policy = desk.policy.model_copy(update={"channels": channels})
    desk.restart()


def test_one_address_gets_no_more_than_its_cap_of_what_is_not_mandatory(desk: SenderDesk) -> None:
    capped(desk, 2, 60)
    handled = desk.take(*notices(4, mandatory=False))
    assert sorted(end[1:4] for end in ends(handled)) == [
        ("sent", 1, None),
        ("sent", 1, None),
        ("suppressed", 0, "capped:2_in_60_s"),
        ("suppressed", 0, "capped:2_in_60_s"),
    ]
    desk.clock.advance(61)
    assert ends(desk.take(a_notice("N9", mandatory=False)))[0][1] == "sent"


def test_what_is_mandatory_goes_beyond_the_cap(desk: SenderDesk) -> None:
    capped(desk, 1, 60)
    assert {end[1] for end in ends(desk.take(*notices(4)))} == {"sent"}


def test_a_provider_is_written_to_no_faster_than_its_rate(desk: SenderDesk) -> None:
    channels = dict(desk.policy.channels)
    rate = channels[EMAIL].rate.model_copy(update={"per_second": 2.0, "burst": 2.0})
    channels[EMAIL] = channels[EMAIL].model_copy(update={"rate": rate})
    desk.policy = desk.policy.model_copy(update={"channels": channels})
    desk.restart()
    before = desk.clock.seconds
    assert {end[1] for end in ends(desk.take(*notices(12)))} == {"sent"}
    assert 4.5 <= desk.clock.seconds - before <= 6.0
