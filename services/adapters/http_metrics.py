"""What a front door counts about requests: by route, method and status, never by person."""

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.catalogue.fronts import METHODS
from services.runtime.catalogue.metric import Instruments, Metric


class RequestMetrics:
    """The metrics of one process, in a registry of its own; names begin with ``prefix``."""

    def __init__(self, prefix: str, metrics: Iterable[Metric]) -> None:
        self.registry = CollectorRegistry()
        self.made = Instruments(metrics, self.registry)
        self.requests = self.made.counters[f"{prefix}_requests_total"]
        self.seconds = self.made.histograms[f"{prefix}_request_seconds"]


class Measure:
    """ASGI middleware that counts and times every request by its route."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun = 500, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.requests.labels(route, method, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - begun)
