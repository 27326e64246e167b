"""What keeps a notice back: a choice, the night, a storm; and what passes all of them."""

from datetime import datetime
from typing import Any

import pytest

from schemas.vocabulary import ChangeKind, ClockName
from services.domain.errors import SettingsError
from services.domain.notice_store import Standing
from services.domain.preferences import Preferences
from services.notification.policy import SHIPPED, load_policy
from tests.support.builders import at
from tests.unit.notification.test_logic import (
    POLICY,
    a_change,
    a_reach,
    a_told,
    decided,
    told,
)

MOST = POLICY.storm.rates["team"].most
EVENING, MIDNIGHT, MORNING = at(hours=2), at(hours=6), at(hours=12)
"""In China: 22:00, 2:00 and 8:00."""


def test_these_times_are_what_they_are_called() -> None:
    assert (at().hour, MORNING.hour) == (12, 0)


# ------------------------------------------------------------------ choices


def test_who_opted_out_hears_no_progress_and_still_gets_his_answer() -> None:
    chosen = Preferences(opt_out=True)
    news = a_change(ChangeKind.INVESTIGATION_STARTED)
    progress = decided(news, a_told("p1"), chosen=chosen)
    assert told(progress) == [("progress", "contact:c-p1", "opted_out:investigating")]
    answer = decided(a_change(ChangeKind.RESOLVED, note="x"), a_told("p1"), chosen=chosen)
    assert told(answer) == [("result", "contact:c-p1", None)]


@pytest.mark.parametrize("kind", [ChangeKind.PROPOSED, ChangeKind.PAYMENT_REQUESTED])
def test_what_wants_an_answer_comes_to_who_opted_out(kind: ChangeKind) -> None:
    (one,) = decided(a_change(kind), a_told("p1"), chosen=Preferences(opt_out=True))
    assert (one.suppressed, one.mandatory) == (None, True)


def test_a_choice_of_language_and_channels_is_followed_and_makes_nobody_mute() -> None:
    chosen = Preferences(language="en", channels=("sms", "push"))
    (one,) = decided(a_change(ChangeKind.RESOLVED), a_told("p1"), chosen=chosen)
    assert (one.to.language, one.to.channel) == ("en", "sms")
    assert one.to.fallback == ("push", "email")
    assert one.to.usual == "email"


def test_a_choice_gives_nobody_an_address_who_has_none() -> None:
    chosen = Preferences(channels=("sms",))
    (one,) = decided(
        a_change(ChangeKind.OPENED, seq=1), reach=a_reach(has_email=False), chosen=chosen
    )
    assert one.suppressed == "no_address"


def test_a_zone_that_does_not_exist_cannot_be_chosen() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Preferences(zone="Asia/Atlantis")


# ------------------------------------------------------------------ quiet hours


@pytest.mark.parametrize(
    ("now", "until"), [(EVENING, MORNING), (MIDNIGHT, MORNING), (MORNING, None), (at(), None)]
)
def test_progress_at_night_waits_until_the_morning(now: datetime, until: datetime | None) -> None:
    (one,) = decided(a_change(ChangeKind.INVESTIGATION_STARTED), a_told("p1"), now=now)
    assert (one.suppressed, one.not_before) == (None, until)


def test_it_is_night_where_the_recipient_is() -> None:
    change = a_change(ChangeKind.INVESTIGATION_STARTED)
    (london,) = decided(change, a_told("p1", calling_code="4420"), now=EVENING)
    assert london.not_before is None
    chosen = Preferences(zone="Asia/Shanghai")
    (moved,) = decided(change, a_told("p1", calling_code="4420"), now=EVENING, chosen=chosen)
    assert moved.not_before == MORNING


def test_what_is_mandatory_and_what_is_grave_wakes_people() -> None:
    (answer,) = decided(a_change(ChangeKind.RESOLVED), a_told("p1"), now=MIDNIGHT)
    (grave,) = decided(
        a_change(ChangeKind.INVESTIGATION_STARTED), a_told("p1"), now=MIDNIGHT, standing=Standing(4)
    )
    assert answer.not_before is None
    assert grave.not_before is None


