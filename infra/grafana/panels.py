"""What the dashboard shows: rows of panels in order; :mod:`infra.grafana.build` places them."""

from typing import Final

from infra.grafana.incidents import INCIDENTS
from infra.grafana.judgements import JUDGEMENTS
from infra.grafana.lanes import LANES
from infra.grafana.notices import NOTICES, SENDING
from infra.grafana.panel import Panel, rate
from infra.grafana.proved import PROVED, WHOLE_AUDIT

ROWS: Final[tuple[tuple[str, tuple[Panel, ...]], ...]] = (
    (
        "Is everything well?",
        (
            Panel("Processes up", "none", (("sum(up)", ""),), "stat"),
            Panel(
                "Alerts", "none", (('count(ALERTS{alertstate="firing"}) or vector(0)', ""),), "stat"
            ),
            Panel("Breakers open", "none", (("sum(complaints_breaker_open)", ""),), "stat"),
            Panel(
                "Policies taken up, refused, 1 h",
                "none",
                (
                    ("sum(increase(complaints_policy_taken_up_total[1h])) or vector(0)", "up"),
                    ("sum(increase(complaints_policy_refused_total[1h])) or vector(0)", "refused"),
                ),
                "stat",
            ),
            Panel(
                "Dead letters, 10 min",
                "none",
                (("sum(topic:complaints_dead_letters:increase10m) or vector(0)", ""),),
                "stat",
            ),
        ),
    ),
    (
        "Intake",
        (
            Panel(
                "Contacts taken, by channel",
                "ops",
                (rate("complaints_api_contacts_accepted_total", "channel"),),
            ),
            Panel(
                "Refused by quotas",
                "ops",
                (rate("complaints_api_quota_refusals_total", "rule"),),
                hint="Somebody sends more than services/api/quotas.yaml allows.",
            ),
            Panel("Answers of the API", "ops", (rate("complaints_api_requests_total", "status"),)),
            Panel(
                "Time to answer, p99",
                "s",
                (("route:complaints_api_request_seconds:p99", "{{route}}"),),
            ),
            Panel(
                "Waiting for Kafka", "none", (("sum(complaints_api_records_in_flight)", "records"),)
            ),
        ),
    ),
    (
        "The pipeline",
        (
            Panel("Records done", "ops", (("worker:complaints_records:rate5m", "{{worker}}"),)),
            Panel(
                "Age of records when done, p99",
                "s",
                (("worker:complaints_record_age_seconds:p99", "{{worker}}"),),
                hint="Rises when a worker falls behind.",
            ),
            Panel(
                "Age of contacts when done, p99",
                "s",
                (
                    (
                        "histogram_quantile(0.99, sum by (worker, le) "
                        "(rate(complaints_contact_age_seconds_bucket[$__rate_interval])))",
                        "{{worker}}",
                    ),
                ),
                hint="Since the API took them.",
            ),
            Panel(
                "Waiting",
                "none",
                (("sum by (worker) (complaints_lag_records)", "{{worker}}"),),
                hint="At most; exact when it is 0.",
            ),
            Panel(
                "Oldest waiting",
                "s",
                (("max by (worker) (complaints_lag_seconds)", "{{worker}}"),),
                hint="For how long it has waited, at most.",
            ),
            Panel(
                "Time to drain",
                "s",
                (("max by (worker) (complaints_drain_seconds)", "{{worker}}"),),
                hint="What waits, at the recent rate, if nothing new came.",
            ),
            Panel(
                "Paused by a person",
                "none",
                (("sum by (worker) (complaints_paused)", "{{worker}}"),),
            ),
            Panel(
                "Partitions served",
                "none",
                (("worker:complaints_partitions_served:sum", "{{worker}}"),),
            ),
            Panel("Produced, by topic", "ops", (rate("complaints_produced_total", "topic"),)),
        ),
    ),
    PROVED,
    WHOLE_AUDIT,
    LANES,
    INCIDENTS,
    (
        "Inside a batch",
        (
            Panel(
                "Deciding and MongoDB, p95",
                "s",
                (("worker:complaints_decide_seconds:p95", "{{worker}}"),),
            ),
            Panel(
                "MongoDB, by operation, p95",
                "s",
                (
                    (
                        "histogram_quantile(0.95, sum by (operation, le) "
                        "(rate(complaints_mongo_seconds_bucket[$__rate_interval])))",
                        "{{operation}}",
                    ),
                ),
            ),
            Panel(
                "The Kafka transaction, p95",
                "s",
                (("worker:complaints_commit_seconds:p95", "{{worker}}"),),
            ),
            Panel(
                "Records per batch, p95",
                "none",
                (
                    (
                        "histogram_quantile(0.95, sum by (worker, le) "
                        "(rate(complaints_batch_records_bucket[$__rate_interval])))",
                        "{{worker}}",
                    ),
                ),
            ),
            Panel(
                "Since the loop last went round",
                "s",
                (
                    (
                        "max by (worker) (time() - (complaints_last_step_timestamp_seconds > 0))",
                        "{{worker}}",
                    ),
                ),
            ),
        ),
    ),
    (
        "Trouble",
        (
            Panel(
                "Dead letters",
                "none",
                (("topic:complaints_dead_letters:increase10m", "{{topic}} {{reason}}"),),
            ),
            Panel(
                "Standing still",
                "ops",
                (
                    (
                        "sum by (worker, cause) (rate(complaints_holds_total[$__rate_interval]))",
                        "{{worker}} {{cause}}",
                    ),
                ),
            ),
            Panel(
                "Transactions lost, 10 min",
                "none",
                (("worker:complaints_transactions_lost:increase10m", "{{worker}}"),),
            ),
            Panel(
                "Unsafe things survived",
                "none",
                (("sum by (worker, alarm) (complaints_alarms_total)", "{{worker}} {{alarm}}"),),
            ),
        ),
    ),
    (
        "Cases and clocks",
        (
            Panel("What became of records", "ops", (rate("complaints_outcomes_total", "outcome"),)),
            Panel(
                "Time limits",
                "s",
                (
                    ("max(complaints_timers_overdue_seconds)", "oldest unanswered"),
                    (
                        "histogram_quantile(0.99, sum by (le) "
                        "(rate(complaints_timer_lateness_seconds_bucket[$__rate_interval])))",
                        "lateness, p99",
                    ),
                ),
            ),
            Panel(
                "Timers",
                "none",
                (
                    ("sum(complaints_timers_armed)", "armed"),
                    ("increase(complaints_timers_late_total[10m])", "late, 10 min"),
                ),
            ),
        ),
    ),
    NOTICES,
    SENDING,
    JUDGEMENTS,
    (
        "After the answer",
        (
            Panel(
                "Looks that are due, and the passes",
                "s",
                (
                    ("max(complaints_aftercare_oldest_due_seconds)", "oldest look that is due"),
                    ("time() - min(complaints_aftercare_last_pass_timestamp_seconds)", "last pass"),
                    ("sum(complaints_aftercare_turn)", "copies that have the turn"),
                ),
            ),
            Panel(
                "Cases that were asked",
                "ops",
                (
                    rate("complaints_aftercare_cases_total", "end"),
                    rate("complaints_aftercare_contacts_removed_total", "worker"),
                ),
            ),
        ),
    ),
    (
        "The console",
        (
            Panel(
                "Answers of the console",
                "ops",
                (rate("complaints_console_requests_total", "status"),),
            ),
            Panel(
                "Time to answer, p99",
                "s",
                (
                    (
                        "histogram_quantile(0.99, sum by (route, le) "
                        "(rate(complaints_console_request_seconds_bucket[$__rate_interval])))",
                        "{{route}}",
                    ),
                ),
            ),
        ),
    ),
)
