"""The children of a node, compiled: which of them fit is an intersection of bit masks.

For each tested field a table from value to the set of children that accept it, bit n for child
n; a range is a row of cuts with one set for each stretch. So a node with thousands of
children costs a look-up for each field that any of them tests, not a test for each child; what is
left, in order, are the children that fit in all but their words (ADR 0029).
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from services.routing.match import SEVERAL, Match, Subject


class _Table(NamedTuple):
    """``others`` are the children that do not test the field."""

    field: str
    accepting: dict[object, int]
    others: int


class _Cuts(NamedTuple):
    """``stretches[n]`` fit a value between ``cuts[n - 1]`` and ``cuts[n]``."""

    field: str
    cuts: list[float]
    stretches: list[int]
    others: int


class Branches:
    """Which of several matchers fit a subject."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self._all = (1 << len(matches)) - 1
        names = dict.fromkeys(name for match in matches for name, _ in match.tests)
        self._several = [_table(name, matches) for name in names if name == SEVERAL]
        self._tables = [_table(name, matches) for name in names if name != SEVERAL]
        self._tables.sort(key=lambda table: table.others.bit_count())
        names = dict.fromkeys(name for match in matches for name, _ in match.ranges)
        self._cuts = [_cuts(name, matches) for name in names]

    def fitting(self, subject: Subject) -> int:
        """Return the set of those that fit in all but their words, as bits."""
        mask = self._all
        for field, accepting, others in self._tables:
            mask &= accepting.get(subject.get(field), others)
            if not mask:
                return 0
        for field, accepting, others in self._several:
            several, fitting = subject.get(field), others
            for one in several if isinstance(several, frozenset) else ():
                fitting |= accepting.get(one, others)
            mask &= fitting
        for field, cuts, stretches, others in self._cuts:
            value = subject.get(field)
            if isinstance(value, int | float):
                mask &= stretches[bisect_right(cuts, value)]
            else:
                mask &= others
        return mask


def _table(name: str, matches: Sequence[Match]) -> _Table:
    others = 0
    accepting: dict[object, int] = {}
    values = {value for match in matches for value in dict(match.tests).get(name, ())}
    for number, match in enumerate(matches):
        wanted = dict(match.tests).get(name)
        if wanted is None:
            others |= 1 << number
        else:
            for value in wanted:
                accepting[value] = accepting.get(value, 0) | 1 << number
    return _Table(name, {value: accepting[value] | others for value in values}, others)


def _cuts(name: str, matches: Sequence[Match]) -> _Cuts:
    ranges = [dict(match.ranges).get(name) for match in matches]
    cuts = sorted({edge for one in ranges if one for edge in (one.at_least, one.below)})
    others = sum(1 << number for number, one in enumerate(ranges) if one is None)
    stretches = [
        others
        | sum(
            1 << number
            for number, one in enumerate(ranges)
            if one and place > 0 and one.holds(cuts[place - 1])
        )
        for place in range(len(cuts) + 1)
    ]
    return _Cuts(name, cuts, stretches, others)
