"""What the API counts. Labels are routes, methods and status codes: few, and never a person."""

from prometheus_client import Counter, Gauge

from services.adapters.http_metrics import RequestMetrics


class ApiMetrics(RequestMetrics):
    """The metrics of one API process."""

    def __init__(self) -> None:
        super().__init__("complaints_api")
        self.accepted = Counter(
            "complaints_api_contacts_accepted_total",
            "Contacts that Kafka has.",
            ("channel",),
            registry=self.registry,
        )
        self.lanes = Counter(
            "complaints_api_lanes_total",
            "Contacts that Kafka has, by their lane and what chose it.",
            ("lane", "why"),
            registry=self.registry,
        )
        self.refused = Counter(
            "complaints_api_quota_refusals_total",
            "Contacts refused by a quota.",
            ("rule",),
            registry=self.registry,
        )
        self.receipts = Counter(
            "complaints_api_receipts_total",
            "What was said of notices that were handed over.",
            ("event",),
            registry=self.registry,
        )
        self.inbound = Counter(
            "complaints_api_inbound_total",
            "Mails and short messages handed in.",
            ("taken_as",),
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "complaints_api_records_in_flight",
            "Records that wait for Kafka's acknowledgement.",
            registry=self.registry,
        )
