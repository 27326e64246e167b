"""``complaints rebase``: let open cases go by other versions of the policies."""

import re
from typing import TYPE_CHECKING, Any, Final

import click

from services.cli.api_client import Api, api_options
from services.cli.instance import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from schemas.cases import CaseState
    from services.cli.rebase_plan import Blocked, Move

PAGE: Final = 500
SHOWN: Final = 20


def _checked(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    """Refuse a name that could not be part of the ids of its commands."""
    if name is not None and re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name) is None:
        raise click.BadParameter("1 to 40 letters, digits, dots, dashes or underscores")
    return name


@click.group(
    invoke_without_command=True,
    epilog="""\b
A case keeps the versions it was opened under. A new file counts for new cases; this
command moves those that are open, and what it does stands in their history.
\b
Examples:
  ./complaints rebase --list                                     the versions there are
  ./complaints rebase --policy sla-2026.3 --dry-run              what would change
  ./complaints rebase --policy my-policy.yaml --reason "shorter limits from May"
  ./complaints rebase --ladder teams-2026.4 --approval approval-2026.4 --dry-run
  ./complaints rebase --ladder teams-2026.4 --run may-teams      again, goes on where it broke off
  ./complaints rebase undo rebase-20260302-101500-3fa9           take that run back
""",
)
@click.option("--policy", metavar="VERSION|FILE", help="Time limits: a version, or a file.")
@click.option("--calendars", metavar="VERSION", help="Another version of the calendars.")
@click.option("--limits", metavar="VERSION", help="Another version of the legal limits.")
@click.option("--ladder", metavar="VERSION", help="Another version of the teams, to climb.")
@click.option("--approval", metavar="VERSION", help="Another version of who approves money.")
@click.option("--compensation", metavar="VERSION", help="Other rules of compensation.")
@click.option("--from", "only_from", metavar="VERSION", help="Only cases under these time limits.")
@click.option("--reason", default="rebase", show_default=True, help="Stands in each history.")
@click.option(
    "--run",
    metavar="NAME",
    callback=_checked,
    help="The run's name; the same again goes on with it.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--list", "wants_list", is_flag=True, help="List the versions, and end.")
@api_options
def command(
    api: Api,
    policy: str | None,
    calendars: str | None,
    limits: str | None,
    ladder: str | None,
    approval: str | None,
    compensation: str | None,
    only_from: str | None,
    reason: str,
    run: str | None,
    dry_run: bool,
    wants_list: bool,
) -> int:
    """Move open cases to other versions of the policies that they keep.

    These are time limits, calendars, legal limits, the ladder of teams, and who approves what
    and by which rules it is paid. Due times are worked out anew from the beginning of each case;
    who has a case keeps it. The exit code is 1 when a case refused.

    Each run has a name, said before the first case moves. What was broken off goes on with the
    same options and --run NAME, and one undo takes all of it back.
    """
    from services.adapters.mongo import open_database
    from services.adapters.mongo_policies import MongoPolicyArchive
    from services.adapters.shared_clock import offset_of
    from services.cli.rebase_book import book_for, check_known, kept_versions
    from services.cli.rebase_plan import Wanted, moves

    settings = connect(click.get_current_context().params["data"])
    database = open_database(settings.mongo, settings.database)
    try:
        archive = MongoPolicyArchive(database)
        if wants_list:
            for line in kept_versions(archive):
                click.echo(line)
            return 0
        others = Wanted(None, calendars, limits, ladder, approval, compensation)
        if not policy and others == Wanted():
            raise click.UsageError(
                "say to what: --policy, --calendars, --limits, --ladder, --approval or "
                "--compensation"
            )
        check_known(archive, others._asdict())
        book, version = book_for(archive, policy, not dry_run, settings.clock_policies)
        now = _now(offset_of(database))
        name, wanted = run or _name_of_run(now), others._replace(sla=version)
        seen = list(moves(_open_cases(database, api), wanted, only_from, book, now, name))
        found, blocked = _told(seen, f"moved by the run {name} before; give another --run")
        if dry_run or not found:
            return blocked
        return max(_start(api, found, reason, name), blocked)
    finally:
        database.client.close()


