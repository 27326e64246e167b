"""What a mail that comes in is: a reply to a notice, a bounce, a complaint, a machine's answer, or
somebody who writes to us. Pure; reads RFC 3464 (delivery status) and RFC 5965 (abuse reports)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message, MIMEPart
from email.policy import default
from email.utils import getaddresses
from enum import StrEnum
from typing import Final

from schemas.contacts import Unkept
from services.domain.mail_attachments import unkept_of
from services.domain.mail_quotes import lines_of, own_words
from services.domain.mail_words import header_lines, header_words, words_in

_ID: Final = "N[0-9A-HJKMNP-TV-Z]{24}"
_NOTICE: Final = re.compile(rf"(?<![0-9A-Z]){_ID}(?![0-9A-Z])", re.IGNORECASE)
"""Alone: mail programs write long names, and in one of fifty stands what looks like ours."""
_REPLY_ADDRESS: Final = re.compile(rf"\+({_ID})@", re.IGNORECASE)
_STATUS: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_DEAD: Final = re.compile(r"none|5\.0\.\d+|5\.1\.\d+|5\.2\.[01]|5\.4\.4")
"""Statuses that speak of the address: there is none, the mailbox is switched off, no server for its
domain; and those that say nothing of why. Others are about the mail, the way or ourselves."""
_MACHINE: Final = re.compile(r"(?:mailer-daemon|postmaster)@", re.IGNORECASE)
"""Who sends back what could not be delivered, often in a form that no standard knows."""
_LONGEST: Final = 20_000
_CUT: Final = "\n[…] 原文更长，其余未保留。The mail was longer; the rest of it was not kept."
_SENDERS: Final = ("From", "Reply-To", "Sender", "Return-Path")
"""Where to look for who wrote, until there is an address."""
_IN_ANGLES: Final = re.compile(r"<([^<>\s@]{1,64}@[^<>\s@]{1,200})>")
_ADDRESS: Final = re.compile(r"[^\s<>@,;:()\[\]\"]{1,64}@[^\s<>@,;:()\[\]\"]{1,200}")
_LONGEST_NAME: Final = 180
_LONGEST_SUBJECT: Final = 1_000
_DEEPEST: Final = 50
"""Parts of a mail that are looked at."""


class Comeback(StrEnum):
    """What a report of a mail server says of a notice."""

    DEAD = "dead"
    """It came back, and the receiver will never be reached there."""
    RETURNED = "returned"
    """It came back, and the address may still be good: a full mailbox, a server that was away until
    the relay gave up, words or a sender that the receiver's server does not like."""
    DELAYED = "delayed"
    """It did not arrive yet; the relay goes on trying."""


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail server reports of a notice; ``status`` is RFC 3463's."""

    notice_id: str
    comeback: Comeback
    status: str


@dataclass(frozen=True, slots=True)
class Complained:
    """The receiver of a notice called it unwanted."""

    notice_id: str


@dataclass(frozen=True, slots=True)
class Automatic:
    """A machine answers (out of office, a list): nobody says anything about a matter."""


@dataclass(frozen=True, slots=True)
class Written:
    """A person writes; ``notice_id`` is set where it is a reply to a notice. ``message_id`` is the
    same when the mail is handed in again."""

    message_id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    notice_id: str | None = None
    unkept: Unkept | None = field(default=None, repr=False)
    """What hangs on the mail, which may be all that is in it."""


Inbound = Bounced | Complained | Automatic | Written


def understood(raw: bytes, left_out: int = 0) -> Inbound | None:
    """Return what the mail is; None when nobody wrote it and nothing is said in it. ``left_out``
    are the bytes of what hangs on it that are not in ``raw``."""
    mail = message_from_bytes(raw, _class=EmailMessage, policy=default)
    kind = str(mail.get_param("report-type", "")).lower()
    if mail.get_content_type() == "multipart/report" and kind == "delivery-status":
        return _bounced(mail)
    if mail.get_content_type() == "multipart/report" and kind == "feedback-report":
        notice_id = _notice_in(mail)
        return None if notice_id is None else Complained(notice_id)
    if header_words(mail, "X-Failed-Recipients"):
        return _returned(mail)
    if mail.get_content_type() == "multipart/report" or _is_automatic(mail):
        return Automatic()
    notice_id, unkept = _replied_to(mail), unkept_of(mail, left_out)
    text = _said(mail, is_answer=notice_id is not None)
    if not (text or unkept) or not mail.keys():
        return None
    sender = _sender(mail)
    if _MACHINE.match(sender):
        return Automatic()
    name = next(iter(header_lines(mail, "Message-ID")), "")
    if not name or len(name) > _LONGEST_NAME:
        name = f"none:{hashlib.sha256(name.encode() or raw).hexdigest()}"
    return Written(name, sender, _as_kept(text or "…"), notice_id, unkept)


