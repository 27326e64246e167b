"""``complaints topics``: make the topics of the table, or show what the cluster has."""

from pathlib import Path

import click

from schemas.topics import TOPICS
from services.cli.instance import connect, data_option


@click.group()
def command() -> None:
    """Create or check the topics."""


@command.command("apply")
@data_option
@click.option(
    "--partitions",
    type=click.IntRange(min=1),
    help="Partitions of every topic; fixed for ever.  [default: what there is, else 12]",
)
@click.option("--replication", type=click.IntRange(min=1), default=1, show_default=True)
def apply(data: Path | None, partitions: int | None, replication: int) -> int:
    """Make the topics that are missing.

    Existing topics are never changed; where one differs from the table, this is said.
    Exits with 1 when a partition count differs, as the workers refuse that.
    """
    from services.adapters.kafka_admin import apply_topics

    settings = connect(data)
    report = apply_topics(
        settings.kafka,
        settings.prefix,
        partitions,
        replication,
        progress=lambda line: click.echo(line, err=True),
    )
    for name in report.created:
        click.echo(f"created    {name}")
    for one in report.different:
        click.echo(
            f"{'ERROR' if one.is_error else 'different':<10} {one.topic}: {one.setting} is "
            f"{one.found}, the table has {one.wanted}: {one.meaning}"
        )
    click.echo(
        f"{len(report.created)} created, {len(report.unchanged)} unchanged, "
        f"{len({one.topic for one in report.different})} different"
    )
    return 1 if report.errors else 0


@command.command("list")
@data_option
def list_(data: Path | None) -> int:
    """Show each topic: partitions, offsets, who writes and who reads it.

    Exits with 1 when a topic is missing.
    """
    from services.adapters.kafka_admin import admin_of, end_offsets, partitions_of, start_offsets

    settings = connect(data)
    names = [settings.topic(topic.name) for topic in TOPICS]
    names += [f"{settings.topic(topic.name)}.dead" for topic in TOPICS if topic.dead_letter]
    with admin_of(settings.kafka) as admin:
        spots = partitions_of(admin, names)
        starts, ends = start_offsets(admin, spots), end_offsets(admin, spots)
    people = {settings.topic(topic.name): topic for topic in TOPICS}
    click.echo(f"{'topic':<36} {'partitions':>10} {'offsets':>10}  written by, read by")
    missing = 0
    for name in names:
        mine = [spot for spot in spots if spot.topic == name]
        if not mine:
            missing += 1
            click.echo(f"{name:<36} {'missing':>10}")
            continue
        offsets = sum(ends[spot] - starts[spot] for spot in mine)
        topic = people.get(name)
        roles = f"{', '.join(topic.producers)} > {', '.join(topic.consumers)}" if topic else ""
        click.echo(f"{name:<36} {len(mine):>10} {offsets:>10}  {roles}".rstrip())
    if missing:
        click.echo(f"{missing} missing: run `complaints topics apply`", err=True)
    return 1 if missing else 0