@command.command("undo")
@click.argument("run", metavar="RUN")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@api_options
def undo(api: Api, run: str, dry_run: bool) -> int:
    """Take the run RUN back: each open case goes by what it had before.

    A case that was moved again since is left alone and named, with the run to undo first; the
    exit code is then 1. Asked twice, nothing happens twice.

    \b
      ./complaints rebase undo rebase-20260302-101500-3fa9 --dry-run
    """
    from services.adapters.mongo import open_database
    from services.adapters.mongo_policies import MongoPolicyArchive
    from services.adapters.shared_clock import offset_of
    from services.cli.rebase_book import book_for
    from services.cli.rebase_plan import undoing

    settings = connect(click.get_current_context().params["data"])
    database = open_database(settings.mongo, settings.database)
    try:
        book, _ = book_for(
            MongoPolicyArchive(database), None, keep=False, files=settings.clock_policies
        )
        now = _now(offset_of(database))
        seen = list(undoing(_open_cases(database, api), run, book, now))
    finally:
        database.client.close()
    found, blocked = _told(seen, "moved again since by {since}; undo that first")
    if dry_run or not found:
        return blocked
    return max(_move(api, found, f"undo {run}"[:80], run, is_undo=True), blocked)


def _told(seen: "list[Move | Blocked]", problem: str) -> "tuple[list[Move], int]":
    """Say what would happen; return the cases that would move, and 1 if one may not."""
    from services.cli.rebase_plan import Blocked, Move, summary

    found = [one for one in seen if isinstance(one, Move)]
    blocked = [one for one in seen if isinstance(one, Blocked)]
    for line in summary(found):
        click.echo(line)
    _show(found)
    for one in blocked:
        click.echo(f"  {one.case_id}: {problem.format(since=one.since)}", err=True)
    return found, int(bool(blocked))


def _name_of_run(now: Any) -> str:
    from secrets import token_hex

    return f"rebase-{now:%Y%m%d-%H%M%S}-{token_hex(2)}"


def _now(moved: Any) -> Any:
    from datetime import timedelta

    from services.adapters.clock import SystemClock

    return SystemClock().now() + (moved or timedelta())


def _open_cases(database: "Database[dict[str, Any]]", api: Api) -> "Iterator[CaseState]":
    from services.adapters.case_queries import CaseQueries
    from services.adapters.case_search import CaseFilter, Order

    queries, after = CaseQueries(database), None
    tenant = api.headers.get("X-Tenant", "default")
    while True:
        page = queries.search(tenant, CaseFilter(open_only=True), Order.URGENT, PAGE, after)
        yield from page.states
        if page.after is None:
            return
        after = page.after


def _show(found: "list[Move]") -> None:
    changed = [move for move in found if move.shifts or move.owners]
    for move in changed[:SHOWN]:
        click.echo(f"  {move.case_id}  {', '.join(_versions(move))}")
        for shift in move.shifts:
            note = "  OVERDUE" if shift.becomes_overdue else ""
            note += "  breach retracted" if shift.is_retracted else ""
            before = shift.before.isoformat(timespec="minutes") if shift.before else "-"
            after = shift.after.isoformat(timespec="minutes") if shift.after else "-"
            click.echo(f"      {shift.clock:<16} {before} → {after}{note}")
        for owner in move.owners:
            click.echo(f"      {owner.of}: {owner.before} → {owner.after}")
    if len(changed) > SHOWN:
        click.echo(f"  … and {len(changed) - SHOWN} more")


def _versions(move: "Move") -> "Iterator[str]":
    for kind, before in move.before:
        after = getattr(move.after, kind)
        if after != before:
            yield f"{before or f'{kind} of today'} → {after or f'{kind} of today'}"


def _start(api: Api, found: "list[Move]", reason: str, run: str) -> int:
    """Move the cases as the run ``run``, whose name is said before anything can break off."""
    click.echo(f"run {run}; if it breaks off, it goes on with the same options and --run {run}")
    return _move(api, found, reason, run)


def _move(api: Api, found: "list[Move]", reason: str, run: str, *, is_undo: bool = False) -> int:
    """Send each case its command, under a key of its own: what was broken off is sent again by
    doing the same again."""
    from services.cli.audit import ProgressLine

    refused, progress = 0, ProgressLine()
    for done, move in enumerate(found, 1):
        body: dict[str, Any] = {"kind": "rebase", "reason": reason}
        body["policies"] = move.after.model_dump(exclude_none=True)
        body["undoes" if is_undo else "run"] = run
        key = f"{'undo-' if is_undo else ''}{run}-{move.case_id}-{move.seq}"
        body["id"] = key
        answer = api.act(f"/v1/cases/{move.case_id}/commands", body, "system")
        if answer.status not in (200, 202):
            refused += 1
            progress.clear()
            click.echo(f"  {move.case_id}: {answer.problem}", err=True)
        progress("cases moved", done, len(found))
    progress.clear()
    click.echo(f"{len(found) - refused} cases moved, {refused} refused")
    if not is_undo:
        click.echo(f"to take it back: ./complaints rebase undo {run}{api.hint}")
    return 1 if refused else 0
