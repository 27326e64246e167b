"""What the loop and its handlers tell, as the workers' part of the catalogue."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from math import nan
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from schemas.topics import is_express
from services.runtime.catalogue.metric import Instruments
from services.runtime.catalogue.workers import WORKERS
from services.runtime.drain import DrainMeter
from services.runtime.records import Handled, Inbound


class LoopMetrics(Protocol):
    """What the loop tells; a simulation passes a silent one."""

    def batch(
        self,
        batch: Sequence[Inbound],
        handled: Handled,
        decide_seconds: float,
        commit_seconds: float,
        now: datetime,
    ) -> None: ...

    def idle(self) -> None: ...

    def held(self, cause: str) -> None: ...

    def lost(self) -> None: ...

    def breaker(self, is_open: bool) -> None: ...

    def paused(self, is_paused: bool) -> None: ...

    def ticked(self, handled: Handled, decide_seconds: float, commit_seconds: float) -> None: ...


class PrometheusMetrics:
    """The workers' metrics, registered in ``registry`` and fed by the loop."""

    def __init__(self, registry: CollectorRegistry) -> None:
        made = Instruments(WORKERS, registry)
        self._counters, self._gauges, self._histograms = made.counters, made.gauges, made.histograms
        self._drain = DrainMeter()

    def batch(
        self,
        batch: Sequence[Inbound],
        handled: Handled,
        decide_seconds: float,
        commit_seconds: float,
        now: datetime,
    ) -> None:
        """Count a committed batch; ages are sampled from the first and last record of each lane."""
        topics = Tally([record.topic for record in batch])
        for topic, read in topics.items():
            self._counters["complaints_records_total"].labels(topic).inc(read)
        for letter in handled.dead:
            self._counters["complaints_dead_letters_total"].labels(
                letter.inbound.topic, letter.reason
            ).inc()
        self._histograms["complaints_batch_records"].observe(len(batch))
        self._drain.done(len(batch), decide_seconds + commit_seconds)
        self.ticked(handled, decide_seconds, commit_seconds)
        ages = self._histograms["complaints_record_age_seconds"]
        for lane, records in _sampled(batch, topics):
            for record in records:
                age = now.timestamp() - record.timestamp_ms / 1000
                ages.labels(lane).observe(max(0.0, age))
        since_contact = self._histograms["complaints_contact_age_seconds"]
        for accepted_at in handled.accepted:
            since_contact.observe(max(0.0, (now - accepted_at).total_seconds()))
        self.stepped(now)

    def ticked(self, handled: Handled, decide_seconds: float, commit_seconds: float) -> None:
        """Count what was committed, whether a batch or a timer was its cause."""
        for topic, sent in Tally([record.topic for record in handled.outbound]).items():
            self._counters["complaints_produced_total"].labels(topic).inc(sent)
        for outcome, count in handled.outcomes.items():
            self._counters["complaints_outcomes_total"].labels(outcome).inc(count)
        labelled: tuple[tuple[str, Tally[Any]], ...] = (
            ("complaints_notices_total", handled.notices),
            ("complaints_notices_withheld_total", handled.withheld),
            ("complaints_notices_unreached_total", handled.unreached),
            ("complaints_severity_judgements_total", handled.verdicts),
            ("complaints_severity_corrections_total", handled.corrections),
        )
        for name, counted in labelled:
            for labels, count in counted.items():
                self._counters[name].labels(*labels).inc(count)
        self._histograms["complaints_decide_seconds"].observe(decide_seconds)
        self._histograms["complaints_commit_seconds"].observe(commit_seconds)

    def mongo(self, operation: str) -> Callable[[float], None]:
        """Return what is told the seconds of each command of an operation."""
        return self._histograms["complaints_mongo_seconds"].labels(operation).observe

    def timer_fired(self, lateness_seconds: float, is_late: bool) -> None:
        """Count a timer that became a proposal."""
        self._histograms["complaints_timer_lateness_seconds"].observe(max(0.0, lateness_seconds))
        self._counters["complaints_timers_late_total"].inc(is_late)

    def timers(self, armed: int, overdue_seconds: float) -> None:
        """Show what waits."""
        self._gauges["complaints_timers_armed"].set(armed)
        self._gauges["complaints_timers_overdue_seconds"].set(overdue_seconds)

    def lane(self, channel: str, waiting: int, oldest_seconds: float) -> None:
        """Show what waits on a lane."""
        self._gauges["complaints_lane_notices"].labels(channel).set(waiting)
        self._gauges["complaints_lane_oldest_seconds"].labels(channel).set(oldest_seconds)

    def providers_away(self, channel: str, providers: int) -> None:
        """Show how many providers of a channel are away."""
        self._gauges["complaints_providers_away"].labels(channel).set(providers)

    def policy_watched(self, policy: str) -> None:
        """Begin to count at 0: of a series that begins at 1 Prometheus sees no increase, so the
        alert for the first refusal would never go off."""
        for name in ("complaints_policy_taken_up_total", "complaints_policy_refused_total"):
            self._counters[name].labels(policy)

    def policy_taken_up(self, policy: str) -> None:
        """Count a new version that counts from now on."""
        self._counters["complaints_policy_taken_up_total"].labels(policy).inc()

    def policy_refused(self, policy: str) -> None:
        """Count a file that breaks its rules."""
        self._counters["complaints_policy_refused_total"].labels(policy).inc()

    def idle(self) -> None:
        """Nothing to read."""

    def held(self, cause: str) -> None:
        """Count a standstill."""
        self._counters["complaints_holds_total"].labels(cause).inc()

    def lost(self) -> None:
        """Count a transaction that did not surely commit."""
        self._counters["complaints_transactions_lost_total"].inc()

    def breaker(self, is_open: bool) -> None:
        """Show whether the breaker holds the worker."""
        self._gauges["complaints_breaker_open"].set(is_open)

    def paused(self, is_paused: bool) -> None:
        """Show whether a person has paused the worker."""
        self._gauges["complaints_paused"].set(is_paused)

    def lag_unknown(self) -> None:
        """Show no figure of what waits: nobody can tell."""
        self.lag(nan)

    def lag(self, records: float, seconds: float = nan) -> None:
        """Show how many records wait, for how long the oldest has (not a number where nobody
        knows), and how long they will take."""
        self._gauges["complaints_lag_records"].set(records)
        self._gauges["complaints_lag_seconds"].set(seconds)
        self._gauges["complaints_drain_seconds"].set(self._drain.seconds(records))

    def alarm(self, alarm: str) -> None:
        """Count something unsafe that was survived; someone should look."""
        self._counters["complaints_alarms_total"].labels(alarm).inc()

    def served(self, partitions: int) -> None:
        """Show how many partitions are served."""
        self._gauges["complaints_partitions_served"].set(partitions)

    def stepped(self, now: datetime) -> None:
        """Show that the loop is alive."""
        self._gauges["complaints_last_step_timestamp_seconds"].set(now.timestamp())


def _sampled(
    batch: Sequence[Inbound], topics: Iterable[str]
) -> Iterator[tuple[str, tuple[Inbound, Inbound]]]:
    """Yield the first and the last record of each lane that has some in ``batch``."""
    express = frozenset(filter(is_express, topics))
    if not express:
        yield "common", (batch[0], batch[-1])
        return
    for lane, is_it in (("common", False), ("express", True)):
        found = [record for record in batch if (record.topic in express) is is_it]
        if found:
            yield lane, (found[0], found[-1])
