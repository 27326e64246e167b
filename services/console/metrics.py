"""What the console counts."""

from services.adapters.http_metrics import RequestMetrics
from services.runtime.catalogue.fronts import CONSOLE


class ConsoleMetrics(RequestMetrics):
    """The metrics of one console process."""

    def __init__(self) -> None:
        super().__init__("complaints_console", CONSOLE)
