"""From a notice to a letter: the right address, the right words, or a reason why not."""

from typing import Any

import pytest

from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.personal import Personal, Sealed
from schemas.vocabulary import ChangeKind, ClockName
from services.sender.channels.port import Letter
from services.sender.no_letter import NoLetter
from tests.support.builders import NOON, at
from tests.unit.sender.office import PERSONAL, Office


def reason(written: Letter | NoLetter) -> str:
    assert isinstance(written, NoLetter)
    return written.reason


def test_an_acknowledgement_leads_to_the_customers_own_page() -> None:
    office = Office()
    letter = office.letter()
    assert letter.address == "li@example.com"
    assert f"https://kd.example/track/{office.contact.tracking}" in letter.text
    assert "2026年3月2日 20:00" in letter.text  # noon in UTC is evening in China


def test_a_result_holds_the_clerks_answer_of_that_very_change() -> None:
    office = Office()
    office.happens(ChangeKind.RESOLVED, note="已赔付 50 元。\n敬请谅解。")
    letter = office.letter(kind=NoticeKind.RESULT, template="result")
    assert "已赔付 50 元。\n敬请谅解。" in letter.text


@pytest.mark.parametrize(
    ("personal", "kind", "value"),
    [
        (PERSONAL, "phone", "+86 138 0013 8000"),
        (Personal(customer="cust-1"), "account", "cust-1"),
        (Personal(phone="  ", customer="cust-1"), "account", "cust-1"),
    ],
)
def test_the_gateway_gets_a_phone_else_an_account(
    personal: Personal, kind: str, value: str
) -> None:
    letter = Office(personal).letter(channel=NoticeChannel.WEBHOOK)
    assert (letter.address_kind, letter.address) == (kind, value)


@pytest.mark.parametrize(
    ("personal", "channel"),
    [
        (None, NoticeChannel.EMAIL),
        (Personal(phone="1"), NoticeChannel.EMAIL),
        (Personal(email="a@b.example"), NoticeChannel.WEBHOOK),
        (Sealed(data="broken"), NoticeChannel.EMAIL),
    ],
)
def test_whoever_has_no_address_gets_no_letter(
    personal: Personal | Sealed | None, channel: NoticeChannel
) -> None:
    assert reason(Office(personal).write(channel=channel)) == "no_address"


def test_a_contact_nobody_knows_gets_no_letter() -> None:
    assert reason(Office().write(recipient="contact:nobody")) == "contact_unknown"


def test_a_result_without_an_answer_is_not_sent() -> None:
    office = Office()
    assert reason(office.write(kind=NoticeKind.RESULT)) == "change_unknown"
    office.happens(ChangeKind.CLOSED)
    assert reason(office.write(kind=NoticeKind.RESULT)) == "no_answer"


def test_a_team_is_told_by_its_name_what_is_overdue() -> None:
    office = Office()
    office.happens(
        ChangeKind.CLOCK_BREACHED, clock=ClockName.RESOLUTION, due_at=NOON, level=3, team="claims"
    )
    fields: dict[str, Any] = {"recipient": "team:claims", "channel": NoticeChannel.WEBHOOK}
    letter = office.letter(kind=NoticeKind.BREACH, **fields)
    assert (letter.address_kind, letter.address) == ("team", "claims")
    for words in ("理赔组", "case-1", "3 级", "办结", "2026年3月2日 20:00"):
        assert words in letter.text, words
    assert "迟发" not in letter.text
    english = office.letter(kind=NoticeKind.BREACH, language="en", **fields)
    assert "Claims" in english.text


def test_a_team_has_no_mail_address() -> None:
    office = Office()
    office.happens(ChangeKind.CLOCK_WARNED, clock=ClockName.RESOLUTION)
    written = office.write(kind=NoticeKind.WARNING, recipient="team:claims")
    assert reason(written) == "no_address"


def test_the_text_of_the_complaint_is_in_no_letter() -> None:
    office = Office(text="我的身份证号是秘密")
    office.happens(ChangeKind.RESOLVED, note="好")
    for kind in (NoticeKind.ACKNOWLEDGEMENT, NoticeKind.PROGRESS, NoticeKind.RESULT):
        letter = office.letter(kind=kind)
        assert "身份证" not in letter.text + letter.html + letter.subject


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_a_clerk_tells_the_customer_stands_in_the_notice_of_progress(language: str) -> None:
    office = Office()
    office.happens(ChangeKind.CUSTOMER_UPDATED, note="包裹在海关,<明天>再催。")
    letter = office.letter(kind=NoticeKind.PROGRESS, language=language)
    assert "包裹在海关,<明天>再催。" in letter.text
    assert "包裹在海关,&lt;明天&gt;再催。" in letter.html
    message = office.letter(kind=NoticeKind.PROGRESS, language=language, channel=NoticeChannel.SMS)
    assert "/track/" in message.text


@pytest.mark.parametrize(
    "kind", [ChangeKind.NOTED, ChangeKind.WAITING_STARTED, ChangeKind.TASK_GIVEN]
)
def test_what_clerks_note_for_each_other_is_in_no_notice_of_progress(kind: ChangeKind) -> None:
    office = Office()
    office.happens(kind, note="客户很生气")
    letter = office.letter(kind=NoticeKind.PROGRESS)
    assert "生气" not in letter.text + letter.html


