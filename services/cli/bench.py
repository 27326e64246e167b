"""``complaints bench``: the measurements of ``bench/``, on engines of their own."""

from collections.abc import Callable
from pathlib import Path

import click

from bench.timing import ASKED


@click.group(
    invoke_without_command=True,
    subcommand_metavar="[decisions|timers|rebuild]",
    epilog="""\b
Examples:
  ./complaints bench                                     the case path, about four minutes
  ./complaints bench --contacts 50000 --no-latency       sustained throughput only
  ./complaints bench --json result.json                  also for machines
  ./complaints bench decisions                           what one core decides, without engines
  ./complaints bench timers                              a million timers, about four minutes
  ./complaints bench rebuild                             50,000 contacts, each case rebuilt
""",
)
@click.option("--contacts", type=click.IntRange(100), default=60_000, show_default=True)
@click.option("--partitions", type=click.IntRange(1), default=4, show_default=True)
@click.option("--no-latency", is_flag=True, help="Leave out the latencies.")
@click.option("--no-floor", is_flag=True, help="Leave out the transport floor.")
@click.option("--kafka", help="Bootstrap servers of a running Kafka (with --mongo).")
@click.option("--mongo", help="URI of a running MongoDB (with --kafka).")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def command(
    ctx: click.Context,
    contacts: int,
    partitions: int,
    no_latency: bool,
    no_floor: bool,
    kafka: str | None,
    mongo: str | None,
    json_file: Path | None,
) -> int:
    """Measure contacts/s, latency and CPU of the whole case path on engines of its own; with
    a word after it, something else."""
    if ctx.invoked_subcommand is not None:
        return 0
    from bench.pipeline import main

    arguments = ["--contacts", str(contacts), "--partitions", str(partitions)]
    arguments += ["--no-latency"] * no_latency + ["--no-floor"] * no_floor
    return main([*arguments, *_given(kafka, mongo, json_file)])


def _engines_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that every measurement on engines has."""
    options = (
        click.option("--kafka", help="Bootstrap servers of a running Kafka (with --mongo)."),
        click.option("--mongo", help="URI of a running MongoDB (with --kafka)."),
        click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path)),
    )
    for option in reversed(options):
        command = option(command)
    return command


@command.command(
    epilog="""\b
Examples:
  ./complaints bench decisions                           all three, minutes
  ./complaints bench decisions scoring routing           without the million fingerprints
  ./complaints bench decisions --fingerprints 20000      a quick look
  ./complaints bench decisions --against HEAD~3          beside the code of that commit
"""
)
@click.argument("measures", nargs=-1, type=click.Choice(tuple(ASKED)))
@click.option(
    "--against",
    metavar="COMMIT",
    help="Measure the code of this commit too, round by round in turn with the code as it lies"
    " here; the packages, the contacts and what measures them are those of here.",
)
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True)
@click.option(
    "--fingerprints",
    type=click.IntRange(1),
    default=1_000_000,
    show_default=True,
    help="That dedup knows, in memory; with --against either code has its own.",
)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
def decisions(
    measures: tuple[str, ...],
    against: str | None,
    rounds: int,
    fingerprints: int,
    json_file: Path | None,
) -> int:
    """Measure how much one core decides in a second: texts scored, contacts routed by 2,000
    routes, contacts deduplicated against a million. No engines are needed.

    Shown are the median, the least and the most of the rounds, a second being one of processor
    time; "ratio" is this code's median over that of COMMIT. BELOW marks what does not reach what is
    asked: the exit code is 1 then, and where something could not be measured.
    """
    from bench.decisions import as_json, measure, table
    from bench.measuring import write_json
    from services.cli.interrupts import Interrupts

    Interrupts()
    figures = measure(measures or tuple(ASKED), against, rounds, fingerprints)
    click.echo("\n".join(table(figures)))
    if json_file is not None:
        write_json(json_file, {"fingerprints": fingerprints, "measures": as_json(figures)})
    return 0 if all(one.is_reached and all(one.rates.values()) for one in figures) else 1


@command.command()
@click.option("--timers", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option(
    "--due", type=click.IntRange(1), default=100_000, show_default=True, help="In one minute."
)
@_engines_options
def timers(
    timers: int, due: int, kafka: str | None, mongo: str | None, json_file: Path | None
) -> int:
    """Measure armed timers: their size in MongoDB and memory, how fast and in which order those
    of one minute are published though a worker is killed, how late they are at a normal load.

    The exit code is 1 when something is missing or out of order.
    """
    from bench.timers import main

    if due > timers:
        raise click.BadParameter("no more can be due than there are", param_hint="--due")
    wanted = ["--timers", str(timers), "--due", str(due)]
    return main([*wanted, *_given(kafka, mongo, json_file)])


@command.command()
@click.option("--contacts", type=click.IntRange(1), default=50_000, show_default=True)
@_engines_options
def rebuild(contacts: int, kafka: str | None, mongo: str | None, json_file: Path | None) -> int:
    """Send contacts and commands through the whole case path, then rebuild each case from its
    events alone and compare it with the stored one, byte by byte.

    The exit code is 1 when one differs.
    """
    from bench.rebuild import main

    return main(["--contacts", str(contacts), *_given(kafka, mongo, json_file)])


def _given(kafka: str | None, mongo: str | None, json_file: Path | None) -> list[str]:
    named = (("--kafka", kafka), ("--mongo", mongo), ("--json", json_file))
    return [word for name, value in named if value for word in (name, str(value))]
