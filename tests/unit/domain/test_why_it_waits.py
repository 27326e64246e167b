"""Until when a notice waits that is not sent yet, and for what: in one line, for both languages."""

from dataclasses import replace
from datetime import UTC

import pytest

from schemas.notice_words import NoticeKind
from schemas.notices import QuietHours
from services.domain.notice_fates import LEFT_ALONE, Fate
from services.domain.notice_why import Decided, decided_of, line_of, rests_until
from services.domain.send_store import Outcome
from tests.support.builders import at
from tests.unit.domain.test_notice_why import asked, ended

QUIET = QuietHours(begins="20:00", ends="07:30", zone="Europe/London")
DAY, NIGHT, MORNING = at(hours=1), at(hours=10), at(hours=19, minutes=30)
"""In London in March, where the clock is UTC's: 13:00, 22:00 and 7:30."""


def left_alone() -> Fate:
    """Return the fate of what the night came before the call of."""
    before = (Outcome.AWAY, LEFT_ALONE, "email")
    return replace(ended(Outcome.SAID_NOT_SENT, "said_not_sent", before), quiet=QUIET)


@pytest.mark.parametrize(
    "fate",
    [
        asked(quiet=QUIET),
        asked(Outcome.AWAY, quiet=QUIET),
        asked(kind=NoticeKind.DIGEST, quiet=QUIET, not_before=at(hours=2)),
        asked(quiet=QUIET, not_before=MORNING),
        left_alone(),
    ],
    ids=["by a cap", "after its provider was away", "late digest", "held", "night before the call"],
)
def test_at_night_it_says_until_when_it_rests_by_the_recipients_clock(fate: Fate) -> None:
    assert decided_of(fate, NIGHT) is Decided.QUIET
    assert rests_until(fate, NIGHT) == MORNING
    said = "rests until 2026-03-03 07:30:00 (Europe/London), the end of the recipient's quiet hours"
    assert f"; {said} 20:00-07:30; " in line_of(fate, NIGHT, UTC, "en")
    said = "等到 2026-03-03 07:30:00（Europe/London），对方安静时段 20:00-07:30 结束"
    assert f"; {said}; " in line_of(fate, NIGHT, UTC, "zh")


def test_by_day_it_does_not_rest() -> None:
    assert decided_of(asked(quiet=QUIET), DAY) is Decided.WAITING
    assert decided_of(asked(Outcome.AWAY, quiet=QUIET), DAY) is Decided.PROVIDER_DOWN
    assert rests_until(asked(quiet=QUIET), DAY) is None
    assert "rests" not in line_of(asked(quiet=QUIET), DAY, UTC, "en")


def test_that_the_night_came_before_the_call_is_no_trouble_of_the_provider() -> None:
    assert decided_of(left_alone(), MORNING) is Decided.WAITING


def test_what_is_held_for_longer_than_the_night_says_so() -> None:
    fate = asked(kind=NoticeKind.DIGEST, quiet=QUIET, not_before=at(hours=24))
    assert decided_of(fate, NIGHT) is Decided.WAITING
    assert "; until 2026-03-03 12:00:00; " in line_of(fate, NIGHT, UTC, "en")


def test_what_was_sent_does_not_rest() -> None:
    assert decided_of(asked(Outcome.SENT, quiet=QUIET), NIGHT) is Decided.SENT
    assert rests_until(asked(Outcome.SENT, quiet=QUIET), NIGHT) is None


def test_on_a_lane_it_says_since_when_and_for_whom_it_waits() -> None:
    fate = replace(asked(), lane_since=DAY)
    assert (
        "; on the lane of email since 2026-03-02 13:00:00: its provider does not take it now, or"
        " its address had enough for a while; " in line_of(fate, DAY, UTC, "en")
    )
    named = replace(fate, lane_provider="team:claims")
    assert "; on the lane of email (team:claims) since " in line_of(named, DAY, UTC, "en")
    assert "; 自 2026-03-02 13:00:00 起在 email 通道排队（team:claims），" in line_of(
        named, DAY, UTC, "zh"
    )
