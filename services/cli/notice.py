"""``complaints notice``: what became of notices and why, their words, a word on those in doubt."""

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import click

from schemas.notice_words import NoticeChannel, NoticeKind
from services.cli.api_client import Api, api_options
from services.cli.notice_files import written

_KINDS: Final = tuple(str(kind) for kind in NoticeKind if kind is not NoticeKind.UNKNOWN)
_lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the API's answer.")


@click.group()
def command() -> None:
    """Say why people were told or not, show the texts, look after notices in doubt."""


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


@command.command(
    epilog="""\b
Examples:
  ./complaints notice why C01ABCDEF23456789
  ./complaints notice why C01ABCDEF23456789 contact: --lang en
  ./complaints notice why C01ABCDEF23456789 team:claims --json | jq '.notices[].decided'
"""
)
@click.argument("case_id", metavar="CASE")
@click.argument("recipient", default="")
@_lang_option
@_json_option
@api_options
def why(case_id: str, recipient: str, lang: str, as_json: bool, api: Api) -> int:
    """Say why somebody was told about CASE, or was not: one line per notice.

    Each line says what was decided (sent, delivered, bundled, throttled, quiet hours, not
    wanted, no address, came back, provider down, failed, held, in doubt, waiting), by which rule
    of the table of notices, when, and how it ended; after a change of channel over what, too.
    RECIPIENT is a part of a name, such as `contact:`, `team:claims` or a contact's id.
    """
    query = urlencode({"recipient": recipient, "lang": lang})
    answer = api.ask("GET", f"/v1/cases/{quote(case_id, safe='')}/notices?{query}")
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    if as_json:
        click.echo(json.dumps(answer.body, ensure_ascii=False))
        return 0
    for one in answer.body["notices"]:
        click.echo(one["line"])
    if not answer.body["notices"]:
        click.echo("Nobody of that name was to be told anything about this case.")
        return 1
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints notice preview result --lang zh --channel sms
  ./complaints notice preview digest --lang en --channel chat
  ./complaints notice preview result --lang en --html > result.html
  ./complaints notice preview result --to previews      # all forms, both languages, as files
"""
)
@click.argument("kind", metavar="KIND", type=click.Choice(_KINDS))
@_lang_option
@click.option(
    "--channel",
    type=click.Choice(["email", "sms", "voice", "push", "chat", "letter", "webhook"]),
    default="email",
    show_default=True,
    help="Over what: it decides how long the text may be.",
)
@click.option("--html", "as_html", is_flag=True, help="Print the HTML part of the mail.")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all forms of KIND in both languages into this folder: mail, text, SMS, letter.",
)
def preview(kind: str, lang: str, channel: str, as_html: bool, folder: Path | None) -> int:
    """Show what a notice of KIND says, with sample fields. Nothing has to run.

    Says of a short message also how many messages it is sent as. The console shows the same on
    its page /notices.
    """
    from services.domain.wording.sample import sample
    from services.domain.wording.segments import segments_of
    from services.domain.wording.wording import shipped

    wording = shipped()
    if folder is not None:
        for path in written(wording, NoticeKind(kind), folder):
            click.echo(path)
        return 0
    if not wording.goes_over(NoticeKind(kind), NoticeChannel(channel)):
        raise click.BadParameter(f"{kind} is not written for {channel}", param_hint="--channel")
    words = wording.render(NoticeKind(kind), lang, sample(lang), NoticeChannel(channel))
    if as_html:
        if not words.html:
            raise click.BadParameter("only e-mail has an HTML part", param_hint="--html")
        click.echo(words.html, nl=False)
        return 0
    click.echo(f"{words.subject}\n\n{words.text}", nl=False)
    size = f"{len(words.text.strip())} characters"
    if channel == NoticeChannel.SMS:
        taken = segments_of(words.text.strip())
        size = f"{taken.messages} SMS, {taken.units} characters of {taken.alphabet}"
    click.echo(f"({wording.version}, {size})", err=True)
    return 0


def _line(one: dict[str, Any]) -> str:
    return (
        f"{one['at'][:19]}  {one['notice_id']}  {one['state']:<8} {one['channel']:<8} "
        f"{one['kind']:<16} {one['case']}  {one['recipient']}  {one['reason']}"
    )
