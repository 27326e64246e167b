"""``complaints notice``: what became of notices, and a person's word on those in doubt."""

import json
from typing import Any
from urllib.parse import quote

import click

from services.cli.api_client import Api, api_options

_json_option = click.option("--json", "as_json", is_flag=True, help="Print the API's answer.")


@click.group()
def command() -> None:
    """Look after notices that reached nobody for sure."""


@command.command(
    epilog="""\b
Examples:
  ./complaints notice failures
  ./complaints notice failures --limit 200 --json | jq '.notices[].reason'
"""
)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@_json_option
@api_options
def failures(limit: int, as_json: bool, api: Api) -> int:
    """List the newest notices that failed or are in doubt, with the reason.

    They are the dead letters of notices: what a provider never took, after all attempts and
    all channels. The case shows each of them, too.
    """
    answer = api.ask("GET", f"/v1/notices/failures?limit={limit}")
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    if as_json:
        click.echo(json.dumps(answer.body, ensure_ascii=False))
        return 0
    for one in answer.body["notices"]:
        click.echo(_line(one))
    if not answer.body["notices"]:
        click.echo("No notice failed, none is in doubt.")
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints notice settle N3K9PQ2R7M5T8V1WXYZ4ABCD sent
  ./complaints notice settle N3K9PQ2R7M5T8V1WXYZ4ABCD not-sent --actor clerk:wang
"""
)
@click.argument("notice_id", metavar="ID")
@click.argument("outcome", type=click.Choice(("sent", "not-sent")))
@click.option("--actor", default="clerk:cli", show_default=True, help="Who found out.")
@api_options
def settle(notice_id: str, outcome: str, actor: str, api: Api) -> int:
    """Say whether the notice ID, of which nobody knows, was sent.

    Look in the provider's own log first. After `not-sent` the notice is sent once more, under
    the same id; after `sent` it is not. Refused for a notice that is not in doubt.
    """
    body = {"outcome": outcome.replace("-", "_"), "actor": actor}
    answer = api.ask("POST", f"/v1/notices/{quote(notice_id, safe='')}/settle", body)
    if answer.status != 202:
        raise click.ClickException(answer.problem)
    click.echo(f"{notice_id}: {outcome}")
    return 0


def _line(one: dict[str, Any]) -> str:
    return (
        f"{one['at'][:19]}  {one['notice_id']}  {one['state']:<8} {one['channel']:<8} "
        f"{one['kind']:<16} {one['case']}  {one['recipient']}  {one['reason']}"
    )
