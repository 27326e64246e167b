"""``complaints bench``: the measurements of ``bench/pipeline.py``."""

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  ./complaints bench                                     everything, about four minutes
  ./complaints bench --contacts 50000 --no-latency       sustained throughput only
  ./complaints bench --scoring                           texts a second, without engines
  ./complaints bench --json result.json                  also for machines
"""
)
@click.option("--scoring", is_flag=True, help="Only how many texts one core scores a second.")
@click.option("--contacts", type=click.IntRange(100), default=60_000, show_default=True)
@click.option("--partitions", type=click.IntRange(1), default=4, show_default=True)
@click.option("--no-latency", is_flag=True, help="Leave out the latencies.")
@click.option("--no-floor", is_flag=True, help="Leave out the transport floor.")
@click.option("--kafka", help="Bootstrap servers of a running Kafka (with --mongo).")
@click.option("--mongo", help="URI of a running MongoDB (with --kafka).")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
def command(
    contacts: int,
    partitions: int,
    no_latency: bool,
    no_floor: bool,
    kafka: str | None,
    mongo: str | None,
    json_file: Path | None,
    *,
    scoring: bool,
) -> int:
    """Measure contacts/s, latency and CPU of the whole case path on engines of its own."""
    if scoring:
        from bench import scoring as texts

        return texts.main()
    from bench.pipeline import main

    arguments = ["--contacts", str(contacts), "--partitions", str(partitions)]
    arguments += ["--no-latency"] * no_latency + ["--no-floor"] * no_floor
    for name, value in (("--kafka", kafka), ("--mongo", mongo), ("--json", json_file)):
        arguments += [name, str(value)] if value else []
    return main(arguments)
