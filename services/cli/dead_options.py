"""The filters that ``complaints dead`` takes, the same for each of its commands."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import click

from services.cli.dead_filter import Wanted
from services.cli.dead_logic import since_of

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option("--topic", help="Only of topics whose name contains this."),
    click.option("--reason", help="Only these: malformed, handler_error, conflicting."),
    click.option("--worker", help="Only what this worker could not process."),
    click.option("--rule", help="Only those that broke this rule."),
    click.option("--since", metavar="WHEN", help="Only younger ones: 2h, 7d, or an ISO time."),
    click.option("--until", metavar="WHEN", help="Only older ones."),
    click.option("--text", metavar="TEXT", help="Only those whose error contains this."),
    click.option("--about", metavar="ID", help="Only those that mention this case or contact."),
)


def filters(function: F) -> F:
    """Give a command the filters; hand what they hold to :func:`wanted_of`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def wanted_of(wishes: Mapping[str, str | None], now: datetime) -> Wanted:
    """Return what the filters ask for.

    Raises:
        BadParameter: a time is none.
    """
    return Wanted(
        topic=wishes["topic"],
        reason=wishes["reason"],
        worker=wishes["worker"],
        rule=wishes["rule"],
        since=_time("since", wishes["since"], now),
        until=_time("until", wishes["until"], now),
        text=wishes["text"],
        about=wishes["about"],
    )


def _time(name: str, written: str | None, now: datetime) -> datetime | None:
    if written is None:
        return None
    try:
        return since_of(written, now)
    except ValueError:
        raise click.BadParameter(
            "give 90m, 2h, 7d or an ISO time", param_hint=f"--{name}"
        ) from None
