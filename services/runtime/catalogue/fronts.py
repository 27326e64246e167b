"""What the API and the console export."""

from typing import Final

from schemas.receipts import ReceiptEvent
from schemas.vocabulary import Channel
from services.runtime.catalogue.metric import Metric, Values

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def _requests(front: str) -> tuple[Metric, Metric]:
    route: dict[str, Values] = {"route": "the paths of its routes, or unmatched"}
    answers: dict[str, Values] = {
        "method": (*METHODS, "other"),
        "status": "the HTTP statuses that it answers with",
    }
    return (
        Metric(
            f"complaints_{front}_requests_total",
            "counter",
            "requests",
            "Answered.",
            {**route, **answers},
        ),
        Metric(
            f"complaints_{front}_request_seconds",
            "histogram",
            "seconds",
            "Time from request to answer.",
            route,
            _SECONDS,
        ),
    )


API: Final[tuple[Metric, ...]] = (
    *_requests("api"),
    Metric(
        "complaints_api_contacts_accepted_total",
        "counter",
        "contacts",
        "Contacts that Kafka has.",
        {"channel": tuple(Channel)},
    ),
    Metric(
        "complaints_api_lanes_total",
        "counter",
        "contacts",
        "Contacts that Kafka has, by their lane and what chose it.",
        {"lane": ("common", "express"), "why": ("channel", "sign", "none", "over_budget")},
    ),
    Metric(
        "complaints_api_quota_refusals_total",
        "counter",
        "contacts",
        "Contacts refused by a quota.",
        {"rule": "the rules of services/api/quotas.yaml"},
    ),
    Metric(
        "complaints_api_receipts_total",
        "counter",
        "receipts",
        "What was said of notices that were handed over.",
        {"event": tuple(ReceiptEvent)},
    ),
    Metric(
        "complaints_api_inbound_total",
        "counter",
        "messages",
        "Mails and short messages handed in.",
        {
            "taken_as": (
                *("reply", "contact", "note", "rating", "opt_out", "bounce", "delay"),
                *("complaint", "automatic", "unknown_notice", "nothing", "absorbed", "part"),
            )
        },
    ),
    Metric(
        "complaints_api_sms_parts_missing_total",
        "counter",
        "parts",
        "Parts of short messages that never came: the rest was taken without them.",
    ),
    Metric(
        "complaints_api_sms_parts_overdue_seconds",
        "gauge",
        "seconds",
        "How long ago the oldest short message in parts that is still kept was to be taken as it "
        "is; 0 while none is overdue, and of copies whose turn it is not.",
    ),
    Metric(
        "complaints_api_records_in_flight",
        "gauge",
        "records",
        "Records that wait for Kafka's acknowledgement.",
    ),
)

CONSOLE: Final[tuple[Metric, ...]] = _requests("console")
