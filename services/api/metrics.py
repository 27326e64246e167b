"""What the API counts. Labels are routes, methods and status codes: few, and never a person."""

from services.adapters.http_metrics import RequestMetrics
from services.runtime.catalogue.fronts import API


class ApiMetrics(RequestMetrics):
    """The metrics of one API process."""

    def __init__(self) -> None:
        super().__init__("complaints_api", API)
        counters = self.made.counters
        self.accepted = counters["complaints_api_contacts_accepted_total"]
        self.lanes = counters["complaints_api_lanes_total"]
        self.refused = counters["complaints_api_quota_refusals_total"]
        self.receipts = counters["complaints_api_receipts_total"]
        self.inbound = counters["complaints_api_inbound_total"]
        self.parts_missing = counters["complaints_api_sms_parts_missing_total"]
        self.parts_overdue = self.made.gauges["complaints_api_sms_parts_overdue_seconds"]
        self.in_flight = self.made.gauges["complaints_api_records_in_flight"]
