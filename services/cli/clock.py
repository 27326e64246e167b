"""``complaints clock``: look at the instance's time, and move it on in a demo."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.cli.instance import connect, data_option

if TYPE_CHECKING:
    from services.runtime.settings import Settings

FIXED = (
    "the clock of this instance cannot be moved: it was not started with "
    "COMPLAINTS_MOVABLE_CLOCK=1 (`./complaints up --demo` does so), and a production's never is"
)


class SpanType(click.ParamType):
    """A span of time on the command line, like ``3d12h``."""

    name = "span"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        from services.domain.spans import parse_span

        try:
            return parse_span(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
def command() -> None:
    """Show the time of an instance, or move it on to see what happens then.

    Deadlines, warnings and escalations follow the moved time within a second or two. Only
    an instance that was started for it can be moved (`up --demo`), and never back.
    """


@command.command()
@data_option
def show(data: Path | None) -> int:
    """Show what time it is for the instance."""
    settings = connect(data)
    moved = _on_offset(settings, None) if settings.movable_clock else None
    click.echo(_told(moved) if moved is not None else f"{_told(timedelta())} (fixed)")
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints clock advance 18h       the first warning of a case at level 1
  ./complaints clock advance 3d12h
"""
)
@click.argument("span", metavar="SPAN", type=SpanType())
@data_option
def advance(span: timedelta, data: Path | None) -> int:
    """Let SPAN (7d, 3d12h, 30m) pass at once."""
    settings = connect(data)
    moved = _on_offset(settings, span) if settings.movable_clock else None
    if moved is None:
        raise click.ClickException(FIXED)
    click.echo(_told(moved))
    return 0


def _on_offset(settings: "Settings", by: timedelta | None) -> timedelta | None:
    """Return how far the clock was moved in all, after moving it ``by``; None where it is fixed."""
    from services.adapters.mongo import open_database
    from services.adapters.shared_clock import advance, offset_of

    database = open_database(settings.mongo, settings.database)
    try:
        return offset_of(database) if by is None else advance(database, by)
    finally:
        database.client.close()


def _told(moved: timedelta) -> str:
    from services.domain.spans import span_words

    now = (datetime.now(UTC) + moved).isoformat(timespec="seconds")
    return f"{now} (moved by {span_words(moved)})" if moved else now
