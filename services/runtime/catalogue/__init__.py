"""Every metric that any process exports, declared once: name, kind, unit, labels and their values,
and what it says. ``docs/metrics.md`` explains them at length and is checked against it.
"""

from typing import Final

from services.runtime.catalogue.fronts import API, CONSOLE
from services.runtime.catalogue.metric import Metric
from services.runtime.catalogue.watchers import AFTERCARE, AUDIT, FOLLOW
from services.runtime.catalogue.workers import WORKERS

CATALOGUE: Final[tuple[Metric, ...]] = (*WORKERS, *API, *CONSOLE, *FOLLOW, *AFTERCARE, *AUDIT)
