"""From what workers and Kafka say at two moments to rates, states and series. Pure."""

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from services.console.ages import Ages, quantile, since, together
from services.runtime.troubles import Trouble, trouble_of

State = Literal["ok", "behind", "standby", "held", "away"]
STATES: Final[tuple[State, ...]] = ("away", "held", "behind", "standby", "ok")
"""The worst first: a worker of several copies is in the worst state of them."""
RECORDS: Final = ("complaints_records_total", "complaints_api_contacts_accepted_total")
DEAD: Final = ("complaints_dead_letters_total",)
PARTITIONS: Final = ("complaints_partitions_served",)
LETTERS: Final = ("complaints_audit_open_dead_letters",)
LETTER_AGE: Final = ("complaints_audit_oldest_dead_letter_seconds",)
BEHIND_SECONDS: Final = 30.0
"""A record that waits longer than this makes its worker *behind*."""
_STANDBY: Final = "no partitions assigned"
SHARE: Final = 0.9
"""Of the contacts, of those that a worker was done with lately: how old these were at most."""
POINTS: Final = 300
PLOTTED: Final = ("rate", "behind", "oldest", "age", "drain", "dead")
"""What of a point the page draws over time."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one copy of a worker said; ``counters`` is empty when nobody answered. ``ages`` says how
    many contacts it was done with within so many seconds of their intake."""

    is_ready: bool
    detail: str
    counters: Mapping[str, float] = field(default_factory=dict)
    ages: Ages = field(default_factory=dict)

    @property
    def state(self) -> State:
        if not self.counters:
            return "away"
        if self.is_ready:
            return "ok"
        return "standby" if self.detail == _STANDBY else "held"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits before a worker in Kafka. ``records`` is an upper bound while above 0;
    ``oldest_seconds`` is None where something waits and nobody knows since when."""

    records: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One worker at one moment; None is what could not be found out, or no ``trouble``. ``detail``
    is what the worker itself says of it, in English. ``age``: within so many seconds of its intake
    it was done with nine of ten contacts, of those of the last minute."""

    state: State
    trouble: Trouble | None
    detail: str
    rate: float | None
    behind: int | None
    oldest: float | None
    age: float | None
    drain: float | None
    dead: int
    ready: int
    copies: int
    partitions: int


def read_counters(metrics: str) -> dict[str, float]:
    """Add up the counters we show over their labels, from a page in Prometheus' form."""
    found: dict[str, float] = {}
    for line in metrics.splitlines():
        name = line.partition("{")[0].partition(" ")[0]
        if name in (*RECORDS, *DEAD, *PARTITIONS, *LETTERS, *LETTER_AGE):
            found[name] = found.get(name, 0.0) + float(line.rpartition(" ")[2])
    # A worker that answered but counted nothing yet is not one that is away.
    return found or {"": 0.0}


def read_detail(body: str) -> str:
    """Return what a readiness page says; a body that is not ours says nothing."""
    try:
        return str(json.loads(body)["detail"])[:200]
    except (ValueError, KeyError, TypeError):
        return ""


def total(looks: Iterable[Look], names: Sequence[str]) -> float:
    """Return the sum of some counters over copies."""
    return sum(look.counters.get(name, 0.0) for look in looks for name in names)


@dataclass(frozen=True, slots=True)
class OpenLetters:
    """Dead letters that wait for a person, as the continuous audit says."""

    count: int
    oldest_seconds: float


def letters_of(looks: Iterable[Look]) -> OpenLetters | None:
    """Return what the copies of the audit say of dead letters; None when none of them knows."""
    knowing = [look for look in looks if LETTERS[0] in look.counters]
    if not knowing:
        return None
    most = max(knowing, key=lambda look: look.counters[LETTERS[0]])
    return OpenLetters(int(total([most], LETTERS)), total([most], LETTER_AGE))


def point_of(
    before: Sequence[Look] | None,
    looks: Sequence[Look],
    seconds: float,
    waiting: Waiting | None,
    minute_ago: Sequence[Look] | None = None,
) -> Point:
    """Return where a worker stands, given its copies' looks, those of ``seconds`` ago, and those of
    a minute ago or as far back as there are any."""
    states = [look.state for look in looks]
    state: State = min(states, key=STATES.index, default="away")
    if state in ("standby", "away") and "ok" in states and "held" not in states:
        # One copy serves: the worker works, and says that a copy does not.
        state = "ok"
    waited = None if waiting is None else waiting.oldest_seconds
    if state == "ok" and waited is not None and waited > BEHIND_SECONDS:
        state = "behind"
    told = next((look.detail for look in looks if look.state in ("held", "away")), "")
    rate = _rate(before, looks, seconds)
    return Point(
        state=state,
        trouble=trouble_of(told),
        detail=told,
        rate=rate,
        behind=None if waiting is None else waiting.records,
        oldest=None if waited is None else round(waited, 1),
        age=_age(before if minute_ago is None else minute_ago, looks),
        drain=None if waiting is None else _drain(waiting.records, rate),
        dead=int(total(looks, DEAD)),
        ready=sum(look.is_ready for look in looks),
        copies=len(looks),
        partitions=int(total(looks, PARTITIONS)),
    )


def _drain(records: int, rate: float | None) -> float | None:
    """Return for how many seconds ``records`` last at ``rate``; None when nothing is done."""
    if records == 0:
        return 0.0
    return round(records / rate, 1) if rate else None


def _rate(before: Sequence[Look] | None, looks: Sequence[Look], seconds: float) -> float | None:
    if not before or seconds <= 0 or not any(look.counters for look in looks):
        return None
    grown = 0.0
    for old, new in zip(before, looks, strict=True):
        if not new.counters or not old.counters:
            continue
        was, now = total([old], RECORDS), total([new], RECORDS)
        grown += now - was if now >= was else now  # it began anew: counted from 0
    return round(grown / seconds, 2)


def _age(before: Sequence[Look] | None, looks: Sequence[Look]) -> float | None:
    if not before:
        return None
    grown = [
        since(old.ages, new.ages)
        for old, new in zip(before, looks, strict=True)
        if old.counters and new.counters
    ]
    found = quantile(together(grown), SHARE)
    return None if found is None else round(found, 2)


class Series:
    """The last quarter of an hour, point by point; numbers go on for as long as we live."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._moments: deque[tuple[int, datetime, dict[str, Point]]] = deque(maxlen=POINTS)
        self._count = 0

    def add(self, at: datetime, points: dict[str, Point]) -> None:
        """Add a moment."""
        self._count += 1
        self._moments.append((self._count, at, points))

    @property
    def newest(self) -> tuple[datetime, dict[str, Point]] | None:
        """The last moment."""
        return self._moments[-1][1:] if self._moments else None

    def after(self, number: int) -> dict[str, Any]:
        """Return what came after moment ``number``, for the page's plots.

        A number from before a restart of the console is above all of ours: then everything.
        """
        known = number if number <= self._count else 0
        moments = [one for one in self._moments if one[0] > known]
        return {
            "last": self._count,
            "whole": known == 0,
            "times": [round(at.timestamp() * 1000) for _, at, _ in moments],
            "series": {
                name: {
                    what: [getattr(points[name], what) for _, _, points in moments]
                    for what in PLOTTED
                }
                for name in self.names
            },
        }
