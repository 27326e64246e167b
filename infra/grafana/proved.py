"""What the audits say, the continuous one and the last whole one."""

from typing import Final

from infra.grafana.panel import Panel

PROVED: Final[tuple[str, tuple[Panel, ...]]] = (
    "Proved all the time",
    (
        Panel(
            "Contacts unaccounted for",
            "none",
            (("complaints_audit_unaccounted_contacts", ""),),
            "stat",
        ),
        Panel("Cases overdue", "none", (("complaints_audit_overdue_cases", ""),), "stat"),
        Panel("Cases unarmed", "none", (("complaints_audit_unarmed_cases", ""),), "stat"),
        Panel(
            "Limits passed in silence",
            "none",
            (("complaints_audit_overdue_unescalated_cases", ""),),
            "stat",
        ),
        Panel("Dead letters open", "none", (("complaints_audit_open_dead_letters", ""),), "stat"),
        Panel(
            "Oldest of each",
            "s",
            (
                ("complaints_audit_oldest_unprocessed_seconds", "contact"),
                ("complaints_audit_timer_lag_seconds", "timer"),
                ("complaints_audit_oldest_dead_letter_seconds", "dead letter"),
            ),
        ),
        Panel(
            "Days that holidays are known ahead",
            "none",
            (("min by (calendar) (complaints_calendar_days_left)", "{{calendar}}"),),
            hint="Below 0 a calendar takes holidays for working days.",
        ),
        Panel(
            "Contacts proved, notices in doubt",
            "ops",
            (
                ("rate(complaints_audit_contacts_checked_total[5m])", "contacts"),
                ("rate(complaints_audit_possible_doubles_total[5m])", "possible doubles"),
            ),
        ),
    ),
)

WHOLE_AUDIT: Final[tuple[str, tuple[Panel, ...]]] = (
    "The last whole audit",
    (
        Panel(
            "Violations, and limits passed in silence",
            "none",
            (
                ("max by (check) (complaints_audit_violations)", "{{check}}"),
                ("max(complaints_overdue_unescalated_cases)", "cases in silence"),
            ),
            hint="As complaints audit --metrics wrote them.",
        ),
        Panel(
            "Its age, and the oldest of these limits",
            "s",
            (
                ("time() - max(complaints_audit_timestamp_seconds)", "audit"),
                ("max(complaints_timer_lag_seconds)", "limit"),
            ),
        ),
    ),
)
