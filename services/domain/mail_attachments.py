"""What hangs on a mail. What its writer says is kept and none of this: a clerk is told what there
was. Pure; names come from anybody and are shown to people, so only what can be read is left."""

import unicodedata
from collections.abc import Iterator
from email.message import EmailMessage, Message
from typing import Final

from schemas.contacts import MOST_NAMED, MOST_UNKEPT, Unkept

_DEEPEST: Final = 50
"""Mails inside of mails that are looked into."""
_LONGEST_NAME: Final = 80
_MOST_BYTES: Final = 10**12
_WORDS: Final = frozenset({"text/plain", "text/html"})
_NOT_SHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of what is not seen, or turns the direction of what is: gpj.exe must not look like
exe.jpg."""


def unkept_of(mail: EmailMessage, left_out: int = 0) -> Unkept | None:
    """Return what hangs on a mail: all but its own words; None where that is nothing. ``left_out``
    are bytes of it that are not there any more."""
    hanging = [part for part in _leaves(mail) if not is_of_words(part)]
    if not hanging:
        return None
    names = [name for part in hanging if (name := readable(_name_of(part)))]
    return Unkept(
        count=min(len(hanging), MOST_UNKEPT),
        size=min(left_out + sum(map(_size_of, hanging)), _MOST_BYTES),
        names=tuple(names[:MOST_NAMED]),
    )


def words_of(unkept: Unkept) -> str:
    """Return what was not kept in both languages, for a note that people of either read."""
    names = "、".join(unkept.names)
    listed = f"：{names}" if names else ""
    listed_in_english = f": {', '.join(unkept.names)}" if names else ""
    return (
        f"[…] 邮件附件未保存，共 {unkept.count} 个，{unkept.size:,} 字节{listed}。"
        f"Attachments of the mail were not kept, {unkept.count} of {unkept.size:,} bytes"
        f"{listed_in_english}."
    )


def readable(name: str) -> str:
    """Return the name of a file as it may be shown: without folders, on one line, not too long.

    >>> readable("C:\\\\tmp\\\\a\\u202egpj.exe"), readable("../x/照片\\n1.jpg"), readable("\\0")
    ('agpj.exe', '照片 1.jpg', '')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    spaced = " ".join(last[: 10 * _LONGEST_NAME].split())
    seen = "".join(one for one in spaced if unicodedata.category(one) not in _NOT_SHOWN)
    return seen if len(seen) <= _LONGEST_NAME else seen[: _LONGEST_NAME - 1] + "…"


def _leaves(part: Message, depth: int = 0) -> Iterator[Message]:
    """Yield what a mail is made of; a mail that hangs on another is one of these."""
    if part.get_content_maintype() != "multipart":
        yield part
    elif depth < _DEEPEST:
        for one in parts_of(part):
            yield from _leaves(one, depth + 1)


def parts_of(part: Message) -> list[Message]:
    """Return what a part is made of; nothing where it is of one piece. To ask that for its payload
    has the library read it in a charset that may be none."""
    inside = part.get_payload() if part.is_multipart() else None
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def is_of_words(part: Message) -> bool:
    """Return whether a part is what the writer says, not what hangs on the mail."""
    return part.get_content_type() in _WORDS and not (
        _disposition_of(part) == "attachment" or _name_of(part)
    )


def _disposition_of(part: Message) -> str:
    try:
        return part.get_content_disposition() or ""
    except (ValueError, IndexError, TypeError, AttributeError):  # as of other broken headers
        return ""


def _name_of(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, IndexError, TypeError, AttributeError):
        return ""


def _size_of(part: Message, depth: int = 0) -> int:
    if part.is_multipart():
        return sum(_size_of(one, depth + 1) for one in parts_of(part)) if depth < _DEEPEST else 0
    content = part.get_payload(decode=True)
    return len(content) if isinstance(content, bytes) else 0
