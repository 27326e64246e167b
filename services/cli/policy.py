"""``complaints policy``: check, compare and try policy files before they count."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.cli.policies.kinds import Kind

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
_KIND = click.option("--kind", metavar="KIND", help="Which kind of policy; guessed if left out.")


@click.group(
    epilog="""\b
Every policy is a YAML file with a JSON Schema in schemas/policies (an editor completes it by the
`# yaml-language-server` line on top), and may have examples beside it (NAME.tests.yaml).
\b
Examples:
  ./complaints policy check                          all that come with the service
  ./complaints policy check mine.yaml
  ./complaints policy check --today 2027-01-01       what will have run out by then
  ./complaints policy diff mine.yaml                 against the one that comes with the service
  ./complaints policy test --policy mine.yaml
  ./complaints what-if --policy mine.yaml --from contacts.jsonl
"""
)
def command() -> None:
    """Check, compare and try policies, offline."""


@command.command()
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE…]")
@_KIND
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Warn as of this day instead of the present one.",
)
def check(files: tuple[Path, ...], kind: str | None, today: datetime | None) -> int:
    """Say what is wrong with policy files: line, field and rule; exit code 1 if anything is.

    Without FILE all policies that come with the service. Files that are given together are
    checked against each other, as teams against time limits, and else against those that come
    with the service. Of what will be wrong soon (calendars
    whose holidays are known for less than 60 days more) it warns; that is not a fault.
    """
    from services.cli.policies.checking import faults_of
    from services.cli.policies.ending import warnings_of
    from services.cli.policies.kinds import KINDS

    wrong = 0
    day = (today or datetime.now(UTC)).date()
    pairs = [(path, _kind(path, kind)) for path in files] or [(k.shipped, k) for k in KINDS]
    beside = {one.name: path for path, one in pairs}
    for path, one in pairs:
        faults = faults_of(path, one, beside)
        wrong += bool(faults)
        for fault in faults:
            click.echo(str(fault), err=True)
        if not faults:
            click.echo(f"{one.name:<13} ok  {_version(path)}")
            for warning in warnings_of(path, one, day):
                click.echo(f"warning: {warning}", err=True)
    return 1 if wrong else 0


@command.command()
@click.argument("files", nargs=-1, type=_FILE, metavar="[OLD] NEW", required=True)
@_KIND
def diff(files: tuple[Path, ...], kind: str | None) -> int:
    """Say in words what NEW changes against OLD, or against the one in the service.

    Exit code 0 when nothing changes, 1 when something does.
    """
    from services.cli.policies.difference import differences
    from services.cli.policies.kinds import read_content

    if len(files) > 2:
        raise click.UsageError("two files at most: OLD and NEW")
    new = files[-1]
    one = _kind(new, kind)
    old = files[0] if len(files) == 2 else one.shipped
    lines = list(differences(read_content(old), read_content(new)))
    for line in lines:
        click.echo(line)
    if lines and _version(old) == _version(new):
        click.echo("the version is the same: give the file another one", err=True)
    click.echo(f"{one.name}: {len(lines)} changes from {_version(old)} to {_version(new)}")
    return 1 if lines else 0


@command.command(
    epilog="""\b
An example of dedup, severity, routing, teams, levels or incidents:
  tests:
    - name: asking again raises a matter to 2
      given:
        contacts:
          - {at: "2026-03-02T09:00:00+08:00", text: 没动, channel: app, waybill: YT4424771630048}
          - {at: "2026-03-03T09:00:00+08:00", text: 还没动, channel: app, waybill: YT4424771630048}
      expect: {relation: [new, repeat], case_level: [1, 2], case_team: [front-desk, front-desk]}
\b
given     a contact as `send` takes it, or `contacts`; without `at` it comes on a Monday at ten.
          Beside a contact: score, incident_level, acknowledged_at, answered_at.
          Beside contacts: loads (open cases by person), teams (fields that are otherwise here)
expect    of the contact   case relation level grave category nature cause team operator inform
                           partners tasks passed_over node
          of its case      case_level askings raised case_team person skipped
          of the incident  incident incident_level incident_cause place found_with over
merging   given: contacts, acts (commands to cases by number), until (clocks fire up to then);
          expect: outcome refusal heads matter_level case_team breached
"""
)
@click.option("--policy", type=_FILE, metavar="FILE", help="Another policy than the service's.")
@click.option("--examples", type=_FILE, metavar="FILE", help="Other examples than those beside it.")
@_KIND
def test(policy: Path | None, examples: Path | None, kind: str | None) -> int:
    """Try the examples that stand beside policies: given this contact, expect that decision.

    A policy of yours without examples of its own is tried by those of the service. Exit code 1
    when one does not hold; an example that is none is refused with file, number and field.
    """
    from services.cli.policies.kinds import BY_NAME
    from services.cli.policies.trying import TRIED, examples_file, try_examples

    if policy is None:
        wanted = [BY_NAME[name] for name in TRIED] if kind is None else [_named(kind)]
    else:
        wanted = [_kind(policy, kind)]
    failed = tried = 0
    for one in wanted:
        if one.name not in TRIED:
            told = "decides about no contact by itself: no examples are tried"
            click.echo(f"{one.name:<13} {told}")
            continue
        path = policy or one.shipped
        beside = (examples, examples_file(path), examples_file(one.shipped))
        file = next((found for found in beside if found is not None and found.exists()), None)
        if file is None:
            click.echo(f"{one.name:<13} no examples beside {path.name}")
            continue
        for result in try_examples(path, one, file):
            tried += 1
            failed += bool(result.problems)
            click.echo(f"{one.name:<13} {'FAILED' if result.problems else 'ok':<6}  {result.name}")
            if result.problems:
                click.echo(f"{'':<23}{result.place}")
            for problem in result.problems:
                click.echo(f"{'':<23}{problem}")
    click.echo(f"{tried} examples, {failed} failed")
    return 1 if failed else 0


@command.command()
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit code 1 if stale.")
def schema(only_check: bool) -> int:
    """Write the JSON Schemas of all policies to schemas/policies."""
    from services.cli.policies.kinds import KINDS, stale_schemas, write_schemas

    if not only_check:
        write_schemas()
        click.echo(f"{len(KINDS)} schemas written")
        return 0
    stale = stale_schemas()
    for line in stale:
        click.echo(line, err=True)
    if stale:
        click.echo("run: ./complaints policy schema", err=True)
    return 1 if stale else 0


def _kind(path: Path, name: str | None) -> "Kind":
    from services.cli.policies.kinds import kind_of

    return kind_of(path) if name is None else _named(name)


def _named(name: str) -> "Kind":
    from services.cli.policies.kinds import BY_NAME

    if name not in BY_NAME:
        raise click.UsageError(f"there is no kind {name!r}, only {', '.join(BY_NAME)}")
    return BY_NAME[name]


def _version(path: Path) -> str:
    from services.cli.policies.kinds import read_content

    content = read_content(path)
    return str(content.get("version")) if isinstance(content, dict) else "nothing"
