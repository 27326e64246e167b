"""A text without what its writer only quotes: what stands in there is not this complaint.

Quoted are lines that begin with ">", mails below a line such as "-----Original Message-----" or
below a mail's header, and messages as chats quote them. What somebody tells in words of his own
of a notice or an answer, in quotation marks or not, is his report and stays.
"""

import re
from collections.abc import Sequence
from typing import Final

_MARKS: Final = (
    ">",
    "--",
    "wrote:",
    "」\n",
    "写道",
    "寫道",
    "＞",
    "主题",
    "主題",
    "主旨",
    "ubject:",
)
_LATE_MARKS: Final = ("SUBJECT:", "egin forwarded")
"""A text without any of these quotes nothing, and most have none."""

_QUOTED: Final = re.compile(r"[ \t]{0,8}[>＞]+(?:[ \t]|[^\d\s<>=＞]|$)(?!.*<[ \t]*$)")
"""Not ">3天" and ">>>紧急<<<"."""
_BEGINS_SO: Final = re.compile(r"[ \t]{0,8}[>＞]")
_RULED: Final = r"(?<![-–—_=*])[-–—_=*]{2,80}"
_DIVIDER: Final = re.compile(
    rf"{_RULED}[ \t]{{0,8}}(?:original (?:message|e-?mail|text)|forwarded[^\n-]{{0,60}}"
    r"|begin forwarded[^\n-]{0,20}|(?:回复的|回覆的)?原(?:始|来的|來的)?"
    r"(?:邮件|郵件|信息|訊息|消息|短信|文)"
    rf"|邮件原件|(?:转发|轉發|轉寄)[^\n-]{{0,8}})[ \t]{{0,8}}{_RULED}"
    r"|^[ \t]*begin forwarded message:",
    re.IGNORECASE,
)
_END: Final = re.compile(
    rf"[ \t]*(?:{_RULED}[ \t]*(?:end\b[^\n-]{{0,30}}|[^\n-]{{0,12}}(?:结束|結束|完))[ \t]*{_RULED}"
    r"|[-–—_=]{5,})[ \t]*$",
    re.IGNORECASE,
)
_WROTE: Final = re.compile(
    r"[ \t]*(?:on\b.{4,200}|.{0,80}<[^<>\s]{1,64}@[^<>\s]{1,100}>.{0,40})\bwrote:[ \t]*$"
    r"|.{2,200}[写寫]道[ \t]*[:：]?[ \t]*$",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"[ \t*]*(?:(?P<sender>from|发件人|發件人|寄件人|寄件者)"
    r"|(?P<sent>sent|date|发送时间|发送日期|发件时间|發送時間|傳送時間|寄件日期|日期|时间|時間)"
    r"|(?P<subject>subject|主题|主題|主旨)|to|cc|bcc|reply-to|收件人|收件者|抄送|副本)"
    r"[ \t*]*[:：]",
    re.IGNORECASE,
)
_CHAT: Final = re.compile(r"^「[^」]{1,2000}」[ \t]*\n(?:-[ \t]?){5,}$", re.MULTILINE)
_MEANT: Final = re.compile(
    r"\b(?:see|read|forward\w*|attached|complaint|e?-?mail|message|thread|trail)\b.{0,30}\bbelow\b"
    r"|\bbelow (?:e?-?mail|message|thread|trail)|\bfyi\b|\bfwd?:|\bforwarding (?:this|the|you|my)"
    r"|\b(?:reply|response|answer) to your (?:e?-?mail|message|letter|notice|sms)\b"
    r"|[回答针針关關][复覆对對于於](?:贵|貴|你|您).{0,12}(?:[邮郵]件|短信|[简簡][讯訊]|[来來][信函]|通知|[回答][复覆])"
    r"|\b(?:answer|repl|respon|react)\w* (?:to )?(?:this|it|that)\b"
    r"|(?:没|沒|无|無|未)(?:有|一个|一個)?人?(?:给我|給我)?(?:回|答)[复覆应應]"
    r"|[见見]下|如下|以下是|下面(?:的邮件|的郵件|是|这|這)|[转轉](?:发|發|给|給)|[请請]看",
    re.IGNORECASE,
)
"""Who points to what he quotes, says that we wrote it or that nobody answered it, means it: it is
a part of his complaint."""
_FORWARDED: Final = re.compile(
    r"[ \t]*(?:(?:转发|轉發|轉寄|fwd?|fw)[ \t]*[:：]?)?[ \t]*", re.IGNORECASE
)
_TRAILER: Final = re.compile(
    r"[ \t]*(?:sent from my .{1,40}|get outlook for .{1,40}"
    r"|发自我的.{1,20}|[從从]我的.{1,20}傳送)$",
    re.IGNORECASE,
)


