"""What a replay found, in the one form in which it is shown. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from services.cli.policies.breaches import Missed, Moved
from services.cli.policies.joining import Joined
from services.cli.policies.replaying import Change, Outcome, word


class Total(NamedTuple):
    """How many of each value there are: (value, now, then)."""

    name: str
    what: str
    rows: list[tuple[str, int, int]]


class Example(NamedTuple):
    """One contact or clock on which the two disagree."""

    id: str
    difference: str
    text: str = ""


class Report(NamedTuple):
    """The whole of it."""

    headlines: list[str]
    moved: list[tuple[str, str, Mapping[tuple[str, str], int]]]
    """What moved, of what: how many from (now) to (then)."""
    totals: list[Total]
    examples: list[Example]


def of_decisions(outcome: Outcome) -> Report:
    """Return the report of a candidate that decides about contacts one by one."""
    return Report(
        [_share(outcome.contacts, outcome.changed)],
        [(name, "contacts", counted) for name, counted in outcome.moved.items() if counted],
        [Total(name, "contacts", _rows(*both)) for name, both in outcome.totals.items()]
        if outcome.changed
        else [],
        [Example(one.id, difference(one), one.text) for one in outcome.examples],
    )


def with_breaches(report: Report, missed: Missed, as_of: datetime) -> Report:
    """Return the same with the clocks that are missed."""
    old, new = (sum(side.values()) for side in missed.by_clock)
    headline = (
        f"{missed.cases:,} cases, of whose clocks {old:,} are missed as of {_time(as_of)}; "
        f"{new:,} would be"
    )
    clocks = Total("missed", "expected breaches", _rows(*missed.by_clock))
    return Report(
        [*report.headlines, headline],
        [*report.moved, *([("breaches", "clocks", missed.moved)] if missed.moved else [])],
        [*report.totals, *([clocks] if missed.moved else [])],
        [*report.examples, *map(_of_clock, missed.examples)],
    )


def of_joining(found: Joined) -> Report:
    """Return the report of a dedup candidate."""
    rows = [
        ("cases", *found.cases),
        ("pairs joined", 0, found.newly_joined),
        ("pairs parted", 0, found.parted),
        ("suggestions", *found.suggested),
    ]
    is_changed = found.changed or found.suggested[0] != found.suggested[1]
    return Report(
        [
            _share(found.contacts, found.changed),
            f"{found.cases[0]:,} cases, {found.cases[1]:,} would be; {found.newly_joined:,} pairs "
            f"of contacts joined and {found.parted:,} parted; {found.suggested[0]:,} merges "
            f"suggested, {found.suggested[1]:,} would be",
        ],
        [("relation", "contacts", found.moved)] if found.moved else [],
        [Total("merges", "merges", rows), Total("relation", "contacts", _rows(*found.relations))]
        if is_changed
        else [],
        [Example(one.id, f"{one.before} → {one.after}", one.text) for one in found.examples],
    )


def difference(change: Change) -> str:
    """Return what the two say of one contact."""
    return ", ".join(
        f"{name} {word(change.before, name)} → {word(change.after, name)}" for name in change.fields
    )


def _of_clock(one: Moved) -> Example:
    verdict = "would be missed" if one.is_missed else "would be kept"
    return Example(one.name, f"{one.clock} due {_time(one.before)} → {_time(one.after)}, {verdict}")


def _time(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _share(contacts: int, changed: int) -> str:
    share = changed / contacts if contacts else 0.0
    return f"{contacts:,} contacts, {changed:,} ({share:.1%}) would be decided otherwise"


def _rows(old: Mapping[str, int], new: Mapping[str, int]) -> list[tuple[str, int, int]]:
    values = sorted({*old, *new})
    return [(str(value), old.get(value, 0), new.get(value, 0)) for value in values]
