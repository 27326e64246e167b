"""``complaints lag``: how far each worker is behind, in records, in age, and in time to drain."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

import click

from services.cli.instance import connect, data_option
from services.cli.worker import WORKERS

if TYPE_CHECKING:
    from services.audit.groups import Lag

SAMPLE_SECONDS: Final = 2.0
UNKNOWN: Final = "unknown"
SHOWN: Final = 3
"""Topics and partitions that are named."""
Places = Mapping[tuple[str, int], int]


@click.command()
@data_option
@click.option("--all", "show_all", is_flag=True, help="Also partitions where nothing is left.")
@click.option("--no-rate", is_flag=True, help="Do not look twice to find out how fast they are.")
def command(data: Path | None, show_all: bool, no_rate: bool) -> int:
    """Show how far the workers are behind, by group and partition.

    `behind` counts offsets up to the end, of which transaction markers take some; it is 0
    exactly when no record is left, and `unknown` where nobody can tell. `seconds` is the age of
    the oldest record that waits. Whoever is behind is watched for two seconds more: at that rate
    it needs so long for what waits now.

    Exits with 1 when a topic is missing, or Kafka cannot say where a partition ends: of what
    stands there nobody can tell.
    """
    from services.adapters.kafka_admin import admin_of
    from services.audit.groups import inputs_of, lags, positions, workers_with_input
    from services.audit.topic_reader import TopicReader

    settings = connect(data)
    now = datetime.now(UTC)
    click.echo(
        f"{'group':<14} {'topic':<30} {'part':>4} {'committed':>10} {'end':>10} "
        f"{'behind':>8} {'seconds':>8}"
    )
    workers = [worker for worker in workers_with_input() if worker in WORKERS]
    missing = {settings.topic(topic.name) for worker in workers for topic in inputs_of(worker)}
    left: dict[str, int] = {}
    unread: list[str] = []
    with admin_of(settings.kafka) as admin, TopicReader(settings.kafka) as reader:
        for worker in workers:
            found = list(lags(admin, reader, settings, worker))
            missing.difference_update(lag.topic for lag in found)
            left[worker] = sum(lag.records or 0 for lag in found)
            unread += [f"{lag.topic}[{lag.partition}]" for lag in found if lag.records is None]
            for lag in found:
                if lag.records != 0 or show_all:
                    click.echo(row(lag, now))
        waiting = {worker: count for worker, count in left.items() if count}
        if waiting and not no_rate:
            before = {worker: positions(admin, settings, worker) for worker in waiting}
            begun = monotonic()
            sleep(SAMPLE_SECONDS)
            after = {worker: positions(admin, settings, worker) for worker in waiting}
            seconds = monotonic() - begun
            for worker, count in waiting.items():
                group = settings.group(worker)
                click.echo(drain_line(group, count, moved(before[worker], after[worker]), seconds))
    return summed(sum(left.values()), missing, dict.fromkeys(unread))


def summed(total: int, missing: Collection[str], unread: Collection[str]) -> int:
    """Say how much waits in all, and what nobody can tell; return the exit code."""
    if missing:
        click.echo(
            f"{len(missing)} topics are missing ({some(missing)}): `complaints topics list`",
            err=True,
        )
    if unread:
        click.echo(
            f"of {len(unread)} partitions Kafka does not say where they end ({some(unread)}): "
            "what waits there is not counted",
            err=True,
        )
    is_known = not missing and not unread
    if total or is_known:
        click.echo(f"{total} behind in all" if total else "nobody is behind")
    return 0 if is_known else 1


def some(names: Collection[str]) -> str:
    """Return the first of some names."""
    return ", ".join(sorted(names)[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def moved(before: Places, after: Places) -> int:
    """Return by how many offsets a group went on."""
    return sum(max(0, offset - before.get(spot, 0)) for spot, offset in after.items())


def drain_line(group: str, waiting: int, done: int, seconds: float) -> str:
    """Return how long a group needs for what waits, if it goes on as it did for ``seconds``.

    >>> drain_line("cases", 9_000, 3_000, 2.0)
    'cases          drains in 6 s at 1500 a second'
    """
    if done <= 0:
        return f"{group:<14} stands still: nothing was committed in {seconds:.0f} s"
    rate = done / seconds
    return f"{group:<14} drains in {waiting / rate:.0f} s at {rate:.0f} a second"


def row(lag: "Lag", now: datetime) -> str:
    """Return the line of one partition."""
    committed = "never" if lag.committed is None else str(lag.committed)
    seconds = f"{max(0.0, (now - lag.oldest).total_seconds()):.1f}" if lag.oldest else ""
    end = UNKNOWN if lag.end is None else str(lag.end)
    records = UNKNOWN if lag.records is None else str(lag.records)
    return (
        f"{lag.group:<14} {lag.topic:<30} {lag.partition:>4} {committed:>10} {end:>10} "
        f"{records:>8} {seconds:>8}"
    ).rstrip()
