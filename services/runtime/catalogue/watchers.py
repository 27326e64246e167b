"""What the audit, continuous or once, and the passes of aftercare export."""

from typing import Final

from services.runtime.catalogue.metric import Metric

FOLLOW_UP: Final = "follow_up"
RETENTION: Final = "retention"
PASSES: Final = (FOLLOW_UP, RETENTION)
PASS_ENDS: Final = ("done", "held", "moved_on", "pending", "failed")

FOLLOW: Final[tuple[Metric, ...]] = (
    Metric(
        "complaints_audit_unaccounted_contacts",
        "gauge",
        "contacts",
        "Contacts read by their worker and found nowhere.",
    ),
    Metric(
        "complaints_audit_oldest_unprocessed_seconds",
        "gauge",
        "seconds",
        "Age of the oldest contact not proved processed.",
    ),
    Metric(
        "complaints_audit_overdue_cases",
        "gauge",
        "cases",
        "Open cases whose time ran out and nothing was done.",
    ),
    Metric(
        "complaints_audit_timer_lag_seconds",
        "gauge",
        "seconds",
        "How long ago the oldest unanswered timer was due.",
    ),
    Metric(
        "complaints_audit_overdue_unescalated_cases",
        "gauge",
        "cases",
        "Open cases with a limit that passed, by the log, in silence.",
    ),
    Metric(
        "complaints_audit_unarmed_cases",
        "gauge",
        "cases",
        "Open cases that no timer watches over, or one that comes too late.",
    ),
    Metric(
        "complaints_audit_outlived_cases",
        "gauge",
        "cases",
        "Open cases due at another time by holidays known since.",
    ),
    Metric(
        "complaints_audit_open_dead_letters",
        "gauge",
        "records",
        "Dead letters neither replayed nor discarded.",
    ),
    Metric(
        "complaints_audit_oldest_dead_letter_seconds",
        "gauge",
        "seconds",
        "Age of the oldest of them.",
    ),
    Metric("complaints_audit_open_incidents", "gauge", "incidents", "Incidents that last."),
    Metric("complaints_audit_incident_members", "gauge", "cases", "Cases that are part of them."),
    Metric(
        "complaints_audit_oldest_incident_seconds",
        "gauge",
        "seconds",
        "For how long the oldest of them lasts.",
    ),
    Metric(
        "complaints_audit_incident_mismatches",
        "gauge",
        "incidents",
        "Incidents that do not agree with their cases who is of them.",
    ),
    Metric(
        "complaints_audit_incidents_unlooked",
        "gauge",
        "incidents",
        "Incidents that the last look left for a later one.",
    ),
    Metric(
        "complaints_audit_last_round_timestamp_seconds",
        "gauge",
        "seconds",
        "When the last look was complete.",
    ),
    Metric(
        "complaints_audit_contacts_checked_total",
        "counter",
        "contacts",
        "Contacts proved, or found missing.",
    ),
    Metric(
        "complaints_audit_possible_doubles_total",
        "counter",
        "notices",
        "Notices that may have arrived twice.",
    ),
    Metric(
        "complaints_audit_incidents_opened_total",
        "counter",
        "incidents",
        "Incidents that were opened, by rule or by a person.",
    ),
    Metric(
        "complaints_audit_incidents_ended_total", "counter", "incidents", "Incidents that ended."
    ),
    Metric(
        "complaints_calendar_days_left",
        "gauge",
        "days",
        "For how many days more the holidays of a calendar are known.",
        {"calendar": "the calendars of services/domain/calendars with holidays"},
    ),
)

AFTERCARE: Final[tuple[Metric, ...]] = (
    Metric(
        "complaints_aftercare_last_pass_timestamp_seconds",
        "gauge",
        "seconds",
        "When a pass was last complete, by whichever copy.",
        {"run": PASSES},
    ),
    Metric(
        "complaints_aftercare_cases_total",
        "counter",
        "cases",
        "Cases that were asked, by how that ended.",
        {"run": PASSES, "end": PASS_ENDS},
    ),
    Metric(
        "complaints_aftercare_contacts_removed_total",
        "counter",
        "contacts",
        "Contacts whose personal data were removed.",
    ),
    Metric(
        "complaints_aftercare_oldest_due_seconds",
        "gauge",
        "seconds",
        "How long ago the oldest look that nobody took was due.",
    ),
    Metric(
        "complaints_aftercare_turn",
        "gauge",
        "flag",
        "1 where this copy does the passes, 0 where it stands by.",
    ),
)

AUDIT: Final[tuple[Metric, ...]] = (
    Metric(
        "complaints_overdue_unescalated_cases",
        "gauge",
        "cases",
        "Open cases with a limit that passed without effect.",
    ),
    Metric("complaints_timer_lag_seconds", "gauge", "seconds", "How long ago the oldest was due."),
    Metric(
        "complaints_audit_violations",
        "gauge",
        "violations",
        "Violations, by check.",
        {"check": "the letters of the checks, services/audit/logic/checks.py"},
    ),
    Metric("complaints_audit_timestamp_seconds", "gauge", "seconds", "When it was written."),
)
"""Written by ``complaints audit --metrics`` for the textfile collector of a node."""
