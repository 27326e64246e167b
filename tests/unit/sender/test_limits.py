"""The steps that are told before an end, and how much a provider and an address are sent."""

from schemas.codec import decode
from schemas.notices import NoticeSettled
from tests.unit.sender.desk import FAILED, SenderDesk, a_notice, notices
from tests.unit.sender.ways import EMAIL, ends


def test_the_steps_to_an_end_are_told_with_it(desk: SenderDesk) -> None:
    desk.mail.plan = [FAILED]
    made = [decode(NoticeSettled, out.value) for out in desk.take(a_notice()).outbound]
    assert [(one.state, one.channel) for one in made] == [
        ("requested", "email"),
        ("claimed", "email"),
        ("claimed", "webhook"),
        ("sent", "webhook"),
    ]


def test_a_provider_is_written_to_no_faster_than_its_rate(desk: SenderDesk) -> None:
    channels = dict(desk.policy.channels)
    rate = channels[EMAIL].rate.model_copy(update={"per_second": 2.0, "burst": 2.0})
    channels[EMAIL] = channels[EMAIL].model_copy(update={"rate": rate})
    desk.policy = desk.policy.model_copy(update={"channels": channels})
    desk.restart()
    before = desk.clock.seconds
    assert {end[1] for end in ends(desk.take(*notices(12)))} == {"sent"}
    assert 4.5 <= desk.clock.seconds - before <= 6.0
