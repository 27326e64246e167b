"""What the catcher's gateways understand: each takes what its provider would take. Pure."""

import base64
import binascii
import io
import json
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
    name = "content" if kind == "feishu" else "text"
    inside = body.get(name)
    if isinstance(inside, dict):
        return str(inside.get("text" if kind == "feishu" else "content", ""))
    return str(inside or "")


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
