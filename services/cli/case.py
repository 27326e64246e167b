"""``complaints case`` and ``complaints track``: look and act from the command line."""

import json
from typing import Any, Final

import click

from services.cli.api_client import Api, api_options
from services.cli.case_lines import case_lines, outcome_lines, track_lines

KINDS: Final = (
    "acknowledge", "assign", "note", "investigate", "wait", "resume", "propose", "resolve",
    "reject", "transfer", "close", "archive", "reopen", "appeal", "record", "compensate",
    "approve_compensation", "refuse_compensation", "settle_payment", "rate", "hold", "release",
    "follow_up", "extend", "update", "merge", "unmerge", "correct", "give_task", "finish_task",
    "withdraw_task",
)  # fmt: skip
_lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True
)
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
    _print(answer.body, as_json, case_lines)
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints case explain C01ABCDEF23456789
  ./complaints case explain C01ABCDEF23456789 --lang en --zone Europe/London
  ./complaints case explain C01ABCDEF23456789 --json | jq '.clocks[] | [.clock, .due_at]'
"""
)
@click.argument("case_id", metavar="ID")
@_lang_option
@click.option("--zone", help="Show times in this zone, such as Europe/London.")
@_json_option
@api_options
def explain(case_id: str, lang: str, zone: str | None, as_json: bool, api: Api) -> int:
    """Explain each time limit of the case ID: when it is due, and why.

    Shows which stretches of time counted, were closed, a holiday, or spent waiting and for whom;
    by which versions of policy and calendar; and whose time it was.
    """
    from urllib.parse import urlencode

    query = urlencode({"lang": lang} | ({"zone": zone} if zone else {}))
    answer = api.ask("GET", f"/v1/cases/{_in_path(case_id)}/clocks?{query}")
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    _print(answer.body, as_json, lambda body: body["words"])
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints case act ID acknowledge
  ./complaints case act ID assign --assignee clerk:7
  ./complaints case act ID resolve --note "The parcel was found and delivered."
  ./complaints case act ID wait --waiting-for customer --note "Photos of the damage"
  ./complaints case act ID transfer --unit partner:humen --note "Theirs is the last mile"
  ./complaints case act ID reject --reason not_substantiated --note "The seal was whole."
  ./complaints case act ID record --with '{"entry": {"finding": {"outcome": "valid",
      "party": "contractor", "text": "Left in a locker without consent."}}}'
  ./complaints case act ID compensate --with '{"compensation": {"branch": "uninsured",
      "amount": {"minor": 26850, "currency": "CNY"}, "guidance": "compensation-2026.2"}}'
  ./complaints case act ID extend --with '{"clock": "resolution", "amount": 900}'
      --reason lost_parcel --note "We are still looking; you hear from us by Friday."
  ./complaints case act ID update --note "The parcel is at customs; we ask again tomorrow."
  ./complaints case act ID approve_compensation --decision 1 --actor clerk:clerk-801
  ./complaints case act ID merge --other C02ABCDEF23456789
  ./complaints case act ID correct --category loss --level 3 --note "Worth 8000 yuan, see call."
  ./complaints case act ID give_task --unit partner:gb --note "Please send the delivery photo."
  ./complaints case act ID finish_task --task 1 --note "Delivered on 3 March, photo attached."
  ./complaints case act ID correct       # looked at, and right as it stands
"""
)
@click.argument("case_id", metavar="ID")
@click.argument("kind", metavar="COMMAND", type=click.Choice(KINDS))
@click.option("--note", help="A note; with `resolve` and `update` the customer reads it.")
@click.option("--assignee", help="Who is to work on it (assign).")
@click.option("--reason", help="A word of the policy (reject).")
@click.option("--waiting-for", help="customer, partner:ID or authority:ID (wait).")
@click.option("--unit", help="Who gets it (transfer) or is asked (give_task): team:ID, partner:ID.")
@click.option("--rating", type=click.IntRange(1, 5), help="How satisfied the customer is (rate).")
@click.option("--decision", type=int, help="Which decision about money (approve, refuse).")
@click.option("--contact-id", help="Whose appeal it is, where there are several complainants.")
@click.option("--task", type=int, help="Which task (finish_task, withdraw_task).")
@click.option("--other", help="The other case (merge, unmerge).")
@click.option("--category", help="What it is about instead (correct).")
@click.option("--cause", help="Who or what is answerable instead (correct).")
@click.option("--level", type=click.IntRange(1, 4), help="How bad it is instead (correct).")
@click.option("--with", "parts", metavar="JSON", help="Further fields of the command, as JSON.")
@click.option("--actor", default="clerk:cli", show_default=True, help="Who acts.")
@click.option("--expected-seq", type=int, help="Refuse if the case moved on from here.")
@click.option("--id", "key", help="Idempotency key: the same one takes effect once.")
@_json_option
@api_options
def act(
    case_id: str,
    kind: str,
    as_json: bool,
    api: Api,
    key: str | None,
    parts: str | None,
    actor: str,
    **fields: Any,
) -> int:
    """Ask for COMMAND on the case ID and tell how it ended.

    The exit code is 1 when the case refuses; what happened since is told with a stale one.
    """
    body = {"kind": kind, "id": key, **_correction(kind, fields), **fields, **_parts(parts)}
    answer = api.act(
        f"/v1/cases/{_in_path(case_id)}/commands",
        {name: value for name, value in body.items() if value is not None},
        actor,
    )
    if answer.status not in (200, 202):
        for since in answer.body.get("since", ()):
            click.echo(f"  {since['seq']:>4}  {since['at']}  {since['kind']} by {since['actor']}")
        raise click.ClickException(answer.problem)
    _print(answer.body, as_json, outcome_lines)
    return 0


