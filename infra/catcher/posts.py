"""What the catcher's gateways understand: each takes what its provider would take. Pure."""

import base64
import binascii
import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from infra.catcher.box import Caught, Way, now

WAYS: Final[Mapping[str, Way]] = {
    "webhook": "http",
    "sms": "sms",
    "voice": "voice",
    "push": "push",
    "robot": "chat",
    "letters": "letter",
}
"""First word of the path, and the way that it stands for."""
ROBOT_ANSWERS: Final[Mapping[str, dict[str, Any]]] = {
    "wecom": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"code": 0, "msg": "success", "data": {}},
    "slack": {},
}
_TEXTS: Final = (
    ("content", "text"), ("markdown", "content"), ("markdown", "text"),
    ("actionCard", "text"), ("text", "content"),
)  # fmt: skip
"""Where the kinds of messages of the robots have their text."""
_UNMARKED: Final = re.compile(r"</?font[^>]*>|\*\*|^(?:#+|>|-) ", re.MULTILINE)
_LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def fields_of(content: bytes, kind: str) -> dict[str, Any] | None:
    """Return the fields of a request, None when it is none."""
    if kind.startswith("application/x-www-form-urlencoded"):
        return {name: values[0] for name, values in parse_qs(content.decode()).items()}
    try:
        body = json.loads(content or b"null")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def caught_post(path: str, body: dict[str, Any], headers: dict[str, str]) -> Caught:
    """Read a request to the gateway at ``path``."""
    word, _, rest = path.strip("/").partition("/")
    way = WAYS.get(word, "http")
    key = headers.get("idempotency-key", "")
    if way == "chat":
        kind, _, group = rest.partition("/")
        subject, _, text = _chat_text(kind, body).partition("\n")
        return Caught(way, key, group or kind, subject, text, "", headers, now())
    if way == "letter":
        document = _document(body)
        text = _text_of(document)
        to = str(body.get("recipient", ""))
        title = str(body.get("title", ""))
        return Caught(way, key, to, title, text, "", headers, now(), "", document)
    to = body.get("to") or ""
    if isinstance(to, dict):
        to = f"{to.get('kind', '')}:{to.get('value', '')}"
    subject, text = str(body.get("subject", body.get("title", ""))), str(body.get("text", ""))
    return Caught(way, headers.get("webhook-id", key), str(to), subject, text, "", headers, now())


def _chat_text(kind: str, body: dict[str, Any]) -> str:
    """Return the words of a robot's message, its title in the first line."""
    if (card := body.get("card")) is not None:
        return "\n".join(_words(card.get("header", {})) + _words(card.get("elements", [])))
    for name, wanted in _TEXTS:
        if isinstance(inside := body.get(name), dict) and wanted in inside:
            words = _LINK.sub(r"\1 → \2", _UNMARKED.sub("", str(inside[wanted])))
            button = (
                f"\n{inside['singleTitle']} → {inside['singleURL']}"
                if "singleURL" in inside
                else ""
            )
            return re.sub(r"\n{2,}", "\n", words) + button
    for one in body.get("attachments", []):
        facts = [f"{fact['title']}: {fact['value']}" for fact in one.get("fields", [])]
        return "\n".join([one.get("title", ""), one.get("text", ""), *facts])
    return str(body.get("text", ""))


def _words(value: Any) -> list[str]:
    """Return the texts of a card, in their order."""
    if isinstance(value, list):
        return [word for one in value for word in _words(one)]
    if not isinstance(value, dict):
        return []
    if value.get("tag") in ("plain_text", "lark_md"):
        return [_UNMARKED.sub("", str(value.get("content", ""))).replace("\n", ": ")]
    if value.get("tag") == "button":
        return [f"{value.get('text', {}).get('content', '')} → {value.get('url', '')}"]
    return [word for one in value.values() for word in _words(one)]


def _document(body: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(body.get("document", "")), validate=True)
    except binascii.Error:
        return b""


def _text_of(document: bytes) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = PdfReader(io.BytesIO(document)).pages
        return "\n".join(page.extract_text() for page in pages)
    except (PyPdfError, ValueError):
        return ""
