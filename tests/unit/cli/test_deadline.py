"""``complaints deadline``: what goes in, what comes out, and what a bad line is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.deadline import command
from services.domain.calendars.policy import SHIPPED

OFFICE = [["09:00", "12:00"], ["13:30", "18:00"]]
LINE: dict[str, Any] = {
    "id": "d1",
    "calendar": {
        "tz": "Asia/Shanghai",
        "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE),
        "holidays": ["2026-10-01", "2026-10-02", "2026-10-10"],
        "workdays": {"2026-10-10": "fri"},
    },
    "start": "2026-09-30T07:00:00Z",
    "budget_minutes": 180,
    "pauses": [{"from": "2026-09-30T08:00:00Z", "to": "2026-09-30T09:00:00Z", "by": "customer"}],
}


def run(*lines: Any, options: tuple[str, ...] = ()) -> Result:
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    return CliRunner().invoke(command, ["-", *options], input=text, standalone_mode=False)


def test_a_line_is_answered_with_its_deadline_and_the_intervals_that_prove_it() -> None:
    result = run(LINE)
    assert result.return_value == 0
    assert json.loads(result.stdout) == {
        "id": "d1",
        "due_at": "2026-10-05T02:00:00Z",
        "intervals": [
            an_interval("worked", "2026-09-30T07:00:00Z", "2026-09-30T08:00:00Z", 60),
            an_interval("paused", "2026-09-30T08:00:00Z", "2026-09-30T09:00:00Z", 60)
            | {"by": ["customer"]},
            an_interval("worked", "2026-09-30T09:00:00Z", "2026-09-30T10:00:00Z", 60),
            an_interval("closed", "2026-09-30T10:00:00Z", "2026-09-30T16:00:00Z", 360),
            an_interval("holiday", "2026-09-30T16:00:00Z", "2026-10-02T16:00:00Z", 2880),
            an_interval("closed", "2026-10-02T16:00:00Z", "2026-10-05T01:00:00Z", 3420),
            an_interval("worked", "2026-10-05T01:00:00Z", "2026-10-05T02:00:00Z", 60),
        ],
    }


def an_interval(kind: str, begin: str, end: str, minutes: int) -> dict[str, Any]:
    return {"kind": kind, "from": begin, "to": end, "minutes": minutes}


def test_a_calendar_may_be_named_and_is_told_with_its_version() -> None:
    answer = json.loads(run(LINE | {"calendar": "cn-office"}).stdout)
    assert answer["due_at"] == "2026-10-08T02:00:00Z"
    assert (answer["calendar"], answer["policy"]) == ("cn-office", "calendars-2026.1")
    assert answer["intervals"][4]["name"] == {"zh": "国庆节", "en": "National Day"}


def test_a_deadline_beyond_the_known_holidays_carries_a_note() -> None:
    late = LINE | {"calendar": "cn-office", "start": "2027-09-30T07:00:00Z", "pauses": []}
    assert "note" in json.loads(run(late).stdout)


def test_a_pause_that_lasts_leaves_no_deadline() -> None:
    answer = json.loads(run(LINE | {"pauses": [{"from": "2026-09-30T08:00:00Z"}]}).stdout)
    assert answer["due_at"] is None
    assert answer["intervals"][-1] == {
        "kind": "paused",
        "from": "2026-09-30T08:00:00Z",
        "to": None,
    }


@pytest.mark.parametrize(
    ("field", "rule", "change"),
    [
        ("id", "missing", {"id": ...}),
        ("calendar", "missing", {"calendar": ...}),
        ("calendar", "calendar_type", {"calendar": None}),
        ("calendar", "unknown_calendar", {"calendar": "mars"}),
        ("calendar.tz", "missing", {"calendar": {"hours": {}}}),
        ("calendar.tz", "unknown_zone", {"calendar": {"tz": "Mars", "hours": {}}}),
        ("calendar.hours", "never_opens", {"calendar": {"tz": "UTC", "hours": {}}}),
        (
            "calendar.hours.mon.0.1",
            "time_of_day",
            {"calendar": {"tz": "UTC", "hours": {"mon": [["09:00", "25:00"]]}}},
        ),
        (
            "budget_minutes",
            "beyond_horizon",
            {
                "calendar": {"tz": "UTC", "hours": {"mon": [["09:00", "09:01"]]}},
                "budget_minutes": 6000,
            },
        ),
        ("start", "timezone_aware", {"start": "2026-09-30T07:00:00"}),
        ("start", "datetime_parsing", {"start": 1790000000}),
        ("start", "out_of_range", {"start": "1000-01-01T00:00:00Z"}),
        ("budget_minutes", "int_type", {"budget_minutes": "60"}),
        ("budget_minutes", "greater_than_equal", {"budget_minutes": -1}),
        ("budget_minutes", "less_than_equal", {"budget_minutes": 10**30}),
        ("pauses.0.from", "missing", {"pauses": [{"to": "2026-09-30T07:00:00Z"}]}),
        (
            "pauses.0",
            "pause_order",
            {"pauses": [{"from": "2026-09-30T07:00:00Z", "to": "2026-09-30T06:00:00Z"}]},
        ),
        (
            "pauses",
            "pause_out_of_range",
            {"pauses": [{"from": "2026-09-30T08:00:00Z", "to": "9999-12-31T23:59:59Z"}]},
        ),
        ("pause", "misspelt_field", {"pause": [], "pauses": ...}),
    ],
)
def test_a_bad_line_is_told_its_number_field_and_rule(
    field: str, rule: str, change: dict[str, Any]
) -> None:
    bad = {name: value for name, value in (LINE | change).items() if value is not ...}
    result = run(LINE, "", bad, LINE)
    assert result.return_value == 1
    assert len(result.stdout.splitlines()) == 2
    first, last = result.stderr.splitlines()
    assert first.startswith(f"line 3: {field}: ")
    assert first.endswith(f"({rule})")
    assert last == "1 line could not be read"


def test_a_pause_that_the_deadline_never_comes_to_may_end_whenever_it_likes() -> None:
    later = {"from": "2027-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}
    answer = json.loads(run(LINE | {"pauses": [*LINE["pauses"], later]}).stdout)
    assert answer["due_at"] == "2026-10-05T02:00:00Z"


@pytest.mark.parametrize("line", ["[1]", "{oops", "\x00", '"text"'])
def test_what_is_no_object_is_a_bad_line(line: str) -> None:
    assert run(line).stderr.startswith("line 1: not ")


def test_labels_beside_a_question_are_left_alone() -> None:
    assert run(LINE | {"expected": "2026-10-05T02:00:00Z"}).return_value == 0


def test_the_schema_beside_the_calendars_is_that_of_the_code() -> None:
    """When it differs: ./complaints deadline --schema > …/calendars.schema.json"""
    printed = CliRunner().invoke(command, ["--schema"], standalone_mode=False).stdout
    assert printed == SHIPPED.with_suffix(".schema.json").read_text()


def test_the_names_of_the_policy_are_listed(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(SHIPPED.read_text().replace("  cn-office:", "  our-office:"))
    listed = CliRunner().invoke(command, ["--calendars", "--policy", str(own)])
    assert "our-office" in listed.stdout
