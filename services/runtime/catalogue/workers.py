"""What the workers on the loop export."""

from typing import Final

from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from services.runtime.catalogue.metric import Metric
from services.runtime.records import DeadReason

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_QUICK: Final = (0.0005, 0.001, 0.002, *_SECONDS)
_AGES: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)
_LATENESS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0, 1800.0, 7200.0, 86400.0)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_TOPIC: Final = {"topic": "the topics of schemas/topics.py"}
_POLICY: Final = {"policy": "the names of the policies that a worker watches"}
_NOTICE_CHANNEL: Final = {"channel": tuple(NoticeChannel)}

MONGO_OPERATIONS: Final = ("find", "insert", "update", "other")

WORKERS: Final[tuple[Metric, ...]] = (
    Metric("complaints_records_total", "counter", "records", "Read and committed.", _TOPIC),
    Metric(
        "complaints_outcomes_total",
        "counter",
        "records",
        "What became of them.",
        {"outcome": "the words of each worker, see docs/metrics.md"},
    ),
    Metric(
        "complaints_notices_total",
        "counter",
        "notices",
        "How they ended.",
        {
            **_NOTICE_CHANNEL,
            "state": tuple(NoticeState),
            "reason": "the words of services/notification and services/sender",
        },
    ),
    Metric(
        "complaints_notices_withheld_total",
        "counter",
        "notices",
        "Not told by rule.",
        {
            **_NOTICE_CHANNEL,
            "reason": (
                *("bundled", "daily", "throttled", "quiet", "opted_out"),
                *("no_address", "contact_unknown", "no_team_above", "merged"),
            ),
        },
    ),
    Metric(
        "complaints_notices_unreached_total",
        "counter",
        "notices",
        "No way left.",
        {
            "whom": ("contact", "team", "clerk", "partner"),
            "kind": tuple(NoticeKind),
            "reason": "the words of services/notification and services/sender",
        },
    ),
    Metric(
        "complaints_severity_judgements_total",
        "counter",
        "judgements",
        "What people made of them.",
        {
            "verdict": ("corrected", "confirmed", "unchallenged"),
            "confidence": "the spans of services/cases/calibration.py",
        },
    ),
    Metric(
        "complaints_severity_corrections_total",
        "counter",
        "corrections",
        "What people said otherwise.",
        {
            "field": ("level", "category", "nature", "cause"),
            "direction": ("raised", "lowered", "changed"),
        },
    ),
    Metric("complaints_produced_total", "counter", "records", "Produced in transactions.", _TOPIC),
    Metric(
        "complaints_dead_letters_total",
        "counter",
        "records",
        "Dead letters.",
        {**_TOPIC, "reason": tuple(DeadReason)},
    ),
    Metric("complaints_batch_records", "histogram", "records", "Per batch.", buckets=_SIZES),
    Metric(
        "complaints_decide_seconds",
        "histogram",
        "seconds",
        "Deciding and MongoDB, per batch.",
        buckets=_SECONDS,
    ),
    Metric(
        "complaints_mongo_seconds",
        "histogram",
        "seconds",
        "A command to MongoDB.",
        {"operation": MONGO_OPERATIONS},
        _QUICK,
    ),
    Metric(
        "complaints_commit_seconds",
        "histogram",
        "seconds",
        "The Kafka transaction, per batch.",
        buckets=_SECONDS,
    ),
    Metric(
        "complaints_record_age_seconds",
        "histogram",
        "seconds",
        "Age of records done.",
        {"lane": ("common", "express")},
        _AGES,
    ),
    Metric(
        "complaints_contact_age_seconds",
        "histogram",
        "seconds",
        "From taking a contact in to being done with it.",
        buckets=_AGES,
    ),
    Metric(
        "complaints_transactions_lost_total", "counter", "transactions", "Not surely committed."
    ),
    Metric(
        "complaints_holds_total",
        "counter",
        "holds",
        "Times it stood still.",
        {"cause": ("outage", "breaker_open", "lost")},
    ),
    Metric("complaints_breaker_open", "gauge", "flag", "1 while the breaker holds the worker."),
    Metric("complaints_paused", "gauge", "flag", "1 while a person has paused the worker."),
    Metric("complaints_lag_records", "gauge", "records", "Wait in its partitions, at most."),
    Metric("complaints_lag_seconds", "gauge", "seconds", "The oldest of these waits, at most."),
    Metric("complaints_drain_seconds", "gauge", "seconds", "What waits, at the recent rate."),
    Metric("complaints_partitions_served", "gauge", "partitions", "Served by this worker."),
    Metric(
        "complaints_alarms_total",
        "counter",
        "alarms",
        "Unsafe things survived.",
        {"alarm": ("committed_offset_missing", "committed_offset_behind")},
    ),
    Metric(
        "complaints_last_step_timestamp_seconds", "gauge", "seconds", "When it last went round."
    ),
    Metric("complaints_timers_armed", "gauge", "timers", "Held in memory: due within minutes."),
    Metric(
        "complaints_timers_overdue_seconds", "gauge", "seconds", "Age of the oldest unanswered."
    ),
    Metric("complaints_timers_late_total", "counter", "timers", "Fired late."),
    Metric(
        "complaints_timer_lateness_seconds",
        "histogram",
        "seconds",
        "From due to fired.",
        buckets=_LATENESS,
    ),
    Metric(
        "complaints_lane_notices", "gauge", "notices", "Wait on a sender's lane.", _NOTICE_CHANNEL
    ),
    Metric(
        "complaints_lane_oldest_seconds",
        "gauge",
        "seconds",
        "How long the first has waited.",
        _NOTICE_CHANNEL,
    ),
    Metric(
        "complaints_providers_away", "gauge", "providers", "Believed to be away.", _NOTICE_CHANNEL
    ),
    Metric("complaints_policy_taken_up_total", "counter", "policies", "Taken up later.", _POLICY),
    Metric("complaints_policy_refused_total", "counter", "policies", "Files refused.", _POLICY),
)
