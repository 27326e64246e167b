"""``complaints worker NAME``: one worker in the foreground, for a second copy or a debugger."""

import os
import sys
from pathlib import Path
from typing import Final

import click

from services.cli.environment import environment_of
from services.cli.instance import connect, data_option

WORKERS: Final = (
    "dedup",
    "severity",
    "routing",
    "cases",
    "sla",
    "notification",
    "sender",
    "trends",
    "api",
    "console",
)


@click.command(
    epilog="""\b
Examples:
  ./complaints worker cases --slot 1        a second copy beside the one of `up`
  COMPLAINTS_KAFKA=kafka1:9092 COMPLAINTS_MONGO=mongodb://… COMPLAINTS_HMAC_KEYS=k1:… \\
      ./complaints worker dedup             against services elsewhere
"""
)
@click.argument("name", metavar="NAME", type=click.Choice(WORKERS))
@click.option(
    "--slot",
    type=click.IntRange(0),
    default=None,
    help="Number of this copy; two copies must differ (`up` runs number 0).",
)
@data_option
def command(name: str, slot: int | None, data: Path | None) -> None:
    """Run the worker NAME (dedup, cases, api, console …) until Ctrl-C.

    It serves the instance of --data or, when COMPLAINTS_KAFKA is set, what the COMPLAINTS_*
    variables say.
    """
    settings = connect(data)
    changes: dict[str, object] = {} if slot is None else {"slot": slot}
    environment = environment_of(settings, **changes)
    os.execve(sys.executable, [sys.executable, "-m", f"services.{name}"], environment)
