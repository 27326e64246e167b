"""``complaints notice``: what became of notices and why, their words, a word on those in doubt."""

import json
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import click

from schemas.notice_words import NoticeChannel, NoticeKind
from services.cli.api_client import Api, api_options
from services.cli.notice_files import written

_KINDS: Final = tuple(str(kind) for kind in NoticeKind if kind is not NoticeKind.UNKNOWN)
_FREED: Final = {
    "unmarked": "is written to again; it was marked {at:.19} ({reason}, notice {notice_id})",
    "not_marked": "was not marked, nothing to do",
    "kept": "stays marked: its owner complained {at:.19}; with their word, say --complained",
}
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
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
    if not answer.body.get("is_whole", True):
        click.echo("Older ones may be missing: too much went badly to look at all.", err=True)
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints notice unreached
  ./complaints notice unreached --limit 200 --json | jq -r '.notices[].case' | sort -u
"""
)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@_json_option
@api_options
def unreached(limit: int, as_json: bool, api: Api) -> int:
    """List who had to be told and was reached by nothing: somebody must tell them otherwise.

    These are mandatory notices with no way left: no address on any channel, or all channels
    of the fail-over exhausted. What was told in a digest, or through the head of a merged case,
    is not among them.
    """
    answer = api.ask("GET", f"/v1/notices/unreached?limit={limit}")
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    found = answer.body["notices"]
    if as_json:
        click.echo(json.dumps(answer.body, ensure_ascii=False))
        return 0
    for one in found:
        click.echo(f"{_line(one)}, by rule {one['rule'] or '-'}")
    if not found:
        click.echo("Everybody who had to be told was reached, or is on the way to be.")
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints notice settle N3K9PQ2R7M5T8V1WXYZ4ABCDE sent
  ./complaints notice settle N3K9PQ2R7M5T8V1WXYZ4ABCDE not-sent --actor clerk:wang
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
    body = {"outcome": outcome.replace("-", "_")}
    answer = api.act(f"/v1/notices/{quote(notice_id, safe='')}/settle", body, actor)
    if answer.status != 202:
        raise click.ClickException(answer.problem)
    click.echo(f"{notice_id}: {outcome}")
    return 0


@command.command(
    epilog="""\b
Examples:
  ./complaints notice unmark li.hua@example.com --reason "mailbox was full, works again"
  ./complaints notice unmark 13800138000 "+44 20 7946 0000" --reason "wrong gateway code"
  ./complaints notice unmark - --reason "relay refused all on 3 March" < addresses.txt
"""
)
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why it works again; kept for ever.")
@click.option("--actor", default="clerk:cli", show_default=True, help="Who says so.")
@click.option(
    "--kind",
    type=click.Choice(["email", "phone", "account", "post"]),
    help="What the addresses are; else told by their form: an @, or a number.",
)
@click.option(
    "--complained",
    is_flag=True,
    help="Also where its owner asked for no more messages: only with their own word.",
)
@_json_option
@api_options
def unmark(
    addresses: tuple[str, ...],
    reason: str,
    actor: str,
    kind: str | None,
    complained: bool,
    as_json: bool,
    api: Api,
) -> int:
    """Write to each ADDRESS again: it bounced once, and a person knows that it works now.

    An address that bounces, or whose owner complains, is marked, and nothing is sent to it any
    more. This takes the mark off and keeps who did so, when and why. What comes next goes there
    again; what ended meanwhile is not sent anew. Doing it twice changes nothing. `-` reads
    addresses from standard input, one a line, so that they stand in no history of a shell.
    Exits 1 when one was kept, because its owner complained.
    """
    written = [one for text in addresses for one in _written(text)]
    named = [{"kind": kind or _kind_of(one), "value": one} for one in written]
    body = {"addresses": named, "reason": reason, "complained": complained}
    answer = api.act("/v1/addresses/unmark", body, actor)
    if answer.status != 200:
        raise click.ClickException(answer.problem)
    found = answer.body["addresses"]
    if as_json:
        click.echo(json.dumps(answer.body, ensure_ascii=False))
    else:
        for one, said in zip(written, found, strict=True):
            click.echo(f"{one}: {_FREED[said['state']].format(**said)}")
    return 1 if any(said["state"] == "kept" for said in found) else 0


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
    "--texts", type=_FILE, envvar="COMPLAINTS_TEXTS", help="Your own file, checked whole."
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all forms of KIND in both languages into this folder: mail, text, SMS, letter.",
)
def preview(
    kind: str, lang: str, channel: str, as_html: bool, texts: Path | None, folder: Path | None
) -> int:
    """Show what a notice of KIND says, with sample fields. Nothing has to run.

    Says of a short message also how many messages it is sent as. The console shows the same on
    its page /notices.
    """
    from services.domain.wording.sample import sample
    from services.domain.wording.segments import segments_of
    from services.domain.wording.wording import shipped

    wording = shipped(texts)
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


def _written(text: str) -> list[str]:
    """Return one address, or those of standard input."""
    if text != "-":
        return [text]
    lines = (line.strip() for line in click.get_text_stream("stdin"))
    return [line for line in lines if line]


def _kind_of(address: str) -> str:
    """Return what an address is by its form.

    >>> _kind_of("li@example.com"), _kind_of("+86 138-0013-8000")
    ('email', 'phone')
    """
    if "@" in address:
        return "email"
    if re.fullmatch(r"\+?[\d\s().-]{5,}", address):
        return "phone"
    raise click.UsageError(f"{address}: neither a mail address nor a number; say --kind")


def _line(one: dict[str, Any]) -> str:
    return (
        f"{one['at'][:19]}  {one['notice_id']}  {one['state']:<8} {one['channel']:<8} "
        f"{one['kind']:<16} {one['case']}  {one['recipient']}  {one['reason']}"
    )
