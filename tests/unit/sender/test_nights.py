"""Nobody is woken by what was decided by day and waited: for its provider, a cap, its release."""

from datetime import datetime, timedelta
from typing import Any

from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested, QuietHours
from services.sender.channels.port import SENT
from tests.support.builders import NOON, at
from tests.unit.sender.desk import AWAY, a_notice
from tests.unit.sender.test_held import due
from tests.unit.sender.test_lanes import EMAIL, LanedDesk

NIGHT = QuietHours(begins="21:30", ends="08:00", zone="Asia/Shanghai")
EVENING, MORNING = at(hours=1, minutes=20), at(hours=12)
"""In China: 21:20, and 8:00 of the next day; noon in UTC is 20:00 there."""


def progress(name: str = "N1", **fields: Any) -> NoticeRequested:
    return a_notice(name, **({"mandatory": False, "quiet": NIGHT} | fields))


def desk_at(when: datetime) -> LanedDesk:
    desk = LanedDesk()
    desk.clock.advance((when - NOON).total_seconds())
    return desk


def pass_time(desk: LanedDesk, until: datetime) -> list[tuple[str, str]]:
    """Let the lane of mail work minute by minute; return what ended."""
    ended: list[tuple[str, str]] = []
    while desk.clock.now() < until:
        while desk.lane(EMAIL).step() == 0.0:
            pass
        ended += desk.round()
        desk.clock.advance(60)
    return ended


def test_what_its_provider_took_no_more_in_the_evening_waits_for_the_morning() -> None:
    desk = desk_at(EVENING)
    desk.mail.usual = AWAY
    assert desk.round(progress()) == []
    desk.clock.advance(timedelta(hours=1).total_seconds())
    tried = len(desk.mail.sent)
    desk.mail.usual = SENT
    assert pass_time(desk, MORNING) == []
    assert len(desk.mail.sent) == tried
    assert pass_time(desk, MORNING + timedelta(minutes=10)) == [("N1", "sent")]


def test_in_the_morning_a_provider_that_works_is_asked_before_the_next_one() -> None:
    desk = desk_at(EVENING)
    desk.mail.usual = AWAY
    assert desk.round(progress(mandatory=True, fallback=(NoticeChannel.WEBHOOK,))) == []
    desk.mail.usual = SENT
    desk.clock.advance((at(hours=2) - desk.clock.now()).total_seconds())
    assert [*desk.round(a_notice("N2")), *pass_time(desk, MORNING)] == [("N2", "sent")]
    assert pass_time(desk, MORNING + timedelta(minutes=10)) == [("N1", "sent")]
    assert (desk.mail.sent[-1], desk.hook.sent) == ("N1", [])


def test_a_provider_that_is_still_away_in_the_morning_is_not_waited_for() -> None:
    desk = desk_at(EVENING)
    desk.mail.usual = AWAY
    notice = progress(mandatory=True, fallback=(NoticeChannel.WEBHOOK,))
    assert desk.round(notice) == []
    desk.clock.advance((at(hours=2) - desk.clock.now()).total_seconds())
    assert pass_time(desk, MORNING + timedelta(minutes=10)) == [("N1", "sent")]
    assert desk.hook.sent == ["N1"]


def test_what_was_let_go_late_does_not_come_in_the_next_night() -> None:
    desk = desk_at(at(hours=27))  # the sender stood still for a day: 23:00
    notice = progress(not_before=MORNING)
    desk.store.decided["N1"] = notice
    desk.laned.handle([due(notice, 1, MORNING)], {})
    assert pass_time(desk, at(hours=36)) == []
    assert desk.mail.sent == []
    assert pass_time(desk, at(hours=36, minutes=10)) == [("N1", "sent")]


def test_who_rests_for_the_night_is_in_nobodys_way() -> None:
    desk = desk_at(at(hours=5))
    assert desk.round(progress(), a_notice("N2")) == [("N2", "sent")]
    while desk.lane(EMAIL).step() == 0.0:
        pass
    assert desk.round(a_notice("N3")) == [("N3", "sent")]


def test_it_is_night_where_the_recipient_is() -> None:
    desk = desk_at(at(hours=5))
    london = NIGHT.model_copy(update={"zone": "Europe/London"})
    assert desk.round(progress(quiet=london)) == [("N1", "sent")]


def test_a_channel_that_is_off_is_passed_over_at_night_without_an_attempt() -> None:
    desk = desk_at(at(hours=5))
    assert desk.round(progress(channel=NoticeChannel.SMS, fallback=(EMAIL,))) == []
    assert desk.mail.sent == []


def test_a_call_held_up_into_the_night_is_not_made() -> None:
    desk = desk_at(EVENING)
    desk.mail.seconds = timedelta(hours=1).total_seconds()
    batch = progress("N1"), progress("N2", fallback=(NoticeChannel.WEBHOOK,))
    assert [*desk.round(*batch), *pass_time(desk, MORNING)] == [("N1", "sent")]
    assert desk.mail.sent == ["N1"]
    assert pass_time(desk, MORNING + timedelta(minutes=10)) == [("N2", "sent")]
    assert desk.mail.sent == ["N1", "N2"]
    assert desk.hook.sent == []
