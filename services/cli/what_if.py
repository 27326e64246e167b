"""``complaints what-if``: what a candidate policy would change, before it counts."""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.cli.instance import NotRunningError, connect, data_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.cases import CaseState
    from services.cli.policies.reading import Period
    from services.cli.policies.sides import PolicyFiles
    from services.cli.policies.sources import Replayed, Unreadable
    from services.domain.clock import Clock
    from services.runtime.settings import Settings

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.command(
    epilog="""\b
A candidate is a dedup, severity, routing, teams, levels, incidents, sla, limits, calendars or
places file; which one is told by its words. Several that belong together (teams and the sla that
says the same hours) are tried together. FILE has one JSON object a line, as for `send`. TOPIC is
complaints.deduplicated, .scored or .routed of a running instance: it is read with its express
lane, up to now, in no group, and nothing is written anywhere.
\b
Beside a candidate stands what counts: the file that the instance's settings (COMPLAINTS_…_POLICY)
name for this kind, else the shipped one, unless --against names another. What no candidate is
given for is the same on both sides. A file is tried where an instance runs as there, else by the
environment.
\b
Said of every candidate: what is decided otherwise about contacts, which cases have another level
or team, and which clocks are missed. Cases are made of the contacts by the same code as in the
worker `cases`: askings, levels, teams, tasks, clocks.
\b
in a topic   each case counts as it stands, with its waits, extensions and answers
in a file    a case is taken up at `acknowledged_at` and answered at `answered_at` of one of its
             contacts (times with their zone); what has no answer is late as of --as-of
dedup        all contacts are decided twice in memory, from nothing: cases, relations, pairs of
             contacts joined or parted, merges suggested. Replay a day, not a year.
routing,     the answer comes when it came, whoever leads; a team's own clock, tasks of partners
teams        and regions and its capacity are those of the candidate
\b
What the numbers take for granted stands at their end. About 1,500 contacts a second are replayed on
one core: of a large network take some hours (--since 6h).
\b
Examples:
  ./complaints what-if --policy mine.yaml --from contacts.jsonl
  ./complaints what-if --policy mine.yaml --from complaints.scored --since 24h
  ./complaints what-if --policy mine.yaml --from complaints.scored --since 48h --until 24h
  ./complaints what-if --policy mine.yaml --from contacts.jsonl --html report.html
  ./complaints what-if --policy new.yaml --against old.yaml --from contacts.jsonl
  ./complaints what-if --policy teams.yaml --policy sla.yaml --from contacts.jsonl
  ./complaints what-if --policy limits.yaml --from march.jsonl --as-of 2026-04-01
"""
)
@click.option(
    "--policy", required=True, type=_FILE, metavar="NEW", multiple=True, help="A candidate."
)
@click.option(
    "--against",
    type=_FILE,
    metavar="FILE",
    multiple=True,
    help="Instead of the policy that counts.",
)
@click.option("--from", "source", required=True, metavar="FILE|TOPIC", help="What to replay.")
@click.option(
    "--since", metavar="SPAN|TIME", help="Of a topic: only from then on (24h, 2026-03-02)."
)
@click.option(
    "--until", metavar="SPAN|TIME", help="Of a topic: only until then; written as --since."
)
@click.option(
    "--as-of", metavar="SPAN|TIME", help="What is unanswered is late as of then, not as of now."
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also as a page.")
@data_option
def command(
    policy: tuple[Path, ...],
    against: tuple[Path, ...],
    source: str,
    since: str | None,
    until: str | None,
    as_of: str | None,
    html: Path | None,
    data: Path | None,
) -> int:
    """Replay contacts through a candidate policy beside the one that counts, and say what would
    be decided otherwise: levels, teams, who is told, merges, incidents, expected breaches.

    Exit code 1 when something could not be read, else 0.
    """
    from services.adapters.clock import SystemClock
    from services.cli.policies import comparing
    from services.cli.policies.assuming import assumptions
    from services.cli.policies.reports import report_of
    from services.cli.policies.telling import page, table
    from services.cli.policies.trial import trial_of

    clock = SystemClock()
    candidates, current = _by_kind(policy, "--policy"), _by_kind(against, "--against")
    if strange := sorted(current.keys() - candidates.keys()):
        raise click.UsageError(f"--against has a {strange[0]} policy, but no --policy is one")
    now = clock.now()
    moment = _instant(as_of, "--as-of", now) if as_of else now
    sources = _Sources(source, _period(source, since, until, now), data, clock)
    trial = trial_of(candidates, current, sources.settings)
    versions = list(trial.versions())
    read = comparing.Sources(partial(sources.contacts, trial.before), sources.states)
    found = comparing.Comparison(trial, read, clock, _show).run(moment)
    assumed = assumptions(candidates, is_file=sources.is_file, has_capacities=found.has_capacities)
    report = report_of(found, moment, list(assumed), versions)
    _show("")
    for line in table(report):
        click.echo(line)
    if html is not None:
        title = f"What if: {', '.join(one.name for one in policy)}"
        html.write_text(page(report, title, f"Replayed: {source}"), encoding="utf-8")
        click.echo(f"\nthe page: {html}")
    if sources.unreadable:
        click.echo(f"{sources.unreadable} could not be read", err=True)
    return 1 if sources.unreadable else 0


def _by_kind(files: tuple[Path, ...], option: str) -> "PolicyFiles":
    from services.cli.policies.kinds import kind_of

    found: dict[str, Path] = {}
    for file in files:
        kind = kind_of(file).name
        if kind in found:
            raise click.UsageError(f"{option}: {found[kind]} and {file} are both {kind} policies")
        found[kind] = file
    return found


def _is_file(source: str) -> bool:
    return source == "-" or Path(source).is_file()


def _period(source: str, since: str | None, until: str | None, now: datetime) -> "Period":
    from services.cli.policies.reading import Period

    if _is_file(source) and (since or until):
        option = "--since" if since else "--until"
        raise click.UsageError(f"{option} is for topics: a file is replayed whole")
    begin = _instant(since, "--since", now) if since else None
    end = _instant(until, "--until", now) if until else None
    if begin and end and end <= begin:
        raise click.UsageError(
            f"--until {until} ({end:%Y-%m-%d %H:%M:%S} UTC) is not after --since {since} "
            f"({begin:%Y-%m-%d %H:%M:%S} UTC): no contact lies between them"
        )
    return Period(begin, end)


class _Sources:
    """The contacts to replay; what is none of them is said and counted."""

    def __init__(self, source: str, period: "Period", data: Path | None, clock: "Clock") -> None:
        from services.cli.policies.reading import topic_named

        self.is_file = _is_file(source)
        self._topic = None if self.is_file else topic_named(source)
        self._source, self._period, self._clock = source, period, clock
        self.settings = _settings(data, needs_instance=not self.is_file)
        self.unreadable = 0

    def contacts(self, before: "PolicyFiles") -> "Iterator[Replayed]":
        """Yield them; those of a file as dedup decides about them with the files ``before``."""
        from services.cli.policies.sources import Unreadable

        for one in self._all(before):
            if isinstance(one, Unreadable):
                self.unreadable += 1
                click.echo(one.problem, err=True)
            else:
                yield one

    def _all(self, before: "PolicyFiles") -> "Iterator[Replayed | Unreadable]":
        from services.cli.policies.reading import Progress, from_topic
        from services.cli.policies.sources import from_file
        from services.dedup.policy import load_policy

        if self._topic is None:
            with click.open_file(self._source, "rb") as file:
                yield from from_file(file, load_policy(before.get("dedup")), self._clock)
        else:
            yield from from_topic(self.settings, self._topic, self._period, Progress(_show))

    def states(self, cases: set[str]) -> "dict[str, CaseState]":
        """Return how these cases stand, where a running instance tells."""
        from services.cli.policies.reading import Progress, states_in

        return {} if self.is_file else states_in(self.settings, cases, Progress(_show))


def _settings(data: Path | None, *, needs_instance: bool) -> "Settings":
    """Return the settings that count: those of the instance, where one runs or must."""
    from services.runtime.settings import load_settings

    try:
        return connect(data)
    except NotRunningError:
        if needs_instance or data is not None:
            raise
        return load_settings()


def _instant(text: str, option: str, now: datetime) -> datetime:
    from services.domain.spans import parse_span

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
