"""Rows about notices: whom they reached or not and why; what waits on the lanes, and was heard."""

from typing import Final

from infra.grafana.panel import Panel, rate

NOTICES: Final[tuple[str, tuple[Panel, ...]]] = (
    "Notices: who was told, and who was not",
    (
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
            "Decided not to tell, or not now",
            "ops",
            (
                (
                    "sum by (channel, reason) "
                    "(rate(complaints_notices_withheld_total[$__rate_interval]))",
                    "{{channel}} {{reason}}",
                ),
            ),
            hint="By rule: in a digest, told not long ago, quiet hours, not wanted, no address.",
        ),
        Panel(
            "Had to be told, reached nobody, 15 min",
            "none",
            (("whom:complaints_notices_unreached:increase15m", "{{whom}}"),),
            hint="complaints notice unreached lists them.",
        ),
    ),
)
SENDING: Final[tuple[str, tuple[Panel, ...]]] = (
    "Notices on their way",
    (
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
            "Providers that are away",
            "none",
            (("max by (channel) (complaints_providers_away)", "{{channel}}"),),
            hint="Of chat each robot is a provider; the log of sender names it.",
        ),
        Panel(
            "After the hand-over",
            "ops",
            (
                rate("complaints_api_receipts_total", "event"),
                rate("complaints_api_inbound_total", "taken_as"),
                (
                    "sum(rate(complaints_api_sms_parts_missing_total[$__rate_interval]))",
                    "parts of short messages that never came",
                ),
            ),
        ),
    ),
)