_MOST_HEADERS: Final = 12


def own_words(text: str) -> str:
    """Return ``text`` without what it quotes; what it passes on where nothing else is left.

    >>> own_words("晚了两天\\n-----原始邮件-----\\n内容:有人受伤")
    '晚了两天'
    """
    if not any(map(text.__contains__, _MARKS)) and not any(map(text.__contains__, _LATE_MARKS)):
        return text
    even = text.replace("\r\n", "\n")
    lines = _CHAT.sub("", even).split("\n")
    own = "\n".join(_kept(lines))
    if own == even:
        return text
    said = "\n".join(line for line in own.split("\n") if not _TRAILER.match(line))
    says_something = any(map(str.isalnum, said))
    if says_something and _MEANT.search(said) is None:
        return own.strip("\n")
    passed_on = [line for line in even.split("\n") if not _is_wrapping(line)]
    return "\n".join(passed_on) if passed_on else text


def _is_wrapping(line: str) -> bool:
    """Return whether a mail program wrote this line around a mail that is passed on."""
    return _FORWARDED.fullmatch(_DIVIDER.sub("", line)) is not None and bool(line.strip())


def _kept(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    place = 0
    was_quoted = False
    while place < len(lines):
        line = lines[place]
        if _QUOTED.match(line) or (was_quoted and _BEGINS_SO.match(line)):
            was_quoted, place = True, place + 1
            continue
        was_quoted = False
        before, after = _block(lines, place)
        kept.append(before)
        place = after
    return kept


def _block(lines: Sequence[str], place: int) -> tuple[str, int]:
    """Return what of the line at ``place`` is no part of a quoted block, and where to go on."""
    line = lines[place]
    divider = _DIVIDER.search(line)
    if divider is not None:
        return line[: divider.start()], _end_of_block(lines, place + 1)
    for taken in (1, 2):  # Programs wrap it.
        wrote = " ".join(lines[place : place + taken])
        if _WROTE.match(wrote):
            if _is_quoted_next(lines, place + taken):
                return "", place + taken
            if "@" in wrote:  # Else it may be a report of what somebody of ours wrote.
                return "", _end_of_block(lines, place + taken)
    headers = [_HEADER.match(one) for one in lines[place : _end_of_headers(lines, place)]]
    if all(any(one and one[part] for one in headers) for part in ("sender", "sent", "subject")):
        return "", _end_of_block(lines, place)
    return line, place + 1


def _end_of_headers(lines: Sequence[str], place: int) -> int:
    last = min(len(lines), place + _MOST_HEADERS)
    while place < last and _HEADER.match(lines[place]):
        place += 1
    return place


def _is_quoted_next(lines: Sequence[str], place: int) -> bool:
    following = next((line for line in lines[place : place + 3] if line.strip()), "")
    return _BEGINS_SO.match(following) is not None


def _end_of_block(lines: Sequence[str], place: int) -> int:
    """Return where a mail that begins at ``place`` ends: after a line that says so, else with the
    text. Where its lines are marked by ">", these are found by themselves."""
    headed = _end_of_headers(lines, place)
    if _is_quoted_next(lines, headed):
        return headed
    for number in range(headed, len(lines)):
        if _END.match(lines[number]):
            return number + 1
    return len(lines)
