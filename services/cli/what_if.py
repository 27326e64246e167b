"""``complaints what-if``: what a candidate policy would change, before it counts."""

import sys
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from services.cli.instance import connect, data_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.cli.policies.sources import Replayed, Unreadable
    from services.domain.clock import Clock

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
_AT_ONCE: Final = 500
"""Contacts decided together: texts are judged much faster so."""


@click.command(
    epilog="""\b
A candidate is a severity, routing or teams file; which one is told by its words. FILE has one
JSON object a line, as for `send`. TOPIC is complaints.deduplicated, .scored or .routed of a running
instance: it is read up to now, in no group, and nothing is written anywhere.
\b
Examples:
  ./complaints what-if --policy mine.yaml --from contacts.jsonl
  ./complaints what-if --policy mine.yaml --from complaints.scored --since 24h
  ./complaints what-if --policy mine.yaml --from contacts.jsonl --html report.html
  ./complaints what-if --policy new.yaml --against old.yaml --from contacts.jsonl
"""
)
@click.option("--policy", required=True, type=_FILE, metavar="NEW", help="The candidate.")
@click.option("--against", type=_FILE, metavar="FILE", help="Instead of the service's own policy.")
@click.option("--from", "source", required=True, metavar="FILE|TOPIC", help="What to replay.")
@click.option(
    "--since", metavar="SPAN|TIME", help="Of a topic: only from then on (24h, 2026-03-02)."
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also as a page.")
@data_option
def command(
    policy: Path,
    against: Path | None,
    source: str,
    since: str | None,
    html: Path | None,
    data: Path | None,
) -> int:
    """Replay contacts through a candidate policy beside the one that counts, and say what would
    be decided otherwise: levels, teams, who is told.

    Exit code 1 when something could not be read, else 0.
    """
    from services.adapters.clock import SystemClock
    from services.cli.policies.kinds import kind_of
    from services.cli.policies.replaying import Outcome, Replay
    from services.cli.policies.sources import Unreadable
    from services.cli.policies.telling import page, table

    clock = SystemClock()
    replay = Replay(kind_of(policy), policy, against, clock)
    outcome, unreadable = Outcome(), 0
    contacts = iter(_contacts(source, since, data, clock))
    while some := list(islice(contacts, _AT_ONCE)):
        for bad in (one for one in some if isinstance(one, Unreadable)):
            unreadable += 1
            click.echo(bad.problem, err=True)
        readable = [one for one in some if not isinstance(one, Unreadable)]
        for one, decisions in zip(readable, replay.run(readable), strict=True):
            outcome.add(one, *decisions)
    for line in table(outcome):
        click.echo(line)
    if html is not None:
        title = f"What if: {policy.name}"
        html.write_text(page(outcome, title, f"Replayed: {source}"), encoding="utf-8")
        click.echo(f"\nthe page: {html}")
    if unreadable:
        click.echo(f"{unreadable} could not be read", err=True)
    return 1 if unreadable else 0


def _contacts(
    source: str, since: str | None, data: Path | None, clock: "Clock"
) -> "Iterator[Replayed | Unreadable]":
    from services.cli.policies.sources import Progress, from_file, from_topic, topic_named
    from services.dedup.policy import load_policy

    if Path(source).is_file() or source == "-":
        if since is not None:
            raise click.UsageError("--since is for topics: a file is replayed whole")
        with click.open_file(source, "rb") as file:
            yield from from_file(file, load_policy(), clock)
        return
    topic = topic_named(source)
    begin = _instant(since, clock) if since else None
    yield from from_topic(connect(data), topic, begin, Progress(_show))


def _instant(text: str, clock: "Clock") -> datetime:
    from services.domain.spans import parse_span

    now = clock.now()
    try:
        span: timedelta = parse_span(text)
    except ValueError:
        pass
    else:
        return now - span
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--since {text!r}: neither a span (24h) nor a time") from None
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _show(progress: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{progress}\x1b[K", err=True, nl=False)
