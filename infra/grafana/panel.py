"""One plot of the dashboard."""

from typing import NamedTuple


class Panel(NamedTuple):
    """A plot: each query is an expression and its legend."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    hint: str = ""


def rate(metric: str, by: str, where: str = "") -> tuple[str, str]:
    """Return the query of a counter's rate by a label, and the label as its legend."""
    return f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))", f"{{{{{by}}}}}"
