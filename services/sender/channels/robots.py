"""How the robots of company messengers want to be written to, and what they answer. Pure.

The formats are checked against a library of such formats in the tests. That library is not
asked to send: it tells only whether, not whether again, and follows redirects.
"""

import base64
import hashlib
import hmac
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from services.domain.policies import PolicyPart
from services.sender.channels.cards import LONGEST, Kind, carded, fitting, plain
from services.sender.channels.port import Card


class Robot(PolicyPart):
    """One robot: where it is and, where its group asks for signatures, its secret. The URL is
    itself a secret."""

    kind: Kind
    url: SecretStr
    secret: SecretStr = SecretStr("")


class Robots(PolicyPart):
    """The file that ``COMPLAINTS_CHAT_ROBOTS`` names: which robot writes to which team or clerk
    (``team:claims``, ``clerk:wang``); ``*`` is for all others."""

    robots: dict[Annotated[str, Field(min_length=1, max_length=100)], Robot]

    def of(self, recipient: str) -> Robot | None:
        """Return who writes to a recipient."""
        return self.robots.get(recipient) or self.robots.get("*")


class Request(NamedTuple):
    """What to post, and what to put behind the URL."""

    body: dict[str, Any]
    query: str = ""


class Codes(NamedTuple):
    """Where a kind's answer tells how it went, and which codes mean what."""

    field: str
    later: frozenset[int]
    never: frozenset[int]


CODES: Final[dict[Kind, Codes]] = {
    # 45009: too often (20 a minute); 40058, 45002, 44004: the content.
    "wecom": Codes("errcode", frozenset({45009, -1}), frozenset({40058, 45002, 44004})),
    # 130101, 410100: too often (20 a minute); 400xxx: the content; 460101: its size.
    "dingtalk": Codes(
        "errcode", frozenset({130101, 410100, -1}), frozenset({400013, 400101, 40035, 460101})
    ),
    # 11232, 99991400: too often (100 a minute); 9499, 11246: the content; 19036: its size.
    "feishu": Codes("code", frozenset({11232, 99991400}), frozenset({9499, 11246, 19036})),
}
"""Any other code speaks of the robot's settings (a wrong key, signature or keyword): a person may
mend them, so it is not held against the notice."""
THROTTLED_SECONDS: Final = 60.0
"""Robots count by the minute and say no more than "too often"."""


class Message(NamedTuple):
    """What is to stand in the group. Without a ``card`` it is plain text."""

    title: str
    text: str
    card: Card | None = None


def request_of(robot: Robot, message: Message, seconds: float) -> Request:
    """Return what to post so that ``message`` stands in the group at ``seconds`` since 1970."""
    kind, secret = robot.kind, robot.secret.get_secret_value()
    title, text, card = message
    body = _plain(kind, title, text) if card is None else carded(kind, title, text, card)
    if kind == "dingtalk":
        return Request(body, _dingtalk_query(secret, seconds) if secret else "")
    if kind == "feishu" and secret:
        return Request(_feishu_proof(secret, seconds) | body)
    return Request(body)


def _plain(kind: Kind, title: str, text: str) -> dict[str, Any]:
    words = fitting(plain(kind, f"{title}\n{text.strip()}"), LONGEST[kind])
    match kind:
        case "feishu":
            return {"msg_type": "text", "content": {"text": words}}
        case "slack":
            return {"text": words}
        case _:
            return {"msgtype": "text", "text": {"content": words}}


def _dingtalk_query(secret: str, seconds: float) -> str:
    stamp = str(int(seconds * 1000))
    signed = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return urlencode({"timestamp": stamp, "sign": base64.b64encode(signed).decode("ascii")})


def _feishu_proof(secret: str, seconds: float) -> dict[str, str]:
    stamp = str(int(seconds))
    signed = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(signed).decode("ascii")}
