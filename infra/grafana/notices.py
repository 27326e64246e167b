"""Panels about notices: how they ended, what waits on the lanes, what was heard afterwards."""

from typing import Final

from infra.grafana.panel import Panel, rate

NOTICES: Final[tuple[Panel, ...]] = (
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
        "Notices on the lanes",
        "none",
        (("sum by (channel) (complaints_lane_notices)", "{{channel}}"),),
    ),
    Panel(
        "How long the first has waited",
        "s",
        (("max by (channel) (complaints_lane_oldest_seconds)", "{{channel}}"),),
    ),
    Panel(
        "After the hand-over",
        "ops",
        (
            rate("complaints_api_receipts_total", "event"),
            rate("complaints_api_inbound_total", "taken_as"),
        ),
    ),
)
