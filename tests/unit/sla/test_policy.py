"""The time limits as data: a slip is refused when the policy is loaded, with its place."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.domain.errors import SettingsError
from services.domain.spans import parse_span, span_words
from services.sla.policy import SHIPPED, load_policy


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


def test_the_outer_limit_of_level_one_is_the_law_and_says_so() -> None:
    limit = load_policy().levels[1].resolution.limit
    assert limit.span == timedelta(days=7)
    assert limit.basis == "statutory"
    assert "快递暂行条例" in limit.source


def test_nothing_else_is_called_law() -> None:
    policy = load_policy()
    clocks = [clock for level in policy.levels.values() for clock in level.clocks.values()]
    figures = [part for clock in clocks for part in (clock.limit, clock.warn, clock.escalate)]
    statutory = [figure for figure in figures if figure.basis == "statutory"]
    assert statutory == [policy.levels[1].resolution.limit]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("levels.3", None, "no limits for 3"),
        ("levels.2.resolution.limit.span", "8d", "2: resolution is given more time"),
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
        load_policy(changed(tmp_path, path, value))
    assert told in str(refused.value)


def test_the_longest_reach_covers_every_ladder() -> None:
    assert load_policy().longest == timedelta(days=10)


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
