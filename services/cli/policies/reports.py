"""What a replay found, in the one form in which it is shown. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.cli.policies.breaches import Moved
from services.cli.policies.comparing import Found
from services.cli.policies.gathering import Gathering
from services.cli.policies.joining import Joined
from services.cli.policies.replaying import Change, Outcome, word
from services.cli.policies.standing import Shift, Standing
from services.cli.policies.trial import Version


class Total(NamedTuple):
    """How many of each value there are: (value, now, then)."""

    name: str
    what: str
    rows: list[tuple[str, int, int]]


class Example(NamedTuple):
    """One contact, case or clock on which the two disagree."""

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
    assumed: list[str]
    """What the numbers take for granted."""
    versions: Sequence[Version] = ()
    """What stands on both sides."""


_NOTHING = Report([], [], [], [], [])


def report_of(
    found: Found, as_of: datetime, assumed: list[str], versions: Sequence[Version]
) -> Report:
    """Return the report of a replay: what is decided about contacts, then how cases stand."""
    parts = [_of_decisions(found.outcome, is_first=found.joined is None)]
    if found.joined is not None:
        parts.insert(0, _of_joining(found.joined))
    if found.gathered is not None:
        parts.append(_of_incidents(*found.gathered))
    parts += [_of_cases(found.standing), _of_breaches(found.standing, as_of)]
    return Report(
        [one for part in parts for one in part.headlines],
        [one for part in parts for one in part.moved],
        [one for part in parts for one in part.totals],
        [one for part in parts for one in part.examples],
        assumed,
        versions,
    )


def _of_decisions(outcome: Outcome, *, is_first: bool) -> Report:
    if not outcome.changed and not is_first:
        return _NOTHING
    return Report(
        [_share(outcome.contacts, outcome.changed, "decided otherwise")],
        [(name, "contacts", counted) for name, counted in outcome.moved.items() if counted],
        [Total(name, "contacts", _rows(*both)) for name, both in outcome.totals.items()]
        if outcome.changed
        else [],
        [Example(one.id, difference(one), one.text) for one in outcome.examples],
        [],
    )


def _of_joining(found: Joined) -> Report:
    rows = [
        ("cases", *found.cases),
        ("pairs joined", 0, found.newly_joined),
        ("pairs parted", 0, found.parted),
        ("suggestions", *found.suggested),
    ]
    is_changed = found.changed or found.suggested[0] != found.suggested[1]
    return Report(
        [
            _share(found.contacts, found.changed, "put elsewhere or related otherwise"),
            f"{found.cases[0]:,} cases, {found.cases[1]:,} would be; {found.newly_joined:,} pairs "
            f"of contacts joined and {found.parted:,} parted; {found.suggested[0]:,} merges "
            f"suggested, {found.suggested[1]:,} would be",
        ],
        [("relation", "contacts", found.moved)] if found.moved else [],
        [Total("kind", "merges", rows), Total("relation", "contacts", _rows(*found.relations))]
        if is_changed
        else [],
        [Example(one.id, f"{one.before} → {one.after}", one.text) for one in found.examples],
        [],
    )


def _of_incidents(before: Gathering, after: Gathering) -> Report:
    def cases_of(side: Gathering) -> int:
        return len(side.homes)

    headline = (
        f"{len(before.incidents):,} incidents of {cases_of(before):,} cases, "
        f"{len(after.incidents):,} of {cases_of(after):,} would be"
    )
    levels = sorted({known.level for side in (before, after) for known in side.incidents.values()})
    rows = [
        ("incidents", len(before.incidents), len(after.incidents)),
        ("their cases", cases_of(before), cases_of(after)),
        *(
            (f"of level {level}", _of_level(level, before), _of_level(level, after))
            for level in levels
        ),
    ]
    return Report(
        [headline],
        [],
        [Total("kind", "incidents", rows)] if _named(before) != _named(after) else [],
        [
            *(Example(one, "an incident, would be none") for one in _lost(before, after)),
            *(Example(one, "would be an incident") for one in _lost(after, before)),
        ],
        [],
    )


def _of_level(level: int, side: Gathering) -> int:
    return sum(one.level == level for one in side.incidents.values())


def _named(side: Gathering) -> dict[str, tuple[int, int]]:
    return {
        f"{one.place} ({one.cause}), {one.opened_at:%Y-%m-%d %H:%M}": (one.cases, one.level)
        for one in side.incidents.values()
    }


def _lost(side: Gathering, other: Gathering) -> Iterator[str]:
    there = _named(other)
    yield from (name for name in _named(side) if name not in there)


def _of_cases(found: Standing) -> Report:
    cases = f"{found.cases[0]:,} cases"
    if found.cases[0] != found.cases[1]:
        cases += f", {found.cases[1]:,} would be"
    headline = f"{cases}; {found.changed:,} would have another level or team"
    return Report(
        [headline] if found.changed or found.cases[0] != found.cases[1] else [],
        [(f"{name} of the case", "cases", moved) for name, moved in found.moved.items() if moved],
        [
            Total(name, "cases", _rows(*both))
            for name, both in found.totals.items()
            if both[0] != both[1]
        ],
        [_of_shift(one) for one in found.examples],
        [],
    )


def _of_breaches(found: Standing, as_of: datetime) -> Report:
    missed = found.missed
    old, new = (sum(side.values()) for side in missed.by_clock)
    headline = (
        f"{found.cases[0]:,} cases, of whose clocks {old:,} are missed as of {_time(as_of)}; "
        f"{new:,} would be"
    )
    clocks = Total("clock", "expected breaches", _rows(*missed.by_clock))
    return Report(
        [headline, *_shifts("sooner", missed.shifted[0]), *_shifts("later", missed.shifted[1])],
        [("breaches", "clocks", missed.moved)] if missed.moved else [],
        [clocks] if missed.moved else [],
        [_of_clock(one) for one in missed.examples],
        [],
    )


def _shifts(when: str, clocks: Mapping[str, int]) -> Iterator[str]:
    if clocks:
        named = ", ".join(f"{clock} {count:,}" for clock, count in sorted(clocks.items()))
        yield f"clocks that would be due {when}: {named}"


def difference(change: Change) -> str:
    """Return what the two say of one contact."""
    return ", ".join(
        f"{name} {word(change.before, name)} → {word(change.after, name)}" for name in change.fields
    )


def _of_shift(one: Shift) -> Example:
    return Example(one.name, f"{one.field} of its case {one.before} → {one.after}")


def _of_clock(one: Moved) -> Example:
    verdict = "would be missed" if one.is_missed else "would be kept"
    return Example(one.name, f"{one.clock} due {_time(one.before)} → {_time(one.after)}, {verdict}")


def _time(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _share(contacts: int, changed: int, how: str) -> str:
    share = changed / contacts if contacts else 0.0
    return f"{contacts:,} contacts, {changed:,} ({share:.1%}) would be {how}"


def _rows(old: Mapping[str, int], new: Mapping[str, int]) -> list[tuple[str, int, int]]:
    values = sorted({*old, *new})
    return [(str(value), old.get(value, 0), new.get(value, 0)) for value in values]
