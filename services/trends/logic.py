"""Windowed counts, and when one is a surge. Pure: time comes with the counts.

One :class:`Watch` per partition, with one series per (tenant, hub, category). The usual is an
exponentially weighted mean of the windows before, of which so many are known as have passed since
the watch began: a hub that was silent all that time has a usual of nothing, but a worker that has
just started knows nothing, and says nothing. A surge is said once per window, as soon as the
counts reach it; so the order of the counts within a window does not matter.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.trends import ContactsCounted, SurgeSeen
from services.trends.policy import TrendsPolicy

MAX_SERIES: Final = 50_000
"""Series kept by a watch; the one that was silent longest is forgotten first."""


class Outcome(StrEnum):
    """What became of a count; also the metric label."""

    COUNTED = "counted"
    SURGE = "surge"
    LATE = "late"


class Verdict(NamedTuple):
    """The outcome of one count, and the surge that it completed."""

    outcome: Outcome
    surge: SurgeSeen | None = None


@dataclass(slots=True)
class Series:
    """``window`` is the number of the current window since 1970."""

    window: int
    count: int = 0
    folded: float = 0.0
    """Weighted sum of the windows before; the mean is this over the weight of what is known."""
    is_said: bool = False


@dataclass(slots=True)
class Watch:
    """All series of one partition; feed it with :meth:`add`."""

    policy: TrendsPolicy
    max_series: int = MAX_SERIES
    _series: dict[tuple[str, str, str], Series] = field(default_factory=dict)
    _began: int | None = None
    _newest: int = 0

    def __len__(self) -> int:
        return len(self._series)

    def add(self, counted: ContactsCounted) -> Verdict:
        """Add a count and say what became of it."""
        window = int(counted.at.timestamp()) // self.policy.window_seconds
        if self._began is None:
            self._began = self._newest = window
        self._newest = max(self._newest, window)
        if self._newest - window > self.policy.late_windows:
            return Verdict(Outcome.LATE)
        series = self._touched((counted.tenant, counted.hub, counted.category), window)
        if window > series.window:
            self._move_on(series, window)
        series.count += counted.count
        usual = self._usual(series)
        if series.is_said or usual is None or not self._is_surge(series.count, usual):
            return Verdict(Outcome.COUNTED)
        series.is_said = True
        return Verdict(Outcome.SURGE, self._surge(counted, series, usual))

    def _touched(self, key: tuple[str, str, str], window: int) -> Series:
        """Return the series, now the last that would be forgotten."""
        series = self._series.pop(key, None) or Series(window)
        self._series[key] = series
        if len(self._series) > self.max_series:
            del self._series[next(iter(self._series))]
        return series

    @property
    def _weight(self) -> float:
        return 2 / (self.policy.memory_windows + 1)

    def _move_on(self, series: Series, window: int) -> None:
        """Fold the finished window, and the empty ones after it, into the usual."""
        series.folded += self._weight * (series.count - series.folded)
        series.folded *= (1 - self._weight) ** (window - series.window - 1)
        series.window, series.count, series.is_said = window, 0, False

    def _usual(self, series: Series) -> float | None:
        """Return the mean of the windows before, None while too few are known."""
        known = series.window - (self._began or 0)
        if known < self.policy.learn_windows:
            return None
        return round(series.folded / (1 - (1 - self._weight) ** known), 6)

    def _is_surge(self, count: int, usual: float) -> bool:
        return count >= self.policy.least_count and count >= self.policy.least_ratio * usual

    def _surge(self, counted: ContactsCounted, series: Series, usual: float) -> SurgeSeen:
        seconds = self.policy.window_seconds
        return SurgeSeen(
            tenant=counted.tenant,
            hub=counted.hub,
            category=counted.category,
            window_from=datetime.fromtimestamp(series.window * seconds, UTC),
            window_to=datetime.fromtimestamp((series.window + 1) * seconds, UTC),
            count=series.count,
            usual=round(usual, 3),
            ratio=round(series.count / max(usual, 1.0), 3),
        )
