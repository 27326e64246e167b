"""Windowed counts, and when one is a surge. Pure: time comes with the counts.

One series per (tenant, hub, category). The usual is an exponentially weighted mean of the
windows before; a surge is said once per window, as soon as the counts reach it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.trends import ContactsCounted, SurgeSeen
from services.trends.policy import TrendsPolicy

MAX_SERIES = 100_000
"""Series kept; the one that was silent longest is forgotten first."""


@dataclass(slots=True)
class Series:
    """``window`` is the number of the current window since 1970."""

    window: int
    count: int = 0
    usual: float = 0.0
    is_said: bool = False


@dataclass(slots=True)
class Watch:
    """All series; feed it with :meth:`add`."""

    policy: TrendsPolicy
    _series: dict[tuple[str, str, str], Series] = field(default_factory=dict)

    def add(self, counted: ContactsCounted) -> SurgeSeen | None:
        """Add a count; return the surge that it completes, if it does."""
        window = int(counted.at.timestamp()) // self.policy.window_seconds
        key = (counted.tenant, counted.hub, counted.category)
        series = self._series.pop(key, None) or Series(window)
        self._series[key] = series
        if len(self._series) > MAX_SERIES:
            del self._series[next(iter(self._series))]
        if window > series.window:
            self._move_on(series, window)
        elif series.window - window > self.policy.late_windows:
            return None
        series.count += counted.count
        if series.is_said or not self._is_surge(series):
            return None
        series.is_said = True
        return self._surge(counted, series)

    def _move_on(self, series: Series, window: int) -> None:
        """Fold the finished window, and the empty ones after it, into the usual."""
        weight = 2 / (self.policy.memory_windows + 1)
        series.usual += weight * (series.count - series.usual)
        empty = min(window - series.window - 1, 100 * self.policy.memory_windows)
        series.usual *= (1 - weight) ** empty
        series.window, series.count, series.is_said = window, 0, False

    def _is_surge(self, series: Series) -> bool:
        enough = series.count >= self.policy.least_count
        return enough and series.count >= self.policy.least_ratio * series.usual

    def _surge(self, counted: ContactsCounted, series: Series) -> SurgeSeen:
        seconds = self.policy.window_seconds
        start = datetime.fromtimestamp(series.window * seconds, UTC)
        return SurgeSeen(
            tenant=counted.tenant,
            hub=counted.hub,
            category=counted.category,
            window_from=start,
            window_to=datetime.fromtimestamp((series.window + 1) * seconds, UTC),
            count=series.count,
            usual=round(series.usual, 3),
            ratio=round(series.count / max(series.usual, 1.0), 3),
        )
