"""``complaints worker``: one worker in the foreground, and the switch that pauses the others."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from services.cli.environment import environment_of
from services.cli.instance import connect, data_option
from services.domain.switch_store import Pause

if TYPE_CHECKING:
    from services.domain.switch_store import SwitchStore

WORKERS: Final = (
    "dedup",
    "severity",
    "routing",
    "cases",
    "incidents",
    "sla",
    "notification",
    "sender",
    "trends",
    "aftercare",
    "audit",
    "api",
    "console",
)


PAUSABLE: Final = (
    "dedup", "severity", "routing", "cases", "incidents", "sla", "notification", "sender",
    "aftercare", "audit",
)  # fmt: skip
"""Those that work through something that waits for them. The API is not: to pause it is to refuse
customers, and what it takes waits in Kafka anyway. Nor is the console, which does nothing of its
own accord; nor trends: counts of an hour ago, read in one go, would look like a surge."""


class WorkerGroup(click.Group):
    """``worker NAME`` runs NAME; ``worker pause|resume|list`` are about the running ones."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or how to run the worker of that name."""
        return _running(cmd_name) if cmd_name in WORKERS else super().get_command(ctx, cmd_name)


@click.group(
    cls=WorkerGroup,
    subcommand_metavar="NAME|pause|resume|list",
    epilog="""\b
Examples:
  ./complaints worker cases --slot 1        a second copy beside the one of `up`
  ./complaints worker pause sender --note "mail relay is being moved"
  ./complaints worker resume sender
  COMPLAINTS_KAFKA=kafka1:9092 COMPLAINTS_MONGO=mongodb://… COMPLAINTS_HMAC_KEYS=k1:… \\
      ./complaints worker dedup             against services elsewhere
""",
)
def command() -> None:
    """Run the worker NAME (dedup, cases, api, console …) until Ctrl-C, or pause one that runs.

    It serves the instance of --data or, when COMPLAINTS_KAFKA is set, what the COMPLAINTS_*
    variables say.
    """


def _running(name: str) -> click.Command:
    @click.command(name, help=f"Run {name} in the foreground until Ctrl-C.")
    @click.option(
        "--slot",
        type=click.IntRange(0),
        default=None,
        help="Number of this copy; two copies must differ (`up` runs number 0).",
    )
    @data_option
    def run(slot: int | None, data: Path | None) -> None:
        settings = connect(data)
        changes: dict[str, object] = {} if slot is None else {"slot": slot}
        environment = environment_of(settings, **changes)
        os.execve(sys.executable, [sys.executable, "-m", f"services.{name}"], environment)

    return run


name_argument = click.argument("name", metavar="NAME", type=click.Choice(PAUSABLE))


@command.command()
@name_argument
@click.option("--note", default="", metavar="TEXT", help="Why; stands on its health page.")
@click.option("--by", default=None, metavar="WHO", help="Who.  [default: your login name]")
@data_option
def pause(name: str, note: str, by: str | None, data: Path | None) -> int:
    """Let all copies of the worker NAME stand still until `resume`, over restarts as well.

    They finish their batch, stay in their group and read nothing; what is for them waits in
    Kafka, where it is kept for 14 days. Nothing is lost, but clocks run on.
    """
    with _switches(data) as switches:
        wanted = Pause(name, by or getuser(), datetime.now(UTC), note)
        stands = switches.pause(wanted)
    click.echo(f"{name} is {stands.words}" if stands == wanted else f"{name} was {stands.words}")
    return 0


@command.command()
@name_argument
@data_option
def resume(name: str, data: Path | None) -> int:
    """Let the worker NAME go on."""
    with _switches(data) as switches:
        ended = switches.resume(name)
    click.echo(
        f"{name} was not paused" if ended is None else f"{name} goes on; it was {ended.words}"
    )
    return 0


@command.command("list")
@data_option
def list_(data: Path | None) -> int:
    """Show which workers are paused, by whom and why."""
    with _switches(data) as switches:
        paused = switches.paused()
    for name in PAUSABLE:
        click.echo(f"{name:<14} {paused[name].words if name in paused else 'goes on'}")
    return 0


@contextmanager
def _switches(data: Path | None) -> "Iterator[SwitchStore]":
    from services.adapters.mongo import open_database
    from services.adapters.mongo_switches import MongoSwitchStore

    settings = connect(data)
    database = open_database(settings.mongo, settings.database)
    try:
        yield MongoSwitchStore(database)
    finally:
        database.client.close()
