"""Staff and partners are told over what their address book says, and not in their night."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from schemas.codec import decode
from schemas.notices import NoticeReceipt, NoticeRequested, QuietHours
from schemas.vocabulary import ChangeKind, ClockName
from services.domain.errors import SettingsError
from services.domain.notice_store import Standing
from services.domain.staff import SHIPPED, StaffBook, load_staff
from services.notification.gates import Moment
from services.notification.logic import Decision, decide
from services.notification.recipients import Around
from services.runtime.records import Spot
from services.sender.logic import night_ends
from tests.support.builders import at
from tests.unit.notification.test_handler import Desk, requested
from tests.unit.notification.test_logic import POLICY, TEAMS, a_change

NIGHT = {"begins": "20:00", "ends": "07:30"}
LONDON = {
    "over": ["chat", "email"],
    "email": "intl@example.com",
    "language": "en",
    "zone": "Europe/London",
    "quiet": NIGHT,
}
TEN_AT_NIGHT = at(hours=10)
"""In London in March, where the clock is UTC's: 22:00."""


def a_book(**people: dict[str, Any]) -> StaffBook:
    named = {name.replace("_", ":", 1).replace("_", "-"): one for name, one in people.items()}
    return StaffBook.model_validate({"version": "v1", "people": named})


def about(
    kind: ChangeKind,
    book: StaffBook,
    now: datetime = TEN_AT_NIGHT,
    sent: dict[str, int] | None = None,
    **fields: Any,
) -> list[Decision]:
    change = a_change(kind, **({"team": "claims"} | fields))
    around = Around(None, (), Standing(1, "claims", "clerk-201"), staff=book)
    return decide(change, around, POLICY, TEAMS, Moment(now, Counter(sent or {})))


def test_who_is_not_in_the_book_is_told_as_the_table_says() -> None:
    one = about(ChangeKind.TRANSFERRED, a_book())[0]
    assert (one.to.channel, one.to.language, one.to.fallback) == ("chat", "zh", None)
    assert one.not_before is None


def test_who_is_in_the_book_is_told_over_his_channels_in_his_language() -> None:
    one = about(ChangeKind.TRANSFERRED, a_book(team_claims=LONDON), now=at())[0]
    assert (one.to.channel, one.to.language, one.to.fallback) == ("chat", "en", ("email",))


def test_a_clerk_and_a_partner_have_their_own_entries() -> None:
    book = a_book(
        clerk_clerk_201={"over": ["email"], "email": "c201@example.com"},
        partner_humen={"over": ["email"], "email": "desk@humen.example", "language": "zh"},
    )
    assigned = about(ChangeKind.ASSIGNED, book, assignee="clerk-201")
    assert [(one.to.name, one.to.channel) for one in assigned] == [("clerk:clerk-201", "email")]
    (asked,) = about(ChangeKind.WAITING_STARTED, book, waiting_for="partner:humen")
    assert (asked.to.channel, asked.to.language) == ("email", "zh")


def test_in_their_night_staff_is_left_alone_until_their_morning() -> None:
    one = about(ChangeKind.TRANSFERRED, a_book(team_claims=LONDON))[0]
    assert one.suppressed is None
    assert one.not_before == at(hours=19, minutes=30)


def test_by_day_and_for_who_is_always_on_duty_nothing_waits() -> None:
    book = StaffBook.model_validate(
        {
            "version": "v1",
            "kinds": {"team": {"quiet": NIGHT, "zone": "Europe/London"}},
            "people": {"team:senior-desk": {"always": True}},
        }
    )
    above = about(ChangeKind.CLOCK_BREACHED, book, clock=ClockName.TEAM)
    until = {one.to.name: one.not_before for one in above if one.suppressed is None}
    assert until["team:claims"] == at(hours=19, minutes=30)
    assert until["team:senior-desk"] is None
    assert about(ChangeKind.TRANSFERRED, book, now=at())[0].not_before is None


