"""How old contacts were when a worker was done with them, from its histogram. Pure."""

import math
from collections.abc import Iterable, Mapping
from typing import Final

AGE: Final = "complaints_contact_age_seconds_bucket"
Ages = Mapping[float, float]
"""Contacts done within so many seconds of their intake, by these seconds; each bound counts those
below it too, and the last one, infinity, all."""


def read_ages(metrics: str) -> dict[float, float]:
    """Read the histogram from a page in Prometheus' form; empty where there is none.

    >>> read_ages('complaints_contact_age_seconds_bucket{le="0.5"} 3.0')
    {0.5: 3.0}
    """
    found: dict[float, float] = {}
    for line in metrics.splitlines():
        if line.startswith(f'{AGE}{{le="'):
            bound, _, count = line.removeprefix(f'{AGE}{{le="').partition('"} ')
            found[float(bound)] = float(count)
    return found


def since(before: Ages, now: Ages) -> Ages:
    """Return what came between two looks; whoever counts less than before began anew."""
    if now.get(math.inf, 0.0) < before.get(math.inf, 0.0):
        return now
    return {bound: count - before.get(bound, 0.0) for bound, count in now.items()}


def together(parts: Iterable[Ages]) -> Ages:
    """Return the sum over copies of a worker, which have the same bounds."""
    found: dict[float, float] = {}
    for part in parts:
        for bound, count in part.items():
            found[bound] = found.get(bound, 0.0) + count
    return found


def quantile(ages: Ages, share: float) -> float | None:
    """Return how old ``share`` of the contacts were at most, evenly spread within a bound, as
    Prometheus reckons it; None when there were none.

    >>> quantile({1.0: 0.0, 2.0: 10.0, math.inf: 10.0}, 0.9)
    1.9
    """
    count = ages.get(math.inf, 0.0)
    if not count:
        return None
    below, lower = 0.0, 0.0
    for bound in sorted(ages):
        if ages[bound] >= share * count:
            if math.isinf(bound):
                return lower
            return lower + (bound - lower) * (share * count - below) / (ages[bound] - below)
        below, lower = ages[bound], bound
    return lower
