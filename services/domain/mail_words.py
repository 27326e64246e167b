"""The words of a mail, as its writer sees them: of all its parts that hold words, in whatever
charset a mail program wrote and whatever it called it. Pure."""

import html
import re
from collections.abc import Callable, Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import EmailMessage, Message
from typing import Final

from services.domain.mail_attachments import is_of_words, parts_of

_DEEPEST: Final = 50
"""Parts inside of parts that are looked into."""
_LONGEST_HEADER: Final = 20_000
"""Characters. To read a header takes time that grows with the square of its length."""
_CHINESE: Final = ("gb18030",)
_CALLED: Final = {
    **dict.fromkeys(
        ("gb2312", "gb_2312-80", "csgb2312", "euc-cn", "gbk", "x-gbk", "cp936", "ms936"), _CHINESE
    ),
    "big5": ("cp950", "big5hkscs"),
}
"""What programs write where they say so: those that say GB2312 write what it lacks as well."""
_LOST: Final = "\ufffd"
_TAG: Final = re.compile(r"<(/?)([A-Za-z!?][A-Za-z0-9:]*+)[^<>]*+>")
"""Takes what it took for good: a page of tags that never end is read as fast as another."""
_HIDDEN: Final = frozenset({"head", "script", "style", "title"})
_WITHIN_A_WORD: Final = frozenset(
    {"a", "abbr", "b", "big", "code", "del", "em", "font", "i", "ins", "mark", "o:p", "s", "small"}
    | {"span", "strong", "sub", "sup", "u", "wbr", "!"}
)
_BESIDE: Final = frozenset({"img", "input", "td", "th"})


def header_lines(mail: EmailMessage, name: str) -> list[str]:
    """Return what stands in all headers of this name, each on one line and as it was sent: words
    may be encoded in it. Of a very long one the beginning."""
    raw = (str(value) for key, value in mail.raw_items() if key.lower() == name.lower())
    sent = (one[:_LONGEST_HEADER].encode("utf-8", "surrogateescape") for one in raw)
    return [" ".join(decoded(one, "utf-8").split()) for one in sent]


def header_words(mail: EmailMessage, name: str) -> str:
    """Return the words in the first header of this name; of none nothing."""
    return _decoded_header(next(iter(header_lines(mail, name)), ""))


def words_in(mail: Message) -> str:
    """Return the words of a mail, of its parts one after the other; of those that say the same in
    several ways the plainest that says anything."""
    return "\n".join(_texts(mail))


def decoded(raw: bytes, charset: str) -> str:
    """Return text that is said to be in ``charset``: in that, unless it cannot be, then in the
    usual ones; in any case something.

    >>> decoded("镕".encode("gbk"), "gb2312"), decoded("没收到".encode("gbk"), "us-ascii")
    ('镕', '没收到')
    """
    name = charset.strip().lower()
    ways = dict.fromkeys((*_CALLED.get(name, (name,)), "utf-8", *_CHINESE))
    tried = [text for way in ways if (text := _read(raw, way)) is not None]
    sound = _as_utf_8(raw) or next(filter(_is_sound, tried), None)
    if sound is None:
        sound = min(tried, key=lambda text: text.count(_LOST))
    return sound.removeprefix("\ufeff").replace("\0", "")


def _as_utf_8(raw: bytes) -> str | None:
    """Return the text where it can be nothing but UTF-8, whatever it is called: of other charsets
    only a few characters in a row may look like it, and then like Greek, Arabic or accents."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    is_plain = all(one.isascii() or one >= "\u0800" for one in text)
    return text if is_plain else None


def _read(raw: bytes, charset: str) -> str | None:
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):  # nobody knows it, or it is none
        return None


def _is_sound(text: str) -> bool:
    """Return whether a text was read in its charset, though a byte of it may be broken."""
    lost = text.count(_LOST)
    return lost == 0 or 4 * lost <= sum(not one.isascii() for one in text) - lost


def _decoded_header(value: str) -> str:
    try:
        parts = decode_header(value)
    except (MessageError, ValueError):  # encoded, but not so that it can be read
        return value
    words = "".join(_decoded_part(part, charset) for part, charset in parts)
    return " ".join(words.split())


def _decoded_part(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    # What stands between encoded words the library gives with its own escapes.
    return part.decode("raw-unicode-escape") if charset is None else decoded(part, charset)


def _texts(part: Message, depth: int = 0) -> list[str]:
    if part.get_content_maintype() == "text":
        text = _shown(part) if is_of_words(part) else ""
        return [text.strip()] if text.strip() else []
    if part.get_content_maintype() != "multipart" or depth >= _DEEPEST:
        return []
    if not part.is_multipart():  # it says that it has parts, and has none
        text = _content(part)
        return [text.strip()] if text.strip() else []
    found = [(one.get_content_type(), _texts(one, depth + 1)) for one in parts_of(part)]
    if part.get_content_subtype() != "alternative":
        return [text for _, texts in found for text in texts]
    said = [(kind, texts) for kind, texts in found if texts]
    plain = next((texts for kind, texts in said if kind == "text/plain"), None)
    return plain or next((texts for _, texts in said), [])


def _shown(part: Message) -> str:
    text = _content(part)
    return shown_of(text) if part.get_content_subtype() == "html" else text


def _content(part: Message) -> str:
    raw = _tried(lambda: part.get_payload(decode=True))
    if not isinstance(raw, bytes):
        return ""
    charset = _tried(lambda: part.get_content_charset("us-ascii"))
    return decoded(raw, str(charset or "us-ascii"))


def _tried(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except (ValueError, LookupError, TypeError, AttributeError):  # the library stumbles over some
        return None


def shown_of(page: str) -> str:
    """Return the text that a page of HTML shows, line by line; nothing of it is run or fetched.

    >>> shown_of("<style>p{}</style><p>单号&nbsp;SF<b>13</b>0</p><p>&#25171;&#24320;&lt;1次")
    '单号 SF130\\n打开<1次'
    """
    text = html.unescape("".join(_pieces(_without_comments(page))))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(page: str) -> Iterator[str]:
    hidden, at = "", 0
    for tag in _TAG.finditer(page):
        name = tag[2].lower()
        if hidden:
            if (tag[1] and name == hidden) or name == "body":
                hidden, at = "", tag.end()
            continue
        yield _on_one_line(page[at : tag.start()])
        at = tag.end()
        if name in _HIDDEN and not tag[1]:
            hidden = name
        elif name not in _WITHIN_A_WORD:
            yield " " if name in _BESIDE else "\n"
    # Of what is hidden to the end the end was forgotten.
    yield _on_one_line(_TAG.sub(" ", page[at:]) if hidden else page[at:])


def _on_one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _without_comments(page: str) -> str:
    first, *rest = page.split("<!--")
    return first + "".join(one.partition("-->")[2] if "-->" in one else one for one in rest)
