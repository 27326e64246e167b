"""``complaints up``: everything on this machine, from nothing, until Ctrl-C."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import click

from infra.embedded.errors import StackError
from services.cli.instance import DEFAULT_DATA, data_option, shown
from services.cli.interrupts import Interrupts

DEMO_CONTACTS: Final = Path(__file__).parent / "demo" / "contacts.jsonl"
_DEMO_RATE: Final = 4
_LOOK_SECONDS: Final = 0.25


@click.command(
    epilog="""\b
Examples:
  ./complaints up                    data in .data, kept for the next time
  ./complaints up --demo             a fresh instance that is fed sample contacts
  ./complaints up --data /tmp/try    another instance beside it
"""
)
@click.option(
    "--demo",
    is_flag=True,
    help="Feed sample contacts into a fresh instance; its clock can be moved on.",
)
@click.option(
    "--engines-only", is_flag=True, help="Kafka and MongoDB alone: for restore and rebuild."
)
@data_option
def command(demo: bool, engines_only: bool, data: Path | None) -> int:
    """Start Kafka, MongoDB, all workers, the API and the console on this machine.

    The first start installs the engines (about a minute). When everything serves, one line
    that begins with `ready` names the addresses. Ctrl-C stops in order, a second one at
    once; the data stay. Workers that crash are started again, but not those that end with code
    70, which say what to do; logs are in DIR/logs.
    """
    folder = (data or DEFAULT_DATA).absolute()
    interrupts = Interrupts()
    try:
        return _run(folder, demo, engines_only)
    except KeyboardInterrupt:
        return 0 if interrupts.is_asked else 130
    except StackError as error:
        raise click.ClickException(str(error)) from None


def _run(folder: Path, demo: bool, engines_only: bool) -> int:
    from services.cli.running import CATCHER, Instance

    instance = Instance(folder, _say)
    feeder = None
    try:
        instance.start_engines()
        if demo and instance.holds_contacts():
            raise click.ClickException(
                f"{shown(folder)} already holds contacts, and the demo wants a fresh instance: "
                "choose another folder with --data, or run ./complaints up without --demo"
            )
        if engines_only:
            instance.announce()
            click.echo(f"ready  engines only  data={shown(folder)}  (Ctrl-C stops)")
            while True:
                instance.step()
                time.sleep(_LOOK_SECONDS)
        instance.start_workers(with_movable_clock=demo)
        settings = instance.settings
        notices = instance.ports[CATCHER] if instance.catches_notices else None
        click.echo(
            f"ready  console=http://127.0.0.1:{instance.ports['console']}  "
            f"api=http://127.0.0.1:{instance.ports['api']}  "
            + (f"notices=http://127.0.0.1:{notices}  " if notices else "")
            + f"kafka={settings.kafka}  "
            f"mongo={settings.mongo}  data={shown(folder)}  (Ctrl-C stops)"
        )
        if demo:
            feeder = _feed(folder)
        while True:
            instance.step()
            time.sleep(_LOOK_SECONDS)
    finally:
        if feeder is not None and feeder.poll() is None:
            feeder.terminate()
        if instance.has_begun:
            _say("stopping")
            instance.stop()
            _say(f"stopped; data stay in {shown(folder)}")


def _feed(folder: Path) -> "subprocess.Popen[bytes]":
    """Feed the sample through the front door, as anyone would, with its progress shown here."""
    from services.cli.supervisor import tied

    arguments = ["send", str(DEMO_CONTACTS), "--rate", str(_DEMO_RATE), "--data", str(folder)]
    return subprocess.Popen(
        tied([sys.executable, "-m", "services.cli", *arguments]), stdin=subprocess.DEVNULL
    )


def _say(line: str) -> None:
    click.echo(line, err=True)
