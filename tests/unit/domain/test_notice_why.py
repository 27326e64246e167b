"""Why somebody was told, or was not: one line that says the decision, its rule and its end."""

from datetime import UTC
from typing import Any

import pytest

from schemas.codec import encode
from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from services.domain.notice_fates import Fate, fate_of, news_number
from services.domain.notice_store import NoticeRow, Told
from services.domain.notice_why import Decided, decided_of, line_of
from services.domain.send_store import Attempt, Claim, Outcome, Result
from tests.support.builders import NOON, TENANT, at

_COMMON: dict[str, Any] = {
    "tenant": TENANT,
    "case_id": "C1",
    "notice_id": "N1",
    "kind": NoticeKind.PROGRESS,
    "recipient": "contact:c1",
    "channel": NoticeChannel.EMAIL,
}


def asked(*outcomes: Outcome, **fields: Any) -> Fate:
    """Return the fate of a request after attempts that ended so."""
    record = NoticeRequested(
        **_COMMON | {"case_seq": 3, "template": "progress", "reason": "taken_up",
                     "requested_at": NOON} | fields
    )  # fmt: skip
    attempts = [
        Attempt(
            n,
            Claim("N1", n, f"{TENANT}|C1", "email", "me", NOON),
            Result("N1", n, outcome, "timeout", at(seconds=n)),
        )
        for n, outcome in enumerate(outcomes, 1)
    ]
    told = Told("p1", 3, record.kind, NOON, True, "c1", "email", "zh")
    return fate_of(NoticeRow("N1", f"{TENANT}|C1", "s:0:1", told, encode(record)), attempts)


def untold(reason: str) -> Fate:
    """Return the fate of a decision that nobody is told."""
    record = NoticeSettled(
        **_COMMON, state=NoticeState.SUPPRESSED, attempts=0, reason=reason, rule="taken_up", at=NOON
    )
    told = Told("p1", 3, record.kind, NOON, False, "c1", "email", "zh")
    return fate_of(NoticeRow("N1", f"{TENANT}|C1", "s:0:1", told, encode(record)), [])


def lost(reason: str, *before: tuple[Outcome, str, str]) -> Fate:
    """Return the fate of a request that ended by a rule, or was found to lead nowhere."""
    return ended(Outcome.GIVEN_UP, reason, *before)


def ended(outcome: Outcome, reason: str, *before: tuple[Outcome, str, str]) -> Fate:
    """Return the fate of a request after attempts (outcome, reason, channel) and an end by a
    rule, or news of the last attempt."""
    record = NoticeRequested(
        **_COMMON,
        case_seq=3,
        template="progress",
        reason="taken_up",
        mandatory=True,
        requested_at=NOON,
    )
    attempts = [
        Attempt(
            n,
            Claim("N1", n, f"{TENANT}|C1", channel, "me", NOON),
            Result("N1", n, one, why, at(seconds=n)),
        )
        for n, (one, why, channel) in enumerate(before, 1)
    ]
    is_news = outcome in NEWS
    number = news_number(len(before), outcome) if is_news else 0
    attempts.append(Attempt(number, None, Result("N1", number, outcome, reason, at(minutes=1))))
    told = Told("p1", 3, record.kind, NOON, True, "c1", "email", "zh")
    return fate_of(NoticeRow("N1", f"{TENANT}|C1", "s:0:1", told, encode(record)), attempts)


