"""``complaints dead``: what could not be processed, why, and how it gets a second chance."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from services.cli.dead_logic import (
    Again,
    DeadLetterError,
    check_key,
    check_mended,
    check_replayable,
    facts_lines,
    is_wanted,
    rendered,
    since_of,
    table,
)
from services.cli.instance import connect, data_option
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from services.cli.dead_topics import DeadTopics

SHOWN_CHARACTERS: Final = 4000


@click.group()
def command() -> None:
    """List, show and replay dead letters.

    A dead letter is named by its id (<topic>:<partition>:<offset>) or the short number that
    `list` shows.
    """


@command.command("list")
@data_option
@click.option("--topic", help="Only of topics whose name contains this.")
@click.option("--reason", help="Only these: malformed, handler_error, conflicting.")
@click.option("--since", metavar="WHEN", help="Only younger ones: 2h, 7d, or an ISO time.")
def list_(data: Path | None, topic: str | None, reason: str | None, since: str | None) -> int:
    """Show the dead letters, without any content."""
    now = datetime.now(UTC)
    try:
        start = None if since is None else since_of(since, now)
    except ValueError:
        raise click.BadParameter("give 90m, 2h, 7d or an ISO time", param_hint="--since") from None
    with _opened(connect(data)) as dead:
        letters = [letter for letter in dead.all() if is_wanted(letter, topic, reason, start)]
    if not letters:
        click.echo("no dead letters")
        return 0
    letters.sort(key=lambda one: (one.facts.at if one.facts else now, one.id))
    click.echo("\n".join(table(letters)))
    click.echo(f"{len(letters)} dead letters")
    return 0


@command.command()
@data_option
@click.argument("letter_id", metavar="ID")
@click.option("--raw", is_flag=True, help="Write the original bytes and nothing else.")
def show(data: Path | None, letter_id: str, raw: bool) -> int:
    """Show one dead letter: the facts and the original.

    The original may hold personal data.
    """
    with _opened(connect(data)) as dead:
        letter = dead.find(letter_id)
    if raw:
        click.echo(letter.value or b"", nl=False)
        return 0
    click.echo("\n".join(facts_lines(letter)))
    click.echo(f"key       {rendered(letter.key, 200)}")
    click.echo(f"value     {len(letter.value or b'')} bytes")
    click.echo("")
    click.echo(rendered(letter.value, SHOWN_CHARACTERS))
    return 0


@command.command()
@data_option
@click.argument("letter_ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "--value",
    "mended",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Replay this instead of the original (one ID only).",
)
@click.option(
    "--key",
    "mended_key",
    metavar="KEY",
    help="Replay under this key instead of the original's (one ID only), as default|C01ABC….",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def replay(
    data: Path | None,
    letter_ids: tuple[str, ...],
    mended: Path | None,
    mended_key: str | None,
    dry_run: bool,
) -> int:
    """Produce dead letters again where they died, with their original key.

    The dead letter stays. Replaying one twice does no harm: what took effect once does not
    take effect again. One of a compacted topic (cases.state) is refused: it would stand as the
    newest state.

    \b
    To mend one:
      complaints dead show 123456 --raw > letter.json
      (edit letter.json)
      complaints dead replay 123456 --value letter.json
    \b
    One that died of a wrong key:
      complaints dead replay 123456 --key 'default|C01ABCDEF23456789'
    """
    from services.cli.dead_topics import produce_again

    if (mended is not None or mended_key is not None) and len(letter_ids) != 1:
        raise click.UsageError("--value and --key go with exactly one ID")
    settings = connect(data)
    with _opened(settings) as dead:
        letters = [dead.find(wanted) for wanted in dict.fromkeys(letter_ids)]
        again = [Again.of(letter) for letter in letters]
        for letter in letters:
            check_replayable(letter, settings.prefix)
        if mended is not None:
            again = [again[0]._replace(value=mended.read_bytes())]
            check_mended(letters[0], again[0].value or b"", settings.prefix)
        if mended_key is not None:
            again = [again[0]._replace(key=mended_key.encode())]
            check_key(letters[0], mended_key.encode(), again[0].value, settings.prefix)
    if dry_run:
        for one in again:
            size = len(one.value or b"")
            click.echo(f"would replay {one.letter.id} into {one.letter.home} ({size} bytes)")
        return 0
    for letter, place in zip(letters, produce_again(settings.kafka, again), strict=True):
        click.echo(f"replayed {letter.id} as {place}")
    return 0


@contextmanager
def _opened(settings: Settings) -> "Iterator[DeadTopics]":
    from services.adapters.kafka_admin import admin_of
    from services.audit.topic_reader import TopicReader
    from services.cli.dead_topics import DeadTopics

    try:
        with admin_of(settings.kafka) as admin, TopicReader(settings.kafka) as reader:
            yield DeadTopics(settings, admin, reader)
    except DeadLetterError as error:
        raise click.ClickException(str(error)) from None