# ------------------------------------------------------------------ storms


def warned(**fields: Any) -> Any:
    return a_change(
        ChangeKind.CLOCK_WARNED, **({"clock": ClockName.RESOLUTION, "team": "claims"} | fields)
    )


def test_above_the_rate_a_team_gets_a_digest_at_the_end_of_the_time() -> None:
    (below,) = decided(warned(), sent={"team:claims": MOST - 1}, now=at(minutes=4))
    (above,) = decided(warned(), sent={"team:claims": MOST}, now=at(minutes=4))
    assert below.suppressed is None
    assert above.suppressed == "bundled:clock_warned"
    assert above.digest is not None
    assert (above.digest.ends, above.digest.due) == (at(minutes=15), at(minutes=15, seconds=30))


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        (warned(clock=ClockName.STATUTORY), Standing(1)),
        (warned(), Standing(4)),
        (warned(level=4), Standing(1)),
    ],
)
def test_what_is_grave_or_about_the_law_is_never_bundled(change: Any, standing: Standing) -> None:
    (one,) = decided(change, sent={"team:claims": 10_000}, standing=standing)
    assert one.suppressed is None


def test_one_team_in_a_storm_does_not_silence_another() -> None:
    (one,) = decided(warned(team="billing"), sent={"team:claims": 10_000})
    assert one.suppressed is None


def test_a_complainants_own_notice_goes_out_in_any_storm() -> None:
    storm = {"contact:c1": 10_000, "contact:c-p1": 10_000, "team:claims": 10_000}
    (opened,) = decided(a_change(ChangeKind.OPENED, seq=1), reach=a_reach(), sent=storm)
    (answer,) = decided(a_change(ChangeKind.RESOLVED), a_told("p1"), sent=storm)
    assert (opened.suppressed, answer.suppressed) == (None, None)


def test_managers_are_told_the_next_morning() -> None:
    breached = a_change(ChangeKind.CLOCK_BREACHED, clock=ClockName.TEAM)
    daily = [one for one in decided(breached, now=EVENING) if one.digest is not None]
    assert [(one.to.name, one.suppressed) for one in daily] == [
        ("team:head-office", "daily:breached_daily")
    ]
    assert daily[0].digest is not None
    assert daily[0].digest.ends == MORNING


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("tell: result, whom: complainants, mandatory: true", "tell: result, whom: complainants, "
         "daily: true", "never bundled"),
        ("whom: managers, daily: true", "whom: managers", "once a day"),
        ("zone: Asia/Shanghai", "zone: Asia/Atlantis", "no time zone"),
        ("  proposed:\n    - {rule: proposed,", "  proposed:\n    - {rule: proposed, "
         "clocks: [team],", "not about a clock"),
    ],
)  # fmt: skip
def test_a_table_that_could_lose_an_answer_is_refused(
    tmp_path: Any, old: str, new: str, problem: str
) -> None:
    text = SHIPPED.read_text()
    assert old in text
    (tmp_path / "policy.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(SettingsError, match=problem):
        load_policy(tmp_path / "policy.yaml")


# ------------------------------------------------------------------ and what waits elsewhere


def test_what_is_told_by_day_says_when_its_night_is() -> None:
    news = a_change(ChangeKind.INVESTIGATION_STARTED)
    (one,) = decided(news, a_told("p1", calling_code="4420"), now=at())
    assert one.night is not None
    assert (one.night.hours, one.night.zone) == (POLICY.quiet, "Europe/London")
    (held,) = decided(news, a_told("p1"), now=EVENING)
    assert held.night is not None
    assert held.night.zone == "Asia/Shanghai"


def test_what_may_come_at_any_hour_says_of_no_night() -> None:
    (answer,) = decided(a_change(ChangeKind.RESOLVED), a_told("p1"))
    (grave,) = decided(
        a_change(ChangeKind.INVESTIGATION_STARTED), a_told("p1"), standing=Standing(4)
    )
    (team,) = decided(warned())
    assert (answer.night, grave.night, team.night) == (None, None, None)
