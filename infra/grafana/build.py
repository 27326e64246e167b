"""The dashboard as a file: ``python -m infra.grafana.build`` writes it, ``--check`` compares.

The rows stand in :mod:`infra.grafana.panels`; places and ids follow from their order.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from infra.grafana.panels import ROWS, Panel

FILE: Final = Path(__file__).with_name("dashboards") / "complaints.json"
_SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
_WIDTH: Final = 24
_HEIGHT: Final = 8


class Panel(NamedTuple):
    """A plot: each query is an expression and its legend."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    hint: str = ""


def _rate(metric: str, by: str, where: str = "") -> tuple[str, str]:
    return f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))", f"{{{{{by}}}}}"


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
                (_rate("complaints_api_contacts_accepted_total", "channel"),),
            ),
            Panel("Answers of the API", "ops", (_rate("complaints_api_requests_total", "status"),)),
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
                "Partitions served",
                "none",
                (("worker:complaints_partitions_served:sum", "{{worker}}"),),
            ),
            Panel("Produced, by topic", "ops", (_rate("complaints_produced_total", "topic"),)),
        ),
    ),
    (
        "Inside a batch",
        (
            Panel(
                "Deciding and MongoDB, p95",
                "s",
                (("worker:complaints_decide_seconds:p95", "{{worker}}"),),
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
        "Cases, clocks and notices",
        (
            Panel(
                "What became of records", "ops", (_rate("complaints_outcomes_total", "outcome"),)
            ),
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
            Panel(
                "Notices ended, 15 min",
                "none",
                (("channel:complaints_notices_ended:increase15m", "{{outcome}}"),),
            ),
            Panel(
                "Notices not sent, by reason",
                "ops",
                (
                    (
                        "sum by (channel, reason) (rate(complaints_notices_total"
                        '{state=~"failed|unknown|suppressed"}[$__rate_interval]))',
                        "{{channel}} {{reason}}",
                    ),
                ),
            ),
            Panel(
                "After the hand-over",
                "ops",
                (
                    _rate("complaints_api_receipts_total", "event"),
                    _rate("complaints_api_inbound_total", "taken_as"),
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
                (_rate("complaints_console_requests_total", "status"),),
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


def _panels(rows: Sequence[tuple[str, tuple[Panel, ...]]]) -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for title, panels in rows:
        number += 1
        place = {"h": 1, "w": _WIDTH, "x": 0, "y": y}
        yield {"id": number, "type": "row", "title": title, "gridPos": place, "collapsed": False}
        y += 1
        width = _WIDTH // len(panels)
        height = _HEIGHT // 2 if all(panel.kind == "stat" for panel in panels) else _HEIGHT
        for column, panel in enumerate(panels):
            number += 1
            yield {
                "id": number,
                "type": panel.kind,
                "title": panel.title,
                "description": panel.hint,
                "datasource": _SOURCE,
                "gridPos": {"h": height, "w": width, "x": column * width, "y": y},
                "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
                "targets": [
                    {"refId": chr(65 + n), "datasource": _SOURCE, "expr": e, "legendFormat": legend}
                    for n, (e, legend) in enumerate(panel.queries)
                ],
            }
        y += height


def dashboard() -> str:
    """Return the text of the dashboard's file."""
    content = {
        "uid": "complaints",
        "title": "Complaints",
        "tags": ["complaints"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "graphTooltip": 1,
        "panels": list(_panels(ROWS)),
    }
    return json.dumps(content, indent=2) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or check the file; return the exit status."""
    wanted = dashboard()
    if "--check" not in arguments:
        FILE.write_text(wanted)
        return 0
    if FILE.exists() and FILE.read_text() == wanted:
        return 0
    print(f"{FILE.name} differs; run: python -m infra.grafana.build", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