NEWS = (Outcome.DELIVERED, Outcome.UNDELIVERED, Outcome.SAID_SENT, Outcome.SAID_NOT_SENT)
WAS_SENT = (Outcome.SENT, "sent", "email")
IN_DOUBT = (Outcome.UNKNOWN, "timeout", "email")
TABLE = [
    (asked(Outcome.SENT), Decided.SENT),
    (ended(Outcome.SAID_SENT, "said_sent:clerk:wang", IN_DOUBT), Decided.SENT),
    (ended(Outcome.DELIVERED, "delivered", WAS_SENT), Decided.DELIVERED),
    (ended(Outcome.DELIVERED, "delivered", IN_DOUBT), Decided.DELIVERED),
    (untold("bundled:taken_up"), Decided.BUNDLED),
    (untold("daily:taken_up"), Decided.BUNDLED),
    (untold("throttled:taken_up"), Decided.THROTTLED),
    (untold("capped"), Decided.THROTTLED),
    (asked(not_before=at(hours=9)), Decided.QUIET),
    (untold("opted_out:taken_up"), Decided.OPTED_OUT),
    (ended(Outcome.SUPPRESSED, "address_complained"), Decided.OPTED_OUT),
    (untold("no_address"), Decided.NO_ADDRESS),
    (untold("contact_unknown"), Decided.NO_ADDRESS),
    (untold("no_team_above"), Decided.NO_ADDRESS),
    (ended(Outcome.SUPPRESSED, "no_address"), Decided.NO_ADDRESS),
    (ended(Outcome.SUPPRESSED, "address_bounced"), Decided.NO_ADDRESS),
    (lost("address_unusable", (Outcome.FAILED, "address_unusable", "email")), Decided.NO_ADDRESS),
    (lost("no_robot", (Outcome.FAILED, "no_robot", "chat")), Decided.NO_ADDRESS),
    (ended(Outcome.UNDELIVERED, "bounced:5.1.1", WAS_SENT), Decided.BOUNCED),
    (ended(Outcome.UNDELIVERED, "undelivered:012", WAS_SENT), Decided.BOUNCED),
    (asked(Outcome.AWAY), Decided.PROVIDER_DOWN),
    (asked(Outcome.REFUSED), Decided.PROVIDER_DOWN),
    (lost("given_up:timeout", (Outcome.AWAY, "timeout", "email")), Decided.PROVIDER_DOWN),
    (lost("away_too_long"), Decided.PROVIDER_DOWN),
    (ended(Outcome.SUPPRESSED, "channel_off"), Decided.PROVIDER_DOWN),
    (asked(Outcome.FAILED), Decided.FAILED),
    (lost("http_503", (Outcome.REFUSED, "http_503", "sms")), Decided.FAILED),
    (lost("held", IN_DOUBT), Decided.HELD),
    (asked(Outcome.UNKNOWN), Decided.UNKNOWN),
    (lost("in_doubt_too_often", IN_DOUBT, IN_DOUBT), Decided.UNKNOWN),
    (asked(), Decided.WAITING),
    (asked(kind=NoticeKind.DIGEST, not_before=at(hours=9)), Decided.WAITING),
    (ended(Outcome.SAID_NOT_SENT, "said_not_sent:clerk:wang", IN_DOUBT), Decided.WAITING),
    (untold("merged"), Decided.NOT_SENT),
    (ended(Outcome.SUPPRESSED, "overtaken"), Decided.NOT_SENT),
    (ended(Outcome.SUPPRESSED, "no_answer"), Decided.NOT_SENT),
    (ended(Outcome.SUPPRESSED, "not_for_this_channel"), Decided.NOT_SENT),
    (ended(Outcome.SUPPRESSED, "not_over_letter"), Decided.NOT_SENT),
]


@pytest.mark.parametrize(
    ("fate", "decided"), TABLE, ids=lambda one: str(getattr(one, "reason", one))
)
def test_every_decision_has_its_word_and_its_rule(fate: Fate, decided: Decided) -> None:
    assert decided_of(fate, NOON) is decided
    lines = [line_of(fate, NOON, UTC, language) for language in ("zh", "en")]
    for line in lines:
        assert "taken_up" in line
        assert "\n" not in line
    zh, en = (line.split(": ", 1)[1].partition(";")[0] for line in lines)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
    assert en.isascii()


def test_the_table_leaves_no_word_out() -> None:
    assert {decided for _, decided in TABLE} == set(Decided)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_words_read_alike(language: str) -> None:
    first = {decided: fate for fate, decided in reversed(TABLE)}
    said = [line_of(fate, NOON, UTC, language).split(": ", 1)[1] for fate in first.values()]
    assert len({one.partition(";")[0] for one in said}) == len(Decided)


def test_after_a_change_of_channel_the_line_names_both() -> None:
    fate = ended(
        Outcome.DELIVERED,
        "delivered",
        (Outcome.FAILED, "x", "email"),
        (Outcome.SENT, "sent", "sms"),
    )
    assert line_of(fate, NOON, UTC, "en") == (
        "2026-03-02 12:00:00  #3 progress → contact:c1 (email → sms): delivered; "
        "by rule taken_up; delivered 2026-03-02 12:01:00 (delivered)"
    )


def test_the_line_says_when_what_to_whom_and_how_it_ended() -> None:
    assert line_of(untold("throttled:taken_up"), NOON, UTC, "en") == (
        "2026-03-02 12:00:00  #3 progress → contact:c1 (email): not sent, told not long ago; "
        "by rule taken_up; suppressed 2026-03-02 12:00:00"
    )
    assert line_of(asked(Outcome.AWAY), NOON, UTC, "en").endswith(
        "the provider is down; by rule taken_up; waiting 2026-03-02 12:00:01 (away:timeout)"
    )


def test_a_held_notice_says_until_when() -> None:
    fate = asked(not_before=at(hours=9))
    assert "held for quiet hours; by rule taken_up; until 2026-03-02 21:00:00" in line_of(
        fate, NOON, UTC, "en"
    )
    assert decided_of(fate, at(hours=10)) is Decided.WAITING
