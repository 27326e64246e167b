"""``/o/{token}``: no more messages that nobody has to get, by the link that stood in one.

People see a page and press a button, without a script. A mail program posts
``List-Unsubscribe=One-Click`` instead (RFC 8058) and needs no page. A mere look at the link does
nothing: programs that look through mail follow every link.
"""

from email import message_from_bytes
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from schemas.notices import NoticeRequested
from schemas.receipts import ReceiptEvent
from schemas.vocabulary import Channel
from services.api.choosing import chooses_for, keep
from services.api.context import Context, ask, context_of
from services.api.handing import admit, admit_customer
from services.api.pages import html_page, language_in
from services.api.progress import Language
from services.api.receipts import pass_on
from services.api.requests import form_fields, read_body
from services.api.tracking import AWAY
from services.domain.errors import OutageError
from services.domain.known_by import Name
from services.domain.opened import opened_personal
from services.domain.optout import PATH, notice_of_token
from services.domain.preferences import (
    NOTHING_CHOSEN,
    By,
    Preferences,
    joined,
    key_of,
    looked_for,
)

router = APIRouter()
_CONTACT: Final = "contact:"
_ONE_CLICK: Final = ("list-unsubscribe", "one-click")
_UNKNOWN: Final = (
    "这个链接无效。您可以在投诉进度页面选择接收哪些消息。",
    "This link is not one of ours. You can choose on the page of your complaint what to be told.",
)


@router.get(f"{PATH}{{token}}", include_in_schema=False)
async def page(request: Request, token: str) -> Response:
    """Ask whether to stop; say so where it was done before."""
    context, language = context_of(request), language_in(request)
    try:
        notice = await _notice(context, token)
        if notice is None:
            return _page(language, token, "", _UNKNOWN[language == "en"], 404)
        is_out = await is_opted_out(context, notice)
    except OutageError:
        return _page(language, token, "", AWAY[language == "en"], 503)
    return _page(language, token, "out" if is_out else "ask", None, 200)


@router.post(f"{PATH}{{token}}", include_in_schema=False)
async def stop(request: Request, token: str) -> Response:
    """Stop, or begin again; what neither the page nor a mail program sends is asked about.

    Raises:
        Problem: more than the quotas allow, or more fields than a form of ours has.
    """
    context, language = context_of(request), language_in(request)
    said = _read(await read_body(request), request.headers.get("content-type", ""))
    try:
        notice = await _notice(context, token)
        if notice is None:
            return _page(language, token, "", _UNKNOWN[language == "en"], 404)
        if said is None:
            return _page(language, token, "ask", None, 400)
        await _admit(context, notice)
        await opt_out(context, notice, "one_click" if said == "one_click" else "link", said != "on")
    except OutageError:
        return _page(language, token, "", AWAY[language == "en"], 503)
    try:
        is_out = said != "on" or await is_opted_out(context, notice)
    except OutageError:
        return _page(language, token, "", AWAY[language == "en"], 503)
    return _page(language, token, "out" if is_out else "on", None, 200)


async def opt_out(context: Context, notice: NoticeRequested, by: By, out: bool = True) -> None:
    """Keep that the complainant of a notice wants no more of what nobody has to get, or wants it
    again (not ``out``), and hand on that it was said. Saying it again changes nothing, and is
    handed on no more.

    Raises:
        OutageError: it was not kept, or not handed on.
    """
    names = await _his_names(context, notice, by)
    keys = [key_of(notice.tenant, name) for name in names]
    found = await ask(context.preferences.chosen, keys)
    known = [found.get(key, NOTHING_CHOSEN) for key in keys]
    if joined(known).opt_out is not out:
        # First: were the choice kept and this lost, nobody would hand it on any more.
        event = ReceiptEvent.OPTED_OUT if out else ReceiptEvent.OPTED_IN
        await pass_on(context, notice.notice_id, event, "customer", by)
    if any(one.opt_out is not out for one in known):
        chosen = Preferences(opt_out=out)
        await keep(context, notice.tenant, names, chosen, {"opt_out"}, by, notice.notice_id)


async def is_opted_out(context: Context, notice: NoticeRequested) -> bool:
    """Return whether the complainant of a notice wants no more, by whichever of his names."""
    names = await _names(context, notice)
    keys = [key_of(notice.tenant, name) for name in names]
    kept = await ask(context.preferences.chosen, keys)
    return any(one.opt_out for one in kept.values())


async def had_opted_out(context: Context, notice: NoticeRequested) -> bool:
    """Return whether the complainant of a notice wanted no more before he answered it. The same
    answer handed in again says nothing of before."""
    names = await _names(context, notice)
    if not await is_opted_out(context, notice):
        return False
    made = [await ask(context.preferences.choices, key_of(notice.tenant, one)) for one in names]
    return not any(one.opt_out and one.notice_id == notice.notice_id for own in made for one in own)


async def _admit(context: Context, notice: NoticeRequested) -> None:
    """Take a token of the quotas for what is said by the link of a notice: of the same rules as
    what its complainant says under his tracking code.

    Raises:
        Problem: a quota has none left.
    """
    contact_id = notice.recipient.removeprefix(_CONTACT)
    known = await ask(context.queries.contact, notice.tenant, contact_id)
    if known is not None:
        admit_customer(context, known)
    else:
        admit(context, notice.tenant, Channel.WEB, contact_id, context.clock.now())


async def _names(context: Context, notice: NoticeRequested) -> tuple[str, ...]:
    contact_id = notice.recipient.removeprefix(_CONTACT)
    known = await ask(context.queries.contact, notice.tenant, contact_id)
    return (contact_id,) if known is None else looked_for(known.contact)


async def _his_names(context: Context, notice: NoticeRequested, by: By) -> tuple[str, ...]:
    """Return for which names the complainant of a notice chooses by an answer to it: a word comes
    from the number that it went to, a link stood in a mail, where he gave an address for one."""
    contact_id = notice.recipient.removeprefix(_CONTACT)
    known = await ask(context.queries.contact, notice.tenant, contact_id)
    if known is None:
        return (contact_id,)
    letter: Name = (
        "phone" if by == "sms" or not opened_personal(known, context.vault).email else "email"
    )
    return await ask(chooses_for, context, known, letter)


async def _notice(context: Context, token: str) -> NoticeRequested | None:
    notice_id = notice_of_token(context.keys, token)
    if notice_id is None:
        return None
    found = (await ask(context.sends.requested, [notice_id])).get(notice_id)
    return found if found is not None and found.recipient.startswith(_CONTACT) else None


def _read(body: bytes, content_type: str) -> str | None:
    """Return ``one_click`` of a mail program, ``off`` or ``on`` of the page, None of anything
    else. Mail programs may send either form of forms.

    Raises:
        Problem: it has more fields than any form of ours.
    """
    if content_type.lower().startswith("multipart/form-data"):
        head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
        parts = message_from_bytes(head + body).walk()
        fields = {
            str(part.get_param("name", "", "content-disposition")): str(part.get_payload()).strip()
            for part in parts
            if not part.is_multipart()
        }
    else:
        fields = form_fields(body)
    if any((name.lower(), value.lower()) == _ONE_CLICK for name, value in fields.items()):
        return "one_click"
    wanted = fields.get("messages")
    return wanted if wanted in ("off", "on") else None


def _page(
    language: Language, token: str, stands: str, trouble: str | None, status: int
) -> HTMLResponse:
    here = f"{PATH}{quote(token, safe='')}"
    return html_page("optout.html", language, status, here, stands=stands, trouble=trouble)
