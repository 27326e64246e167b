"""What a metric is, and how those that are declared are made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Kind = Literal["counter", "gauge", "histogram"]
Values = tuple[str, ...] | str
"""Of a label: all its values; or, where a policy, a route or a topic makes them, which one."""
MEASURES: Final = frozenset({"seconds", "days"})
"""Units that are measured: a name says its own, and no other. ``days`` are those of a calendar.
Any other unit is what is counted; a ``flag`` is 0 or 1."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the catalogue. Labels have few values, never an id, a text or a person."""

    name: str
    kind: Kind
    unit: str
    help: str
    labels: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    buckets: tuple[float, ...] = ()


class Instruments:
    """Some metrics of the catalogue, registered; nothing else makes one."""

    def __init__(self, metrics: Iterable[Metric], registry: CollectorRegistry) -> None:
        self.counters: dict[str, Counter] = {}
        self.gauges: dict[str, Gauge] = {}
        self.histograms: dict[str, Histogram] = {}
        for one in metrics:
            name, labels = one.name, tuple(one.labels)
            if one.kind == "counter":
                self.counters[name] = Counter(name, one.help, labels, registry=registry)
            elif one.kind == "gauge":
                self.gauges[name] = Gauge(name, one.help, labels, registry=registry)
            else:
                self.histograms[name] = Histogram(
                    name, one.help, labels, registry=registry, buckets=one.buckets
                )
