"""What a mail that came in is taken as: news of an address, a note by staff, or a contact."""

import hashlib
from typing import Final

from pydantic import ValidationError

from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from schemas.personal import Personal
from schemas.receipts import ReceiptEvent
from schemas.vocabulary import Channel, CommandKind, Settlement
from services.api.commands import send_command
from services.api.context import Context
from services.api.providers import Signed
from services.api.receipts import pass_on
from services.api.written import CONTACT, Writing, admit_writing, notice_of, publish
from services.domain.errors import OutageError
from services.domain.inbound_mail import (
    Automatic,
    Bounced,
    Comeback,
    Complained,
    Written,
    understood,
)
from services.domain.mail_attachments import words_of

_LONGEST_NOTE: Final = 4000
"""Characters; what is longer becomes several notes."""
_EVENTS: Final = {
    Comeback.DEAD: ReceiptEvent.BOUNCED,
    Comeback.RETURNED: ReceiptEvent.UNDELIVERED,
}
"""Only what tells of the address itself marks it."""


async def take_mail(context: Context, tenant: str, signed: Signed) -> str:
    """Take a mail; return in a word as what.

    Raises:
        OutageError: it is not safe: it is to come again.
        Problem: its sender sends more than the quotas allow: it is to come again later.
    """
    said_by = f"provider:{signed.provider}"
    match understood(signed.body, signed.left_out):
        case Bounced(comeback=Comeback.DELAYED):
            return "delay"
        case Bounced(notice_id, comeback, status):
            event = _EVENTS[comeback]
            is_known = await pass_on(
                context, notice_id, event, said_by, status, over=NoticeChannel.EMAIL
            )
            return "bounce" if is_known else "unknown_notice"
        case Complained(notice_id):
            is_known = await pass_on(
                context, notice_id, ReceiptEvent.COMPLAINED, said_by, over=NoticeChannel.EMAIL
            )
            return "complaint" if is_known else "unknown_notice"
        case Automatic():
            return "automatic"
        case Written() as written:
            return await _written(context, tenant, written)
        case None:
            return "nothing"


async def _written(context: Context, tenant: str, mail: Written) -> str:
    notice = await notice_of(context, mail.notice_id)
    key, sender = f"mail:{_name_of(mail)}", mail.sender
    is_to_staff = notice is not None and not notice.recipient.startswith(CONTACT)
    if is_to_staff and notice is not None:
        if _is_by(context, notice, sender):
            # A mailbox of staff that answers by itself is a loop as well.
            admit_writing(context, tenant, Channel.EMAIL, sender)
            if await _noted(context, notice, mail):
                return "note"
        # A name and no address: whoever wrote it is seen, and told nothing of the case.
        who = Personal(name=sender[:80] or None)
        writing = Writing(key, Channel.EMAIL, mail.text, who, sender, None, mail.unkept)
    else:
        who, address = _writer(sender), sender or None
        writing = Writing(key, Channel.EMAIL, mail.text, who, sender, address, mail.unkept)
    await publish(context, tenant, writing, notice)
    return "contact" if notice is None else "reply"


def _name_of(mail: Written) -> str:
    """Return what a mail is known by when it comes again. Its own name is not enough: there are
    programs that give the same one to all that they send."""
    said = hashlib.sha256(f"{mail.sender}\x1f{mail.text}".encode()).hexdigest()[:32]
    return f"{mail.message_id}:{said}"


def _writer(sender: str) -> Personal:
    """Return who writes from an address, as a name where nobody can be written to there."""
    try:
        return Personal(email=sender)
    except ValidationError:
        return Personal(name=sender[:80] or None)


def _is_by(context: Context, notice: NoticeRequested, sender: str) -> bool:
    """Return whether a mail is from the address that the book has for whom we told. The number of
    the notice that it answers proves nothing: whoever knows the case can work it out."""
    known = context.staff.of(notice.recipient).email
    return known is not None and known.casefold() == sender.casefold()


async def _noted(context: Context, notice: NoticeRequested, mail: Written) -> bool:
    """Put what staff or a partner answered on the case, as notes by whom we told: it is no
    complaint. False where the case takes none.

    Raises:
        OutageError: how it ended is not known yet.
    """
    text = mail.text if mail.unkept is None else f"{mail.text}\n{words_of(mail.unkept)}"
    parts = [text[at : at + _LONGEST_NOTE] for at in range(0, len(text), _LONGEST_NOTE)]
    for number, part in enumerate(parts, 1):
        key = f"staff-mail{'' if number == 1 else f'-{number}'}:{_name_of(mail)}"
        fields = {"kind": CommandKind.NOTE, "actor": notice.recipient[:80], "note": part}
        _, settled = await send_command(context, notice.tenant, notice.case_id, key, fields)
        if settled is None:
            raise OutageError("cases", "has not said how a note ended")
        if settled.settlement is Settlement.REJECTED:
            return False
    return True
