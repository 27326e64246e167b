"""``python -m services.cli.demo --data DIR --minutes 12``: started by ``complaints up --demo``."""

import asyncio
import sys

import click

from services.cli.api_client import Api, api_options
from services.cli.demo.day import read_day
from services.cli.demo.player import Player
from services.cli.sending.connection import connect
from services.cli.sending.sender import SendFailed


@click.command()
@click.option("--minutes", type=click.FloatRange(0, min_open=True), required=True)
@api_options
def command(minutes: float, api: Api) -> None:
    """Play the day of the demo to the instance on DIR."""
    sys.exit(asyncio.run(_play(minutes, api)))


async def _play(minutes: float, api: Api) -> int:
    day = read_day()
    _say(f"demo: a day of {len(day)} contacts in {minutes:g} minutes; watch it in the console")
    async with connect(api.url, api.headers, connections=1) as post:
        player = Player(day, minutes, post, _say)
        try:
            await player.play()
        except SendFailed as error:
            _say(f"demo: the day ends here: {error}")
            return 1
    _say(f"demo: the day is over, {player.tally.words()}; everything stays up until Ctrl-C")
    return 0


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    command()
