"""``complaints aftercare`` and ``complaints retention``: what is due after the answer, for people
who want to see it or do not want to wait for the worker ``aftercare``."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.cli.api_client import Api, api_options
from services.cli.instance import connect

if TYPE_CHECKING:
    from schemas.cases import CaseState
    from services.adapters.mongo_aftercare import MongoAftercare
    from services.aftercare.sweep import Answer, Asked, Commands, Sweep

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
  ./complaints aftercare --apply                  do it now, without waiting for the worker
  ./complaints worker pause aftercare --note "survey texts are being changed"
"""
)
@_apply_option
@api_options
@click.pass_context
def command(ctx: click.Context, does_apply: bool, api: Api) -> int:
    """Look after answered cases: ask how content the customer is, close, archive. Offers to
    merge that were not answered are made again.

    The worker `aftercare` does this by itself, all the time. What is due, and when, is the
    policy's (services/domain/aftercare.yaml). The case itself decides; a pass that is done twice
    does nothing twice. The exit code is 1 when a case could not be asked.
    """
    from services.aftercare.sweep import Sweep
    from services.domain.aftercare import load_aftercare

    with _opened(_data_of(ctx)) as (store, now):
        if not does_apply:
            found = 0
            for state in store.due(now):
                found += 1
                click.echo(f"{state.case_id}  {state.status}  due {_due(state)}")
            click.echo(f"{found} due; nothing was done: --apply does it", err=True)
            return 0
        tally = Sweep(store, _sender(api), load_aftercare()).follow_up(now)
    for failed in tally.failed:
        click.echo(failed, err=True)
    click.echo(f"{tally.found} due, {tally.done} followed up, {tally.moved_on} had moved on")
    return 1 if tally.failed else 0


@click.command(
    epilog="""\b
Examples:
  ./complaints retention                    which cases' personal data would be removed
  ./complaints retention --apply            remove them now, each recorded in its case
  ./complaints case act ID hold --note "court order 123"      keep a case's data
  ./complaints case act ID release --note "settled"           let them go again
"""
)
@_apply_option
@api_options
@click.pass_context
def retention(ctx: click.Context, does_apply: bool, api: Api) -> int:
    """Remove personal data of cases that ended long ago: 1,096 days, unless the policy says more.

    The worker `aftercare` does this by itself, every hour. Text, name, address, phone, goods,
    waybill and who it was go from the stored contacts; notes, findings, answers and messages from
    the case's history. Channel, times, product, hub, category and what happened stay, so statistics
    do not change. A case on legal hold keeps everything, and one appealed against as long as its
    appeal does. The exit code is 1
    when a case could not be asked.
    """
    from services.aftercare.sweep import Sweep
    from services.domain.aftercare import load_aftercare

    with _opened(_data_of(ctx)) as (store, now):
        sweep = Sweep(store, _sender(api), load_aftercare())
        if not does_apply:
            _foresee(sweep, now)
            return 0
        tally = sweep.finish(now, sweep.remove(now, click.echo))
    for failed in tally.failed:
        click.echo(failed, err=True)
    click.echo(
        f"{tally.found} cases, {tally.done} removed ({tally.contacts} contacts, {tally.entries} "
        f"log entries), {tally.held} on hold, {tally.moved_on} had moved on"
    )
    return 1 if tally.failed else 0


def _foresee(sweep: "Sweep", now: datetime) -> None:
    """Say which cases would lose what."""
    found = held = contacts = entries = 0
    for state in sweep.to_remove(now):
        found += 1
        ended = state.closed_at or state.resolved_at
        if (why := sweep.kept_by(state)) is not None:
            held += 1
            click.echo(f"{state.case_id}  ended {ended}  {why}, kept")
            continue
        some, lines = sweep.counts(state)
        contacts, entries = contacts + some, entries + lines
        click.echo(
            f"{state.case_id}  ended {ended}  {some} contacts, {lines} log entries with words"
        )
    click.echo(
        f"{found} cases, {held} on hold; {contacts} contacts and {entries} log entries would lose "
        "what people said; nothing was done: --apply does it",
        err=True,
    )


def _data_of(ctx: click.Context) -> Path | None:
    data = ctx.params.get("data")
    return data if isinstance(data, Path) else None


class _opened:  # noqa: N801 - reads as a word of the with statement
    """The store of an instance, and its time."""

    def __init__(self, data: Path | None) -> None:
        self._settings = connect(data)

    def __enter__(self) -> "tuple[MongoAftercare, datetime]":
        from services.adapters.mongo import open_database
        from services.adapters.mongo_aftercare import MongoAftercare
        from services.adapters.shared_clock import open_clock

        self._database = open_database(self._settings.mongo, self._settings.database)
        clock = open_clock(self._database, self._settings.movable_clock)
        return MongoAftercare(self._database), clock.now()

    def __exit__(self, *_: object) -> None:
        self._database.client.close()


def _sender(api: Api) -> "Commands":
    from services.aftercare.sweep import Answer, as_command

    def ask(asked: "Asked") -> "Answer":
        own = replace(api, headers=api.headers | {"X-Tenant": asked.state.tenant})
        body = as_command(asked)
        answer = own.act(f"/v1/cases/{asked.state.case_id}/commands", body, body.pop("actor"))
        is_accepted = answer.status == 200
        word = answer.body.get("refusal") or answer.body.get("settlement") or answer.problem
        return Answer(is_accepted, str(word))

    def send(wanted: "Sequence[Asked]") -> "list[Answer]":
        return [ask(one) for one in wanted]

    return send


def _due(state: "CaseState") -> str:
    from services.domain.merging import next_look_at

    at = next_look_at(state)
    return "" if at is None else at.isoformat()
