"""The row of the dashboard about incidents, as the continuous audit counts them (ADR 0035)."""

from typing import Final

from infra.grafana.panel import Panel

INCIDENTS: Final[tuple[str, tuple[Panel, ...]]] = (
    "Incidents",
    (
        Panel("Open", "none", (("complaints_audit_open_incidents", ""),), "stat"),
        Panel("Their cases", "none", (("complaints_audit_incident_members", ""),), "stat"),
        Panel(
            "Differ from their cases",
            "none",
            (("complaints_audit_incident_mismatches", ""),),
            "stat",
        ),
        Panel(
            "Left for a later look",
            "none",
            (("complaints_audit_incidents_unlooked", ""),),
            "stat",
        ),
        Panel("Age of the oldest", "s", (("complaints_audit_oldest_incident_seconds", ""),)),
        Panel(
            "Opened and ended in an hour",
            "none",
            (
                ("increase(complaints_audit_incidents_opened_total[1h])", "opened"),
                ("increase(complaints_audit_incidents_ended_total[1h])", "ended"),
            ),
        ),
    ),
)
