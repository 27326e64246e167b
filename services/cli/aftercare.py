"""``complaints aftercare`` and ``complaints retention``: what is due after the answer."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from services.cli.api_client import Api, api_options
from services.cli.instance import connect

if TYPE_CHECKING:
    from schemas.cases import CaseState
    from services.adapters.mongo_aftercare import MongoAftercare
    from services.cli.sweep import Commands

PAGE: Final = 500
_apply_option = click.option(
    "--apply/--dry-run",
    "does_apply",
    default=False,
    help="Do it, or only say what would be done (as without it).",
)


@click.command(
    epilog="""\b
Examples:
  ./complaints aftercare                          what would be done now
  ./complaints aftercare --apply                  do it once (from a scheduler, say)
  ./complaints aftercare --apply --every 60       do it every minute, until Ctrl-C
"""
)
@_apply_option
@click.option("--every", type=click.FloatRange(min=1), metavar="SECONDS", help="Go on for ever.")
@api_options
@click.pass_context
def command(ctx: click.Context, does_apply: bool, every: float | None, api: Api) -> int:
    """Look after answered cases: ask how content the customer is, close, archive. Offers to
    merge that were not answered are made again.

    What is due, and when, is the policy's (services/cases/aftercare.yaml). The case itself
    decides; a pass that is done twice does nothing twice. The exit code is 1 when a case
    could not be asked.
    """
    from services.cli.sweep import follow_up

    while True:
        with _opened(_data_of(ctx)) as (store, now):
            states = store.due(now, PAGE)
        if not does_apply:
            for state in states:
                click.echo(f"{state.case_id}  {state.status}  due {_due(state)}")
            click.echo(f"{len(states)} due; nothing was done: --apply does it", err=True)
            return 0
        tally = follow_up(states, _sender(api))
        for failed in tally.failed:
            click.echo(failed, err=True)
        click.echo(f"{tally.found} due, {tally.done} followed up, {tally.moved_on} had moved on")
        if every is None:
            return 1 if tally.failed else 0
        if tally.found < PAGE:
            time.sleep(every)


@click.command(
    epilog="""\b
Examples:
  ./complaints retention                    which cases' personal data would be removed
  ./complaints retention --apply            remove them, each recorded in its case
  ./complaints case act ID hold --note "court order 123"      keep a case's data
  ./complaints case act ID release --note "settled"           let them go again
"""
)
@_apply_option
@api_options
@click.pass_context
def retention(ctx: click.Context, does_apply: bool, api: Api) -> int:
    """Remove personal data of cases that ended long ago: 1,096 days, unless the policy says more.

    Text, name, address, phone, goods, waybill and who it was go from the stored contacts;
    channel, times, product, hub and category stay, so statistics do not change. A case on
    legal hold keeps everything. The exit code is 1 when a case could not be asked.
    """
    from services.cases.aftercare import load_aftercare
    from services.cli.sweep import remove

    kept = timedelta(days=load_aftercare().retention_days)
    with _opened(_data_of(ctx)) as (store, now):
        states = store.ended(now - kept, PAGE)
        if not does_apply:
            for state in states:
                word = "on legal hold, kept" if state.legal_hold else "to be removed"
                ended = state.closed_at or state.resolved_at
                click.echo(f"{state.case_id}  ended {ended}  {state.contacts} contacts  {word}")
            click.echo(f"{len(states)} cases; nothing was done: --apply does it", err=True)
            return 0
        tally = remove(states, store, _sender(api), now, click.echo)
    for failed in tally.failed:
        click.echo(failed, err=True)
    click.echo(
        f"{tally.found} cases, {tally.done} removed ({tally.contacts} contacts), {tally.held} on "
        f"hold, {tally.moved_on} had moved on"
    )
    return 1 if tally.failed else 0


def _data_of(ctx: click.Context) -> Path | None:
    data = ctx.params.get("data")
    return data if isinstance(data, Path) else None


class _opened:  # noqa: N801 - reads as a word of the with statement
    """The store of an instance, and its time."""

    def __init__(self, data: Path | None) -> None:
        self._settings = connect(data)

    def __enter__(self) -> "tuple[MongoAftercare, datetime]":
        from services.adapters.clock import SystemClock
        from services.adapters.mongo import open_database
        from services.adapters.mongo_aftercare import MongoAftercare
        from services.adapters.shared_clock import SharedClock

        self._database = open_database(self._settings.mongo, self._settings.database)
        moves = self._settings.movable_clock
        clock = SharedClock(self._database) if moves else SystemClock()
        return MongoAftercare(self._database), clock.now()

    def __exit__(self, *_: object) -> None:
        self._database.client.close()


def _sender(api: Api) -> "Commands":
    from services.cli.sweep import Answer, as_command

    def send(state: "CaseState", kind: str, key: str) -> Answer:
        own = replace(api, headers=api.headers | {"X-Tenant": state.tenant})
        body = as_command(kind, key, state.seq)
        answer = own.ask("POST", f"/v1/cases/{state.case_id}/commands", body)
        is_accepted = answer.status == 200
        word = answer.body.get("refusal") or answer.body.get("settlement") or answer.problem
        return Answer(is_accepted, str(word))

    return send


def _due(state: "CaseState") -> str:
    from services.domain.merging import next_look_at

    at = next_look_at(state)
    return "" if at is None else at.isoformat()
