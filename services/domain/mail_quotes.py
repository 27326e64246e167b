"""What the writer of a mail adds, and what is quoted below it. Pure."""

import re
from collections.abc import Sequence
from typing import Final

_LONGEST_LINE: Final = 250
"""Characters of a line that announces a quotation."""
_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")
_DIVIDERS: Final = ("original", "forwarded message", "原始邮件", "原邮件", "转发的邮件", "轉寄")
_ANNOUNCED: Final = re.compile(
    r"\s*(?:on .{5,200} wrote:|在.{5,100}[写寫]道[:：])\s*", re.IGNORECASE
)
_FROM: Final = re.compile(r"\s*\*?(?:发件人|寄件者|from)\s*[:：]", re.IGNORECASE)
_SUBJECT: Final = re.compile(r"\s*\*?(?:主题|主旨|标题|subject)\s*[:：]", re.IGNORECASE)
_HEADERS: Final = 8
"""Lines within which the head of a quoted mail names its subject."""


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, whichever way they end; without blanks at their ends."""
    return [line.rstrip() for line in _LINE_ENDS.split(text)]


def own_words(text: str) -> str:
    """Return what the writer of an answer adds, above what is quoted or between it. Who says from
    whom and to whom a parcel went begins no quotation: that has a subject as well.

    >>> own_words("> the question\\nno\\n-----Original Message-----\\nthe rest")
    'no'
    >>> own_words("发件人：张三\\n收件人：李四\\n还没有到")
    '发件人：张三\\n收件人：李四\\n还没有到'
    """
    kept: list[str] = []
    lines = lines_of(text)
    for place, line in enumerate(lines):
        if _begins_quote(lines, place):
            if not _is_marked(lines, place + 1):
                break
        elif not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept).strip()


def _begins_quote(lines: Sequence[str], place: int) -> bool:
    line = lines[place]
    if len(line) > _LONGEST_LINE:
        return False
    bare = line.strip().lower()
    if bare.startswith("--") and any(word in bare for word in _DIVIDERS):
        return True
    if _ANNOUNCED.fullmatch(line) is not None:
        return True
    below = lines[place + 1 : place + 1 + _HEADERS]
    return _FROM.match(line) is not None and any(map(_SUBJECT.match, below))


def _is_marked(lines: Sequence[str], place: int) -> bool:
    """Return whether each line of the quotation that begins here is marked: then the writer may go
    on below it."""
    first = next((lines[at] for at in range(place, len(lines)) if lines[at]), "")
    return first.lstrip().startswith(">")
