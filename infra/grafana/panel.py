"""One plot of the dashboard."""

from typing import NamedTuple


class Panel(NamedTuple):
    """A plot: each query is an expression and its legend."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    hint: str = ""
