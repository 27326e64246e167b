"""``complaints send``: contacts from a JSON Lines file, through the HTTP API like any client."""

import asyncio
from typing import IO, TYPE_CHECKING

import click

from services.cli.api_client import Api, api_options

if TYPE_CHECKING:
    from services.cli.sending.tally import Display, Tally

_CONCURRENCY = 32


@click.command(
    epilog="""\b
One JSON object a line:
  {"id": "a1", "at": "2026-03-02T08:15:00+08:00", "channel": "phone",
   "customer": "cust-1", "role": "receiver", "waybill": "SF1302847561029",
   "text": "…", "declared_value_cny": 300}
\b
Needed are channel and text. `id` makes sending again safe; a line without one gets it
from its content. Labels (case, relation, incident, category, nature, cause, level) are
left out; lang is sent as language.
\b
Examples:
  ./complaints send contacts.jsonl
  ./complaints send contacts.jsonl --rate 50       at most 50 contacts a second
  zcat old.jsonl.gz | ./complaints send -          from a pipe
"""
)
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Contacts a second, at most.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 500),
    default=_CONCURRENCY,
    show_default=True,
    help="Requests at a time.",
)
@api_options
def command(file: IO[bytes], rate: float | None, concurrency: int, api: Api) -> int:
    """Feed the contacts of FILE.jsonl into a running instance.

    A line that is refused is reported with its number, field and rule; the others go on,
    and the exit code is 1. When the API is away for a moment, sending waits for it.
    """
    from services.cli.sending.sender import SendFailed
    from services.cli.sending.tally import Display, Tally

    tally = Tally()
    display = Display(tally, _count(file))
    failure = ""
    try:
        with display.shown():
            asyncio.run(_send(api, tally, display, file, rate, concurrency))
    except SendFailed as error:
        failure = str(error)
    except KeyboardInterrupt:
        click.echo(f"\ninterrupted after {tally.accepted:,} accepted contacts", err=True)
        click.echo("sending the same file again is safe: nothing is taken twice", err=True)
        return 130
    click.echo(f"{tally.words()} in {tally.seconds:.1f} s")
    if tally.first is not None:
        click.echo(f"first contact: ./complaints track {tally.first['tracking']}{api.hint}")
    if failure:
        click.echo(f"Error: {failure}", err=True)
        click.echo("run the same command again to go on: nothing is taken twice", err=True)
    return 1 if failure or tally.refused else 0


async def _send(
    api: Api,
    tally: "Tally",
    display: "Display",
    file: IO[bytes],
    rate: float | None,
    concurrency: int,
) -> None:
    from services.cli.sending.connection import connect
    from services.cli.sending.lines import sendables
    from services.cli.sending.sender import Sender

    async with connect(api.url, api.headers, concurrency) as post:
        await Sender(post, tally, display, rate).send(sendables(file), concurrency)


def _count(file: IO[bytes]) -> int | None:
    """Return how many lines there are to send, or None for a pipe."""
    if not file.seekable():
        return None
    lines = sum(1 for line in file if line.strip())
    file.seek(0)
    return lines
