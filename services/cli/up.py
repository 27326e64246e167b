"""``complaints up``: everything on this machine, from nothing, until Ctrl-C."""

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from infra.embedded.errors import StackError
from services.cli.instance import DEFAULT_DATA, data_option, shown
from services.cli.interrupts import Interrupts

if TYPE_CHECKING:
    from services.cli.running import Instance
    from services.runtime.settings import Settings

DEMO_MINUTES: Final = 12.0
_LOOK_SECONDS: Final = 0.25
_FEEDER_SECONDS: Final = 5.0
_SHOWN_FINDS: Final = 4


@click.command(
    epilog="""\b
Examples:
  ./complaints up                    data in .data, kept for the next time
  ./complaints up --demo             a fresh instance that is fed a day of sample contacts
  ./complaints up --demo --demo-minutes 60   the same day, slower
  ./complaints up --data /tmp/try    another instance beside it
"""
)
@click.option(
    "--demo",
    is_flag=True,
    help="Play a day of sample contacts into a fresh instance; its clock can be moved on.",
)
@click.option(
    "--demo-minutes",
    type=click.FloatRange(1, 24 * 60),
    metavar="MINUTES",
    help=f"How long the day of --demo takes, from 1 to 1440.  [default: {DEMO_MINUTES:g}]",
)
@click.option(
    "--engines-only", is_flag=True, help="Kafka and MongoDB alone: for restore and rebuild."
)
@data_option
def command(demo: bool, demo_minutes: float | None, engines_only: bool, data: Path | None) -> int:
    """Start Kafka, MongoDB, all workers, the API and the console on this machine.

    The first start installs the engines (about a minute). When everything serves, one line
    that begins with `ready` names the addresses. Ctrl-C stops in order, a second one at
    once; the data stay. Workers that crash are started again, but not those that end with code
    70, which say what to do; logs are in DIR/logs.

    --demo tells the time of its day as it goes. It refuses an instance that holds anything, before
    anything in it is changed.
    """
    if demo and engines_only:
        raise click.UsageError("--demo needs the workers that --engines-only leaves out")
    if demo_minutes is not None and not demo:
        raise click.UsageError("--demo-minutes says how long --demo takes: add --demo")
    minutes = (demo_minutes or DEMO_MINUTES) if demo else None
    folder = (data or DEFAULT_DATA).absolute()
    interrupts = Interrupts()
    try:
        return _run(folder, minutes, engines_only)
    except KeyboardInterrupt:
        return 0 if interrupts.is_asked else 130
    except StackError as error:
        raise click.ClickException(str(error)) from None


def _run(folder: Path, demo_minutes: float | None, engines_only: bool) -> int:
    from services.cli.running import Instance

    instance = Instance(folder, _say)
    feeder = None
    try:
        instance.start_engines()
        if demo_minutes is not None:
            _refuse_what_holds_data(instance.settings, folder)
        instance.prepare()
        if engines_only:
            instance.announce()
            click.echo(f"ready  engines only  data={shown(folder)}  (Ctrl-C stops)")
            while True:
                instance.step()
                time.sleep(_LOOK_SECONDS)
        instance.start_workers(with_movable_clock=demo_minutes is not None)
        click.echo(_addresses(instance, folder))
        if demo_minutes is not None:
            _say(_guide(instance))
            feeder = _feed(folder, demo_minutes)
        while True:
            instance.step()
            time.sleep(_LOOK_SECONDS)
    finally:
        if feeder is not None:
            _end(feeder)
        if instance.has_begun:
            _say("stopping")
            instance.stop()
            _say(f"stopped; data stay in {shown(folder)}")


def _addresses(instance: "Instance", folder: Path) -> str:
    from services.cli.running import CATCHER

    ports, settings = instance.ports, instance.settings
    notices = f"notices=http://127.0.0.1:{ports[CATCHER]}  " if instance.catches_notices else ""
    return (
        f"ready  console=http://127.0.0.1:{ports['console']}  "
        f"api=http://127.0.0.1:{ports['api']}  {notices}kafka={settings.kafka}  "
        f"mongo={settings.mongo}  data={shown(folder)}  (Ctrl-C stops)"
    )


def _guide(instance: "Instance") -> str:
    """Return what a newcomer opens first."""
    from services.cli.running import CATCHER

    ports = instance.ports
    pages = [
        ("console", f"{ports['console']}/cases", "what clerks work on; act as any, say clerk-101"),
        ("", f"{ports['console']}/pipeline", "the workers at work, with plots"),
        ("customers", f"{ports['api']}/track", "by the tracking code that stands in each message"),
    ]
    if instance.catches_notices:
        pages.append(("notices", f"{ports[CATCHER]}", "every message that was sent, kept here"))
    return "\n".join(
        f"  {name:<10} http://127.0.0.1:{address:<14}  {what}" for name, address, what in pages
    )


def _refuse_what_holds_data(settings: "Settings", folder: Path) -> None:
    from services.cli.held import held_by

    if found := held_by(settings):
        some = ", ".join(found[:_SHOWN_FINDS]) + (", …" if len(found) > _SHOWN_FINDS else "")
        raise click.ClickException(
            f"{shown(folder)} already holds data ({some}), and the demo wants a fresh instance: "
            "choose another folder with --data, or run ./complaints up without --demo; "
            "nothing was changed"
        )


def _feed(folder: Path, minutes: float) -> "subprocess.Popen[bytes]":
    """Play the day through the front door, as anyone would, with its progress shown here.

    In a session of its own: Ctrl-C reaches only us, who end it before the API goes away.
    """
    from services.cli.supervisor import tied

    arguments = ["services.cli.demo", "--minutes", str(minutes), "--data", str(folder)]
    return subprocess.Popen(
        tied([sys.executable, "-m", *arguments]), stdin=subprocess.DEVNULL, start_new_session=True
    )


def _end(feeder: "subprocess.Popen[bytes]") -> None:
    """End it; it keeps nothing that could be half written."""
    feeder.terminate()
    try:
        feeder.wait(_FEEDER_SECONDS)
    except subprocess.TimeoutExpired:
        feeder.kill()
        feeder.wait()


def _say(line: str) -> None:
    click.echo(line, err=True)
