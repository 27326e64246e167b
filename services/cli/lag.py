"""``complaints lag``: how far each worker is behind, in records and in seconds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.cli.instance import connect, data_option
from services.cli.worker import WORKERS

if TYPE_CHECKING:
    from services.audit.groups import Lag


@click.command()
@data_option
@click.option("--all", "show_all", is_flag=True, help="Also partitions where nothing is left.")
def command(data: Path | None, show_all: bool) -> int:
    """Show how far the workers are behind, by group and partition.

    `behind` counts offsets up to the end, of which transaction markers take some; it is 0
    exactly when no record is left. `seconds` is the age of the oldest record that waits.
    """
    from services.adapters.kafka_admin import admin_of
    from services.audit.groups import lags, workers_with_input
    from services.audit.topic_reader import TopicReader

    settings = connect(data)
    now = datetime.now(UTC)
    click.echo(
        f"{'group':<14} {'topic':<30} {'part':>4} {'committed':>10} {'end':>10} "
        f"{'behind':>8} {'seconds':>8}"
    )
    total = 0
    with admin_of(settings.kafka) as admin, TopicReader(settings.kafka) as reader:
        for worker in (worker for worker in workers_with_input() if worker in WORKERS):
            found = list(lags(admin, reader, settings, worker))
            total += sum(lag.records for lag in found)
            for lag in found:
                if lag.records or show_all:
                    click.echo(row(lag, now))
    click.echo(f"{total} behind in all" if total else "nobody is behind")
    return 0


def row(lag: "Lag", now: datetime) -> str:
    """Return the line of one partition."""
    committed = "never" if lag.committed is None else str(lag.committed)
    seconds = f"{max(0.0, (now - lag.oldest).total_seconds()):.1f}" if lag.oldest else ""
    return (
        f"{lag.group:<14} {lag.topic:<30} {lag.partition:>4} {committed:>10} {lag.end:>10} "
        f"{lag.records:>8} {seconds:>8}"
    ).rstrip()
