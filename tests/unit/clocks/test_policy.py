"""The time limits as data: a slip is refused when the policy is loaded, with its place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.vocabulary import ClockName
from services.domain.clocks.book import open_book
from services.domain.clocks.policy import SHIPPED, load_policy
from services.domain.errors import SettingsError
from services.domain.spans import parse_span, span_words
from tests.support.builders import ELAPSED

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


def changed(tmp_path: Path, path: str, value: Any) -> Path:
    """The shipped policy with one field changed (or, with None, taken away)."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = content
    for part in way:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def test_the_law_a_case_is_under_is_law_that_was_read() -> None:
    terms = open_book().today
    term = terms.term(ClockName.STATUTORY, 1, None, MONDAY)
    assert term is not None
    assert term.rule is not None
    assert term.rule.is_law
    assert (term.limit.amount, term.limit.unit, term.limit.pauses_for) == (7, "days", frozenset())
    assert "快递暂行条例" in term.source


def test_no_figure_of_ours_is_called_law() -> None:
    policy = load_policy()
    clocks = [clock for level in policy.levels.values() for clock in level.clocks.values()]
    figures = [part for clock in clocks for part in (clock.limit, clock.warn, clock.escalate)]
    assert {figure.basis for figure in figures} == {"internal"}


def test_the_law_of_the_day_counts_by_the_date_of_the_place() -> None:
    terms = open_book().today
    before = terms.term(ClockName.STATUTORY, 1, None, datetime(2025, 5, 31, 15, 59, tzinfo=UTC))
    after = terms.term(ClockName.STATUTORY, 1, None, datetime(2025, 5, 31, 16, 0, tzinfo=UTC))
    assert before is not None
    assert after is not None
    assert (before.limit.id, after.limit.id) == ("cn-answer-2019", "cn-answer")


def test_a_team_is_measured_by_its_own_hours() -> None:
    terms = open_book().today
    calendars = {
        team: term.limit.calendar
        for team in ("front-desk", "claims", "somebody-new")
        if (term := terms.term(ClockName.TEAM, 1, team, MONDAY)) is not None
    }
    assert calendars == {
        "front-desk": "cn-hotline",
        "claims": "cn-office",
        "somebody-new": "cn-office",
    }


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("levels.3", None, "no limits for 3"),
        ("levels.2.resolution.limit.span", "40h", "2: resolution is given more time"),
        ("levels.2.resolution.limit.calendar", "nowhere", "no calendar 'nowhere'"),
        ("levels.2.resolution.limit.span", "3d", "a day of working time"),
        ("levels.2.resolution.escalate.spans", ["1d"], "a day of working time"),
        ("team_calendars", {"front-desk": "cn-hotline"}, "which calendar is the default"),
        ("levels.4.acknowledgement.escalate.spans", ["2h", "1h"], "each rung"),
        ("levels.4.acknowledgement.escalate.spans", ["1h", "2h", "3h", "4h"], "at most 3"),
        ("levels.1.resolution.warn.share", 1.0, "less than 1"),
        ("levels.1.resolution.limit.span", "a week", "is not a span of time"),
        ("levels.1.resolution.limit.span", "0h", "is not a span of time"),
        ("levels.1.resolution.limit.source", None, "levels.1.resolution.limit.source"),
        ("levels.1.resolution.limit.basis", "custom", "levels.1.resolution.limit.basis"),
        ("levels.1.resolution.pause", True, "levels.1.resolution.pause"),
        ("levels.5", {}, "levels.5"),
    ],
)
def test_a_slip_is_refused_with_its_place(tmp_path: Path, path: str, value: Any, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_book(sla_file=changed(tmp_path, path, value))
    assert told in str(refused.value)


def test_the_longest_reach_covers_every_ladder() -> None:
    longest = load_policy(ELAPSED).longest
    assert longest >= timedelta(days=10)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("7d", timedelta(days=7)),
        ("3d12h", timedelta(days=3, hours=12)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("90m", timedelta(minutes=90)),
    ],
)
def test_a_span_is_read_and_written(text: str, span: timedelta) -> None:
    assert parse_span(text) == span
    assert parse_span(span_words(span)) == span


@pytest.mark.parametrize("text", ["", "3", "d", "12h3d", "-1d", "1.5h", "1 d", "7D", "٣d"])
def test_what_is_not_a_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span of time"):
        parse_span(text)
