"""``complaints what-if``: what a candidate policy would change, before it counts."""

import sys
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from services.cli.instance import connect, data_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.cases import CaseState
    from services.cli.policies.breaches import Cases
    from services.cli.policies.kinds import Kind
    from services.cli.policies.reports import Report
    from services.cli.policies.sources import Replayed, Unreadable
    from services.domain.clock import Clock

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
_AT_ONCE: Final = 500
"""Contacts decided together: texts are judged much faster so."""


@click.command(
    epilog="""\b
A candidate is a dedup, severity, routing, teams, sla, limits or calendars file; which one is told
by its words. FILE has one JSON object a line, as for `send`. TOPIC is complaints.deduplicated,
.scored or .routed of a running instance: it is read up to now, in no group, and nothing is written
anywhere.
\b
dedup        all contacts are decided twice in memory, from nothing: cases, relations, pairs of
             contacts joined or parted, merges suggested. Replay a day, not a year.
severity,    besides what is decided, the clocks that are missed: in a topic, as each case stands;
sla, limits, in a file, until `answered_at` of a contact (a time with its zone), or else --as-of
calendars
\b
Examples:
  ./complaints what-if --policy mine.yaml --from contacts.jsonl
  ./complaints what-if --policy mine.yaml --from complaints.scored --since 24h
  ./complaints what-if --policy mine.yaml --from contacts.jsonl --html report.html
  ./complaints what-if --policy new.yaml --against old.yaml --from contacts.jsonl
  ./complaints what-if --policy limits.yaml --from march.jsonl --as-of 2026-04-01
"""
)
@click.option("--policy", required=True, type=_FILE, metavar="NEW", help="The candidate.")
@click.option("--against", type=_FILE, metavar="FILE", help="Instead of the service's own policy.")
@click.option("--from", "source", required=True, metavar="FILE|TOPIC", help="What to replay.")
@click.option(
    "--since", metavar="SPAN|TIME", help="Of a topic: only from then on (24h, 2026-03-02)."
)
@click.option(
    "--as-of", metavar="SPAN|TIME", help="What is unanswered is late as of then, not as of now."
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also as a page.")
@data_option
def command(
    policy: Path,
    against: Path | None,
    source: str,
    since: str | None,
    as_of: str | None,
    html: Path | None,
    data: Path | None,
) -> int:
    """Replay contacts through a candidate policy beside the one that counts, and say what would
    be decided otherwise: levels, teams, who is told, merges, expected breaches.

    Exit code 1 when something could not be read, else 0.
    """
    from services.adapters.clock import SystemClock
    from services.cli.policies.kinds import kind_of
    from services.cli.policies.telling import page, table

    clock = SystemClock()
    kind = kind_of(policy)
    replay = _of_dedup if kind.name == "dedup" else _of_each
    sources = _Sources(source, since, data, clock)
    sides = _Sides(kind, policy, against, _instant(as_of, "--as-of", clock) if as_of else None)
    report = replay(sources, sides)
    _show("")
    for line in table(report):
        click.echo(line)
    if html is not None:
        title = f"What if: {policy.name}"
        html.write_text(page(report, title, f"Replayed: {source}"), encoding="utf-8")
        click.echo(f"\nthe page: {html}")
    if sources.unreadable:
        click.echo(f"{sources.unreadable} could not be read", err=True)
    return 1 if sources.unreadable else 0


class _Sides(NamedTuple):
    """What is compared, and as of when what is not answered counts as late."""

    kind: "Kind"
    candidate: Path
    current: Path | None
    as_of: datetime | None


class _Sources:
    """The contacts to replay; what is none of them is said and counted."""

    def __init__(self, source: str, since: str | None, data: Path | None, clock: "Clock") -> None:
        self.is_file = Path(source).is_file() or source == "-"
        if self.is_file and since is not None:
            raise click.UsageError("--since is for topics: a file is replayed whole")
        self._source, self._since, self._data, self.clock = source, since, data, clock
        self.unreadable = 0

    def contacts(self) -> "Iterator[Replayed]":
        """Yield them."""
        from services.cli.policies.sources import Unreadable

        for one in self._all():
            if isinstance(one, Unreadable):
                self.unreadable += 1
                click.echo(one.problem, err=True)
            else:
                yield one

    def _all(self) -> "Iterator[Replayed | Unreadable]":
        from services.cli.policies.sources import Progress, from_file, from_topic, topic_named
        from services.dedup.policy import load_policy

        if self.is_file:
            with click.open_file(self._source, "rb") as file:
                yield from from_file(file, load_policy(), self.clock)
            return
        topic = topic_named(self._source)
        begin = _instant(self._since, "--since", self.clock) if self._since else None
        yield from from_topic(connect(self._data), topic, begin, Progress(_show))

    def states(self, cases: "Cases") -> "dict[str, CaseState]":
        """Return how these cases stand, where a running instance tells."""
        from services.cli.policies.sources import Progress, states_in

        return {} if self.is_file else states_in(connect(self._data), cases, Progress(_show))


def _of_each(sources: _Sources, sides: _Sides) -> "Report":
    from services.cli.policies.breaches import Cases
    from services.cli.policies.replaying import Outcome, Replay
    from services.cli.policies.reports import of_decisions, with_breaches

    replay = Replay(sides.kind, sides.candidate, sides.current, sources.clock)
    outcome, cases = Outcome(), Cases()
    contacts = sources.contacts()
    while some := list(islice(contacts, _AT_ONCE)):
        for one, decisions in zip(some, replay.run(some), strict=True):
            outcome.add(one, *decisions)
            if replay.is_timed:
                cases.see(one, *decisions)
    report = of_decisions(outcome)
    if not replay.is_timed:
        return report
    as_of = sides.as_of or sources.clock.now()
    missed = cases.count(sources.states(cases), *replay.terms, as_of)
    return with_breaches(report, missed, as_of)


def _of_dedup(sources: _Sources, sides: _Sides) -> "Report":
    from services.cli.policies.joining import joined
    from services.cli.policies.reports import of_joining
    from services.dedup.policy import load_policy

    before, after = load_policy(sides.current), load_policy(sides.candidate)
    return of_joining(joined(sources.contacts(), before, after, sources.clock, _show))


def _instant(text: str, option: str, clock: "Clock") -> datetime:
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
        raise click.UsageError(f"{option} {text!r}: neither a span (24h) nor a time") from None
    return (found if found.tzinfo else found.replace(tzinfo=now.tzinfo)).astimezone(UTC)


def _show(progress: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{progress}\x1b[K", err=True, nl=False)