def _correction(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Take what is said otherwise out of ``fields``; nothing of it is a confirmation."""
    said = {name: fields.pop(name) for name in ("category", "cause", "level")}
    if kind == "correct":
        return {"correction": {name: value for name, value in said.items() if value is not None}}
    if any(value is not None for value in said.values()):
        raise click.UsageError("--category, --cause and --level go with `correct`")
    return {}


def _parts(written: str | None) -> dict[str, Any]:
    try:
        parts = json.loads(written or "{}")
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--with") from None
    if not isinstance(parts, dict):
        raise click.BadParameter("not a JSON object", param_hint="--with")
    return parts


@command.command(
    epilog="""\b
Examples:
  ./complaints case guidance ID
  ./complaints case guidance ID --value 60000 --share 0.4 --lang en
"""
)
@click.argument("case_id", metavar="ID")
@click.option("--harm", type=click.Choice(["lost", "damaged", "spoilt", "delayed"]))
@click.option("--value", type=int, help="What the goods were worth, in fen.")
@click.option("--insured", type=int, help="The insured value, in fen; 0 for none.")
@click.option("--postage", type=int, help="The postage, in fen.")
@click.option("--share", type=float, help="How much of it is lost or damaged, up to 1.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@_json_option
@api_options
def guidance(case_id: str, lang: str, as_json: bool, api: Api, **facts: Any) -> int:
    """Show what a compensation in the case ID may come to, step by step.

    It begins with what the contacts state; an option replaces what they say. Guidance for a
    person: nothing is decided by it.
    """
    from urllib.parse import urlencode

    from services.cli.compensation import as_lines

    known = {name: value for name, value in facts.items() if value is not None}
    answer = api.ask("GET", f"/v1/cases/{_in_path(case_id)}/guidance?{urlencode(known)}")
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    _print(answer.body, as_json, lambda body: as_lines(body, lang))
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
    _print(answer.body, as_json, track_lines)
    click.echo(f"as a page: {api.url}/track/{answer.body['tracking']}", err=True)
    return 0


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