def _said(mail: EmailMessage, is_answer: bool) -> str:
    """Return what the writer says. What he answers is ours, and so is the subject of his answer;
    who begins puts into the subject what it is about, and quotes what we have not read."""
    text, subject = words_in(mail), header_words(mail, "Subject")[:_LONGEST_SUBJECT]
    if is_answer:
        return own_words(text) or subject
    text = "\n".join(lines_of(text)).strip()
    return text if subject in text else f"{subject}\n{text}".strip()


def _sender(mail: EmailMessage) -> str:
    """Return the address of whoever wrote; empty where none is to be found."""
    for name in _SENDERS:
        for written in (*header_lines(mail, name)[:1], header_words(mail, name)):
            known = [address for _, address in getaddresses([written]) if "@" in address]
            # Names with a comma or an address in them make the library find nobody.
            found = known or _IN_ANGLES.findall(written)[-1:] or _ADDRESS.findall(written)
            if found:
                return str(found[0])
    return ""


def _as_kept(text: str) -> str:
    """Return at most as much as a contact can hold; it says so where that is not all."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT


def _bounced(mail: EmailMessage) -> Bounced | Automatic | None:
    notice_id = _notice_in(mail)
    if notice_id is None:
        return None
    for part in _parts(mail):
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in part.iter_parts():
            action = str(fields.get("Action", "")).strip().lower()
            if not action:
                continue
            found = _STATUS.search(str(fields.get("Status", "")))
            status = found[0] if found else "none"
            if action == "failed":
                # With 4.x.x too, as when the relay tried for days: it does not try again.
                is_dead = _DEAD.fullmatch(status) is not None
                comeback = Comeback.DEAD if is_dead else Comeback.RETURNED
                return Bounced(notice_id, comeback, status)
            if action == "delayed":
                return Bounced(notice_id, Comeback.DELAYED, status)
            return Automatic()  # delivered, relayed, expanded: no trouble
    return None


def _returned(mail: EmailMessage) -> Bounced | Automatic:
    """Return what a mail server says in words of its own, with a header that names whom it did not
    reach: it does not say why."""
    text = "\n".join(
        _string(part) for part in _parts(mail) if part.get_content_maintype() == "text"
    )
    named = re.search(rf"(?im)^\W*message-id:\s*<?({_ID})", text)
    notice_id = named[1].upper() if named else _notice_in(mail)
    return Automatic() if notice_id is None else Bounced(notice_id, Comeback.RETURNED, "none")


def _is_automatic(mail: EmailMessage) -> bool:
    said = header_words(mail, "Auto-Submitted").lower()
    if said and said != "no":
        return True
    if header_words(mail, "X-Autoreply") or header_words(mail, "X-Autorespond"):
        return True
    if header_lines(mail, "Return-Path")[:1] == ["<>"]:
        return True  # returned by a mail server, in words of its own: an answer would come back
    return header_words(mail, "Precedence").lower() in ("bulk", "junk", "list", "auto_reply")


def _replied_to(mail: EmailMessage) -> str | None:
    """Return the notice that a mail answers: by the address it was sent to, else by the mail that
    it names as the one before it."""
    for name in ("To", "Cc", "Delivered-To", "X-Original-To"):
        for line in header_lines(mail, name):
            if found := _REPLY_ADDRESS.search(line):
                return found[1].upper()
    for name in ("In-Reply-To", "References"):
        if found := _NOTICE.search(header_words(mail, name)):
            return found[0].upper()
    return None


def _notice_in(mail: EmailMessage) -> str | None:
    """Return the notice that a report carries: by the Message-ID of the mail it returns."""
    for part in _parts(mail):
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            inside = part.get_content() if part.get_content_type() == "message/rfc822" else None
            text = str(inside["Message-ID"]) if isinstance(inside, Message) else _string(part)
            head = re.search(r"(?im)^message-id:\s*(.+)$", text) if inside is None else None
            if found := _NOTICE.search(head[1] if head else text):
                return found[0].upper()
    return _replied_to(mail)


def _parts(mail: EmailMessage) -> Iterator[EmailMessage]:
    for number, part in enumerate(mail.walk()):
        if number >= _DEEPEST:
            return
        if isinstance(part, EmailMessage):
            yield part


def _string(part: MIMEPart) -> str:
    try:
        content = part.get_content()
    except (LookupError, KeyError):  # a charset or a kind that nobody knows
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return content if isinstance(content, str) else ""
