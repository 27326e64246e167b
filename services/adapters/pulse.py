"""What a worker's process shows of its loop: health, and how much waits before it."""

from typing import Final

from services.adapters.kafka_log import KafkaLog
from services.domain.clock import Clock
from services.runtime.health import Health
from services.runtime.loop import BatchLoop, Step
from services.runtime.metrics import PrometheusMetrics
from services.runtime.troubles import NO_ROUND, STARTING

ALIVE_SECONDS: Final = 30.0
"""A loop that has not gone round for this long is not alive."""
LAG_EVERY_SECONDS: Final = 2.0
_STANDING: Final = frozenset(
    {Step.SWITCHED_OFF, Step.PAUSED, Step.OUTAGE, Step.BREAKER_OPEN, Step.LOST}
)


class Pulse:
    """What the health pages show; written by the loop, read by the server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.loop: BatchLoop | None = None
        self.log: KafkaLog | None = None
        self.beat_at = clock.monotonic()
        self.trouble = STARTING

    def beat(self) -> None:
        """The loop went round."""
        self.beat_at = self._clock.monotonic()
        self.trouble = (self.loop.trouble or "") if self.loop else self.trouble

    def silence(self) -> float:
        """Return for how many seconds the loop has not gone round."""
        return self._clock.monotonic() - self.beat_at

    def health(self) -> Health:
        """Return what the pages say now."""
        silent = self.silence()
        alive = silent < ALIVE_SECONDS
        serving = self.log is not None and self.log.is_serving()
        detail = self.trouble or ("serving" if serving else "no partitions assigned")
        if not alive:
            detail = f"{NO_ROUND} {silent:.0f} s; {detail}"
        return Health(alive, alive and serving and not self.trouble, detail)


class LagGauge:
    """Tells the metrics how much waits, every two seconds. While the worker reads, its fetches
    say where its partitions end; while it stands still nobody does but the cluster. What cannot be
    found out is no figure: 0 would say that nothing waits."""

    def __init__(self, log: KafkaLog, metrics: PrometheusMetrics, clock: Clock) -> None:
        self._log = log
        self._metrics = metrics
        self._clock = clock
        self._next = clock.monotonic()
        metrics.lag_unknown()

    def step(self, step: Step) -> None:
        """Look, if it is time; a round that found nothing to read knows without looking."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        wall = self._clock.now().timestamp()
        is_idle = step is Step.IDLE
        lag = self._log.no_lag(wall) if is_idle else self._log.lag(step in _STANDING, wall)
        if lag is None:
            self._metrics.lag_unknown()
        else:
            self._metrics.lag(lag.records, lag.seconds)
        self._next = now + LAG_EVERY_SECONDS
