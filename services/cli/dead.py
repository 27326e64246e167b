"""``complaints dead``: what could not be processed, why, and how it gets a second chance."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from services.cli.dead_filter import OPEN, Wanted, state_of, summary, total_line
from services.cli.dead_logic import (
    Again,
    DeadLetterError,
    Letter,
    check_key,
    check_mended,
    check_replayable,
    end_lines,
    facts_lines,
    rendered,
    table,
)
from services.cli.dead_options import filters, wanted_of
from services.cli.instance import connect, data_option

if TYPE_CHECKING:
    from services.cli.dead_desk import Desk

SHOWN_CHARACTERS: Final = 4000
dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask before many are taken.")
by_option = click.option("--by", metavar="WHO", help="Who.  [default: your login name]")
ids_argument = click.argument("letter_ids", metavar="[ID]...", nargs=-1)


@click.group()
def command() -> None:
    """List, show, replay and discard dead letters.

    A dead letter is named by its id (<topic>:<partition>:<offset>) or the short number that
    `list` shows. It is open until it is replayed or discarded.
    """


@command.command("list")
@data_option
@filters
@click.option("--all", "with_ended", is_flag=True, help="Also what was replayed or discarded.")
def list_(data: Path | None, with_ended: bool, **wishes: str | None) -> int:
    """Show the open dead letters, without any content."""
    now = datetime.now(UTC)
    wanted = wanted_of(wishes, now)
    with _desk(data) as desk:
        chosen = _sorted(desk.matching(wanted), now)
        letters = [one for one in chosen if with_ended or state_of(one, desk.ends) == OPEN]
        if letters:
            click.echo("\n".join(table(letters, [state_of(one, desk.ends) for one in letters])))
        click.echo(total_line(chosen, desk.ends, now) if chosen else "no dead letters")
    return 0


@command.command()
@data_option
@filters
def reasons(data: Path | None, **wishes: str | None) -> int:
    """Show why letters died, by topic, worker, reason and rule, and how many are open."""
    now = datetime.now(UTC)
    wanted = wanted_of(wishes, now)
    with _desk(data) as desk:
        letters = desk.matching(wanted)
        click.echo("\n".join(summary(letters, desk.ends, now)) if letters else "no dead letters")
    return 0


@command.command()
@data_option
@click.argument("letter_id", metavar="ID")
@click.option("--raw", is_flag=True, help="Write the original bytes and nothing else.")
def show(data: Path | None, letter_id: str, raw: bool) -> int:
    """Show one dead letter: the facts and the original.

    The original may hold personal data.
    """
    with _desk(data) as desk:
        letter = desk.topics.find(letter_id)
        if raw:
            click.echo(letter.value or b"", nl=False)
            return 0
        click.echo("\n".join([*facts_lines(letter), *end_lines(desk.ends.get(letter.place))]))
    click.echo(f"key       {rendered(letter.key, 200)}")
    click.echo(f"value     {len(letter.value or b'')} bytes")
    click.echo("")
    click.echo(rendered(letter.value, SHOWN_CHARACTERS))
    return 0


@command.command()
@data_option
@ids_argument
@filters
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
@dry_run_option
@yes_option
@by_option
def replay(
    data: Path | None,
    letter_ids: tuple[str, ...],
    mended: Path | None,
    mended_key: str | None,
    dry_run: bool,
    yes: bool,
    by: str | None,
    **wishes: str | None,
) -> int:
    """Produce dead letters again where they died, with their original key.

    Name them, or choose open ones by a filter. The dead letter stays. Replaying one twice does
    no harm: what took effect once does not take effect again. One of a compacted topic
    (cases.state) is refused: it would stand as the newest state.

    \b
    To mend one:
      complaints dead show 123456 --raw > letter.json
      (edit letter.json)
      complaints dead replay 123456 --value letter.json
    \b
    One that died of a wrong key:
      complaints dead replay 123456 --key 'default|C01ABCDEF23456789'
    \b
    All that died of a defect which is mended:
      complaints dead replay --worker cases --reason handler_error --dry-run
    """
    if (mended is not None or mended_key is not None) and len(letter_ids) != 1:
        raise click.UsageError("--value and --key go with exactly one ID")
    with _desk(data) as desk:
        letters = _chosen(desk, letter_ids, wanted_of(wishes, datetime.now(UTC)))
        again = [Again.of(letter) for letter in letters]
        for letter in letters:
            check_replayable(letter, desk.settings.prefix)
        if mended is not None:
            again = [again[0]._replace(value=mended.read_bytes())]
            check_mended(letters[0], again[0].value or b"", desk.settings.prefix)
        if mended_key is not None:
            again = [again[0]._replace(key=mended_key.encode())]
            check_key(letters[0], mended_key.encode(), again[0].value, desk.settings.prefix)
        if dry_run:
            for one in again:
                size = len(one.value or b"")
                click.echo(f"would replay {one.letter.id} into {one.letter.home} ({size} bytes)")
            return 0
        _see_that_many_are_meant(letters, letter_ids, "replay", yes)
        for letter, place in desk.replay(again, by or getuser()):
            click.echo(f"replayed {letter.id} as {place}")
    return 0


@command.command()
@data_option
@ids_argument
@filters
@click.option("--note", required=True, metavar="TEXT", help="Why; kept for ever.")
@dry_run_option
@yes_option
@by_option
def discard(
    data: Path | None,
    letter_ids: tuple[str, ...],
    note: str,
    dry_run: bool,
    yes: bool,
    by: str | None,
    **wishes: str | None,
) -> int:
    """Give dead letters up, with a note: nobody will work on what they hold.

    Name them, or choose open ones by a filter. Who did it, when and why stays in the database,
    and `complaints audit` counts them. The letter itself stays until its time is over.

    \b
    A load test that used an old client:
      complaints dead discard --reason malformed --since 2h --note "load test of March 2nd"
    """
    with _desk(data) as desk:
        letters = _chosen(desk, letter_ids, wanted_of(wishes, datetime.now(UTC)))
        if dry_run:
            for letter in letters:
                click.echo(f"would discard {letter.id}")
            return 0
        _see_that_many_are_meant(letters, letter_ids, "discard", yes)
        earlier = desk.discard(letters, by or getuser(), note)
        for letter in letters:
            end = earlier.get(letter.place)
            said = "discarded" if end is None else f"was {end.fate} by {end.by} before:"
            click.echo(f"{said} {letter.id}")
    return 0


def _chosen(desk: "Desk", letter_ids: Sequence[str], wanted: Wanted) -> list[Letter]:
    """Return the letters that are named, or the open ones that a filter chooses."""
    if letter_ids and not wanted.is_anything:
        raise click.UsageError("name letters or choose them by a filter, not both")
    if letter_ids:
        return [desk.topics.find(named) for named in dict.fromkeys(letter_ids)]
    if wanted.is_anything:
        raise click.UsageError("name at least one letter, or choose some by a filter")
    letters = [one for one in desk.matching(wanted) if state_of(one, desk.ends) == OPEN]
    if not letters:
        raise DeadLetterError("no open dead letter matches")
    return letters


def _see_that_many_are_meant(
    letters: Sequence[Letter], letter_ids: Sequence[str], verb: str, yes: bool
) -> None:
    if not letter_ids and not yes:
        click.confirm(f"{verb} {len(letters)} dead letters?", abort=True, err=True)


def _sorted(letters: Sequence[Letter], now: datetime) -> list[Letter]:
    return sorted(letters, key=lambda one: (one.facts.at if one.facts else now, one.id))


@contextmanager
def _desk(data: Path | None) -> "Iterator[Desk]":
    from services.cli.dead_desk import opened

    try:
        with opened(connect(data)) as desk:
            yield desk
    except DeadLetterError as error:
        raise click.ClickException(str(error)) from None