@pytest.mark.parametrize(
    "fields", [{"clock": ClockName.STATUTORY}, {"clock": ClockName.RESOLUTION, "level": 4}]
)
def test_a_grave_case_and_the_legal_limit_pass_through_the_night(fields: dict[str, Any]) -> None:
    one = about(ChangeKind.CLOCK_WARNED, a_book(team_claims=LONDON), **fields)[0]
    assert (one.to.name, one.not_before) == ("team:claims", None)


def test_a_digest_of_a_storm_waits_for_the_morning_too() -> None:
    most = POLICY.storm.rates["team"].most
    sent = {"team:claims": most}
    one = about(ChangeKind.TRANSFERRED, a_book(team_claims=LONDON), sent=sent)[0]
    assert one.digest is not None
    assert one.digest.due == at(hours=19, minutes=30)


def test_what_was_held_over_their_night_is_asked_for_with_its_channels_and_let_go() -> None:
    desk = Desk(a_book(team_claims=LONDON))
    desk.handler.assigned(frozenset({Spot("changed", 0)}))
    desk.clock.advance((TEN_AT_NIGHT - desk.clock.now()).total_seconds())
    (asked,) = requested(desk.take(a_change(ChangeKind.TRANSFERRED, 2, team="claims")))
    assert (asked.channel, asked.fallback, asked.language) == ("chat", ("email",), "en")
    assert asked.not_before == at(hours=19, minutes=30)
    assert desk.handler.tick(desk.clock.now(), {}).outbound == []
    desk.clock.advance(10 * 3600)
    (said,) = desk.handler.tick(desk.clock.now(), {}).outbound
    assert decode(NoticeReceipt, said.value).notice_id == asked.notice_id


def a_digest(desk: Desk) -> NoticeRequested:
    """Fill what the claims team may be told by itself; return the digest of what came after."""
    most = POLICY.storm.rates["team"].most
    changes = [a_change(ChangeKind.TRANSFERRED, seq, team="claims") for seq in range(2, most + 3)]
    (digest,) = [one for one in requested(desk.take(*changes)) if one.kind == "digest"]
    return digest


def test_a_digest_that_is_let_go_late_waits_for_the_morning_and_goes_the_ways_of_the_book() -> None:
    digest = a_digest(Desk(a_book(team_claims=LONDON)))
    assert digest.not_before == at(minutes=15, seconds=30)
    assert digest.quiet == QuietHours(begins="20:00", ends="07:30", zone="Europe/London")
    assert night_ends(digest, TEN_AT_NIGHT) == at(hours=19, minutes=30)
    assert (digest.channel, digest.fallback) == ("chat", ("email",))


def test_what_was_decided_before_a_standstill_goes_into_a_digest_that_is_still_to_come() -> None:
    desk = Desk()
    most, held_up = POLICY.storm.rates["team"].most, iter([20 * 60.0])
    desk.handler._crash = lambda _: desk.clock.advance(next(held_up, 0.0))
    changes = [a_change(ChangeKind.TRANSFERRED, n, team="claims") for n in range(2, most + 3)]
    (digest,) = [one for one in requested(desk.take(*changes)) if one.kind == "digest"]
    assert digest.not_before is not None
    assert digest.not_before > desk.clock.now()


def test_a_digest_to_who_is_in_no_book_goes_at_any_hour_and_as_the_policy_says() -> None:
    digest = a_digest(Desk())
    assert (digest.quiet, digest.fallback) == (None, None)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"over": ["email"]}, "has no address"),
        ({"over": ["pigeon"]}, "chat"),
        ({"zone": "Asia/Atlantis"}, "no time zone"),
        ({"email": "nobody"}, "pattern"),
        ({"always": True, "quiet": NIGHT}, "always on duty"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_an_entry_that_cannot_be_right_is_refused(entry: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        a_book(team_claims=entry)


def test_the_shipped_book_is_read_and_a_bad_one_is_named(tmp_path: Any) -> None:
    assert load_staff().of("team:claims").zone == "Asia/Shanghai"
    bad = tmp_path / "staff.yaml"
    bad.write_text(SHIPPED.read_text().replace("people: {}", "people: {boss: {language: en}}"))
    with pytest.raises(SettingsError, match=r"staff\.yaml: people\.boss"):
        load_staff(bad)
