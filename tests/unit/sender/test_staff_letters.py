"""Staff and partners are written to as their address book says."""

import pytest

from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.tasks import TaskOf
from schemas.vocabulary import ChangeKind, ClockName, WayPart
from services.sender.channels.port import Letter
from services.sender.no_letter import NoLetter
from tests.support.builders import at
from tests.unit.sender.office import Office


def warned(to: str, language: str, channel: NoticeChannel = NoticeChannel.EMAIL) -> Letter:
    office = Office()
    office.happens(ChangeKind.CLOCK_WARNED, clock=ClockName.RESOLUTION, due_at=at(days=3), level=2)
    return office.letter(kind=NoticeKind.WARNING, recipient=to, channel=channel, language=language)


def test_staff_is_written_to_at_its_address_and_told_times_in_its_zone() -> None:
    letter = warned("team:billing", "en")
    assert (letter.address_kind, letter.address) == ("email", "billing@example.com")
    assert "13:00 (UTC+1)" in letter.text
    assert "13:00 (UTC+1)" in letter.html
    assert "13:00（UTC+1）" in warned("team:billing", "zh").text
    assert letter.optout == ""


def test_a_partner_beyond_the_sea_reads_its_own_time() -> None:
    assert "(UTC-5)" in warned("partner:gb", "en").text


def test_who_has_no_entry_reads_chinas_time_and_has_no_mail() -> None:
    assert "20:00" in warned("team:claims", "zh", NoticeChannel.CHAT).text
    assert "UTC" not in warned("team:claims", "zh", NoticeChannel.CHAT).text
    refused = Office().write(
        recipient="team:claims", channel=NoticeChannel.EMAIL, kind=NoticeKind.SURVEY
    )
    assert isinstance(refused, NoLetter)
    assert refused.reason == "no_address"


def test_the_team_of_a_case_reads_that_it_is_of_an_incident_now_and_of_which_level() -> None:
    office = Office()
    link = {"hub": "东莞分拨", "category": "loss", "level": 3}
    office.happens(ChangeKind.INCIDENT_JOINED, incident_id="I1", incident=link)
    said = {
        "recipient": "team:billing",
        "channel": NoticeChannel.EMAIL,
        "kind": NoticeKind.ASSIGNED,
    }
    for language, words in (("en", ("(level 3)", "an incident")), ("zh", ("（3 级）", "归入事件"))):
        letter = office.letter(language=language, **said)
        assert all(word in letter.text for word in words)


def test_what_was_held_over_night_says_how_much_time_is_left_in_the_morning() -> None:
    office = Office()
    office.happens(ChangeKind.CLOCK_WARNED, clock=ClockName.RESOLUTION, due_at=at(hours=14))
    said = {"recipient": "team:claims", "channel": NoticeChannel.CHAT, "kind": NoticeKind.WARNING}
    at_once = office.letter(**said)
    held = office.letter(**said, not_before=at(hours=12))
    assert at_once.card is not None
    assert held.card is not None
    assert dict(at_once.card.facts)["剩余"] == "14 小时"
    assert dict(held.card.facts)["剩余"] == "2 小时"
    assert (at_once.dated, held.dated) == (at(), at(hours=12))


@pytest.mark.parametrize(
    ("holder", "channel", "language"),
    [
        ("partner:gb", NoticeChannel.EMAIL, "en"),
        ("partner:gb", NoticeChannel.WEBHOOK, "en"),
        ("team:claims", NoticeChannel.CHAT, "zh"),
    ],
)
def test_whoever_is_given_a_task_by_a_clerk_reads_what_is_asked_and_until_when(
    holder: str, channel: NoticeChannel, language: str
) -> None:
    office = Office()
    task = TaskOf(number=1, holder=holder, part=WayPart.ASKED)
    office.happens(ChangeKind.TASK_GIVEN, task=task, note="请调取<3月4日>的监控", due_at=at(days=3))
    letter = office.letter(
        kind=NoticeKind.ENQUIRY, recipient=holder, channel=channel, language=language
    )
    assert "请调取<3月4日>的监控" in letter.text
    assert "<3月4日>" not in letter.html
    assert ("3月5日" if language == "zh" else "5 March") in letter.text
