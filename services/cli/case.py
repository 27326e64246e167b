"""``complaints case`` and ``complaints track``: look and act from the command line."""

import json
from typing import Any, Final

import click

from services.cli.api_client import Api, api_options

KINDS: Final = ("acknowledge", "assign", "note", "resolve", "close", "reopen")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the API's answer.")


@click.group()
def command() -> None:
    """Show a case, or act on it as a clerk."""


@command.command(
    epilog="""\b
Examples:
  ./complaints case show C01ABCDEF23456789
  ./complaints case show C01ABCDEF23456789 --json | jq .history
"""
)
@click.argument("case_id", metavar="ID")
@_json_option
@api_options
def show(case_id: str, as_json: bool, api: Api) -> int:
    """Show where the case ID stands, what happened to it, and its contacts."""
    answer = api.ask("GET", f"/v1/cases/{_in_path(case_id)}")
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    _print(answer.body, as_json, _case_lines)
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints case act ID acknowledge
  ./complaints case act ID assign --assignee clerk:7
  ./complaints case act ID resolve --note "The parcel was found and delivered."
"""
)
@click.argument("case_id", metavar="ID")
@click.argument("kind", metavar="COMMAND", type=click.Choice(KINDS))
@click.option("--note", help="A note; with `resolve` the answer to the customer.")
@click.option("--assignee", help="Who is to work on it (assign).")
@click.option("--actor", default="clerk:cli", show_default=True, help="Who acts.")
@click.option("--expected-seq", type=int, help="Refuse if the case moved on from here.")
@click.option("--id", "key", help="Idempotency key: the same one takes effect once.")
@_json_option
@api_options
def act(case_id: str, kind: str, as_json: bool, api: Api, key: str | None, **fields: Any) -> int:
    """Ask for COMMAND on the case ID and tell how it ended.

    Commands: acknowledge, assign, note, resolve, close, reopen. The exit code is 1 when the
    case refuses.
    """
    body = {"kind": kind, "id": key, **fields}
    answer = api.ask(
        "POST",
        f"/v1/cases/{_in_path(case_id)}/commands",
        {name: value for name, value in body.items() if value is not None},
    )
    if answer.status not in (200, 202):
        raise click.ClickException(answer.problem)
    _print(answer.body, as_json, _outcome_lines)
    return 0


@click.command(
    epilog="""\b
Example:
  ./complaints track 4Q7ZK-2M0XA-9RTBN-51CDE --lang en
"""
)
@click.argument("code")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@_json_option
@api_options
def track(code: str, lang: str, as_json: bool, api: Api) -> int:
    """Show what the customer with the tracking code CODE sees."""
    answer = api.ask("GET", f"/v1/track/{_in_path(code)}", headers={"Accept-Language": lang})
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    _print(answer.body, as_json, _track_lines)
    click.echo(f"as a page: {api.url}/track/{answer.body['tracking']}", err=True)
    return 0


def _case_lines(answer: dict[str, Any]) -> list[str]:
    state = answer["state"]
    lines = [
        f"{state['case_id']}  {state['status']}  (seq {state['seq']}, "
        f"contacts: {state['contacts']}, complainants: {state['complainants']})",
        f"  opened {state['opened_at']}, changed {state['updated_at']}"
        + (f", assigned to {state['assignee']}" if state.get("assignee") else ""),
        "",
        "History",
    ]
    for change in answer["history"]:
        details = [change.get("assignee"), change.get("note"), change.get("reason")]
        if contact := change.get("contact"):
            details.insert(0, f"{contact['relation']} by {contact['channel']}")
        told = "  ".join(filter(None, details))
        lines.append(f"  {change['seq']:>4}  {change['at']}  {change['kind']:<14} {told}".rstrip())
        lines += [
            f"        told {one['recipient']} by {one['channel']}: {one['kind']}, {one['state']}"
            + (f" ({one['reason']})" if one.get("reason") else "")
            for one in answer.get("notices", ())
            if one["seq"] == change["seq"]
        ]
    lines += ["", "Contacts, newest first"]
    for contact in answer["contacts"]:
        waybill = contact.get("waybill", "no waybill")
        lines.append(
            f"  {contact['received_at']}  {contact['channel']}  {contact['relation']}  {waybill}"
        )
        lines.append(f"      {' '.join(contact['text'].split())}")
    return lines


def _outcome_lines(answer: dict[str, Any]) -> list[str]:
    if answer["settlement"] == "pending":
        return [f"taken, not decided yet: ./complaints case show {answer['case_id']}"]
    return [f"{answer['settlement']}: the case is {answer['status']} (seq {answer['seq']})"]


def _track_lines(answer: dict[str, Any]) -> list[str]:
    steps = [f"  {step['at']}  {step['what']}" for step in answer["steps"]]
    contacts = [f"  {one['received_at']}  {one['text']}" for one in answer["contacts"]]
    return [answer["summary"], *steps, "", *contacts]


def _print(answer: dict[str, Any], as_json: bool, lines: Any) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for line in lines(answer):
        click.echo(_harmless(line))


def _harmless(line: str) -> str:
    """Replace what would steer the terminal: a complaint's text is a stranger's.

    >>> _harmless("late \\x1b[2J again")
    'late ·[2J again'
    """
    return "".join(c if c.isprintable() else "·" for c in line)


def _in_path(written: str) -> str:
    from urllib.parse import quote

    return quote(written, safe="")
