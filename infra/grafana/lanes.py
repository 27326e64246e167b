"""The row of the dashboard about the express lane (ADR 0021)."""

from typing import Final

from infra.grafana.panel import Panel

LANES: Final[tuple[str, tuple[Panel, ...]]] = (
    "The express lane",
    (
        Panel(
            "Lanes, by what chose them",
            "ops",
            (("lane:complaints_api_contacts:rate5m", "{{lane}}: {{why}}"),),
            hint="over_budget: the express lane was full (services/api/express.yaml).",
        ),
        Panel(
            "Age in the express lane, p99",
            "s",
            (("worker:complaints_express_age_seconds:p99", "{{worker}}"),),
            hint="Stays low before a backlog: what may be grave does not wait behind it.",
        ),
    ),
)
