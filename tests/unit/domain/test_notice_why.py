"""Why somebody was told, or was not: one line that says the decision, its rule and its end."""

from datetime import UTC
from typing import Any

import pytest

from schemas.codec import encode
from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from services.domain.notice_fates import Fate, fate_of
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


@pytest.mark.parametrize(
    ("fate", "decided"),
    [
        (asked(Outcome.SENT), Decided.SENT),
        (untold("bundled:taken_up"), Decided.BUNDLED),
        (untold("daily:taken_up"), Decided.BUNDLED),
        (untold("throttled:taken_up"), Decided.THROTTLED),
        (asked(not_before=at(hours=9)), Decided.QUIET),
        (untold("opted_out:taken_up"), Decided.OPTED_OUT),
        (untold("no_address"), Decided.NO_ADDRESS),
        (asked(Outcome.AWAY), Decided.PROVIDER_DOWN),
        (asked(Outcome.FAILED), Decided.FAILED),
        (asked(Outcome.UNKNOWN), Decided.IN_DOUBT),
        (asked(), Decided.WAITING),
    ],
)
def test_every_decision_has_its_word_and_its_rule(fate: Fate, decided: Decided) -> None:
    assert decided_of(fate, NOON) is decided
    for language in ("zh", "en"):
        line = line_of(fate, NOON, UTC, language)
        assert "taken_up" in line
        assert "\n" not in line


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