def test_a_message_to_a_team_shows_level_time_left_and_the_case() -> None:
    office = Office()
    office.happens(ChangeKind.CLOCK_WARNED, level=3, clock="resolution", due_at=at(hours=26))
    team = {"recipient": "team:claims", "channel": NoticeChannel.CHAT, "language": "en"}
    letter = office.letter(kind=NoticeKind.WARNING, **team)
    card = letter.card
    assert card is not None
    assert (card.tone, card.link) == ("orange", "https://console.example/cases/case-1")
    assert [name for name, _ in card.facts] == ["Level", "Due", "Left"]
    assert [value for _, value in card.facts][::2] == ["3 · serious", "1 d 2 h"]


INTERIM = {"note": "我们还在等中转场的回复。", "due_at": at(days=3)}


@pytest.mark.parametrize("clock", [ClockName.RESOLUTION, ClockName.STATUTORY])
def test_more_time_is_told_with_the_interim_reply_and_the_new_date(clock: ClockName) -> None:
    office = Office()
    office.happens(ChangeKind.EXTENDED, clock=clock, extended_by=60, **INTERIM)
    letter = office.letter(kind=NoticeKind.PROGRESS)
    for text in (letter.text, letter.html):
        assert "我们还在等中转场的回复。" in text
        assert "2026年3月5日 20:00" in text
    sms = office.letter(kind=NoticeKind.PROGRESS, channel=NoticeChannel.SMS)
    assert "2026年3月5日 20:00" in sms.text


def test_a_proposal_is_told_in_full() -> None:
    office = Office()
    office.happens(ChangeKind.PROPOSED, note="我们愿意补寄一件。")
    letter = office.letter(kind=NoticeKind.PROGRESS)
    assert "我们愿意补寄一件。" in letter.text
    assert "前给您答复" not in letter.text


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ChangeKind.WAITING_STARTED, INTERIM),
        (ChangeKind.TRANSFERRED, INTERIM),
        (ChangeKind.CLOCK_BREACHED, {"clock": ClockName.NEXT_UPDATE, "due_at": at(days=3)}),
    ],
)
def test_what_clerks_note_for_themselves_no_customer_reads(
    kind: ChangeKind, fields: dict[str, Any]
) -> None:
    office = Office()
    office.happens(kind, **fields)
    letter = office.letter(kind=NoticeKind.PROGRESS)
    assert "中转场" not in letter.text + letter.html
    assert "3月5日" not in letter.text + letter.html


def test_the_new_date_of_a_limit_of_our_own_is_no_promise_to_the_customer() -> None:
    office = Office()
    office.happens(ChangeKind.EXTENDED, clock=ClockName.TEAM, extended_by=60, **INTERIM)
    letter = office.letter(kind=NoticeKind.PROGRESS)
    assert "我们还在等中转场的回复。" in letter.text
    assert "3月5日" not in letter.text


RETRACTED = {"clock": ClockName.RESOLUTION, "due_at": NOON}


@pytest.mark.parametrize(
    ("kind", "fields", "to", "says"),
    [
        (ChangeKind.OPENED, {"inform": ("claims",)}, "team:claims", "Another team leads it"),
        (ChangeKind.OPENED, {}, "clerk:li", "You are in charge"),
        (ChangeKind.ASSIGNED, {}, "clerk:li", "You are in charge"),
        (ChangeKind.REOPENED, {}, "team:claims", "it has been reopened"),
        (ChangeKind.TRANSFERRED, {"unit": "team:billing"}, "team:claims", "passed on to Billing"),
        (ChangeKind.TRANSFERRED, {"unit": "partner:gb"}, "team:claims", "passed on to gb."),
        (ChangeKind.APPEAL_OPENED, {}, "team:claims", "The customer has appealed"),
        (ChangeKind.CORRECTED, {"team": "claims"}, "team:claims", "After a correction"),
        (
            ChangeKind.BREACH_RETRACTED,
            {"reason": "accepted_in_time", **RETRACTED},
            "team:claims",
            "resolution time limit no longer holds: the limit was met in time",
        ),
        (
            ChangeKind.BREACH_RETRACTED,
            {"reason": "not_due_any_more", **RETRACTED},
            "team:claims",
            "is not due any more",
        ),
    ],
)
def test_staff_is_told_why_a_case_concerns_them(
    kind: ChangeKind, fields: dict[str, Any], to: str, says: str
) -> None:
    office = Office()
    office.happens(kind, level=2, **fields)
    staff = {"recipient": to, "channel": NoticeChannel.CHAT, "language": "en"}
    letter = office.letter(kind=NoticeKind.ASSIGNED, **staff)
    assert says in letter.text
    assert ("Another team" in letter.text) == bool(fields.get("inform"))


def test_who_is_next_hears_that_an_escalation_found_nobody() -> None:
    office = Office()
    office.happens(ChangeKind.ESCALATION_SKIPPED, skipped="senior-desk", reason="off_duty")
    staff = {"recipient": "team:task-force", "channel": NoticeChannel.CHAT, "language": "en"}
    assert (
        "nobody could take it up at Senior"
        in office.letter(kind=NoticeKind.ESCALATION, **staff).text
    )


def test_a_raised_level_is_no_escalation_to_another_team() -> None:
    office = Office()
    office.happens(ChangeKind.LEVEL_RAISED, level=4)
    staff = {"recipient": "team:claims", "channel": NoticeChannel.CHAT, "language": "en"}
    letter = office.letter(kind=NoticeKind.ESCALATION, **staff)
    assert "has been raised to 4" in letter.text
    assert "escalated" not in letter.text + letter.subject
