"""Mail that people write to us, handed on as a mail gateway does; answers from the page; and
receipts, told as providers tell them."""

import base64
import hashlib
import hmac
import json
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final

from infra.catcher.box import Caught

_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Onward:
    """``api`` is where our API is, ``address`` the one that our mail comes from, ``secret`` signs
    what is handed in (Standard Webhooks)."""

    api: str
    address: str
    secret: str = field(repr=False)

    def takes(self, recipient: str) -> bool:
        """Return whether a mail to ``recipient`` is for us: to our address, or with a notice's id
        behind a plus.

        >>> us = Onward("", "complaints@example.com", "")
        >>> [us.takes(one) for one in ("complaints+N1@example.com", "li@example.com")]
        [True, False]
        """
        local, _, domain = self.address.lower().partition("@")
        to_local, _, to_domain = recipient.lower().partition("@")
        return to_domain == domain and to_local.partition("+")[0] == local

    def mail(self, raw: bytes) -> bool:
        """Hand a mail in; return whether it was taken."""
        return self._hand_in("/v1/inbound/mail/mail", "message/rfc822", raw)

    def receipt(self, provider: str, fields: dict[str, str]) -> bool:
        """Tell what became of a message; return whether that was taken."""
        raw = json.dumps({"receipts": [fields]}).encode()
        return self._hand_in(f"/v1/receipts/{provider}", "application/json", raw)

    def _hand_in(self, path: str, kind: str, raw: bytes) -> bool:
        message_id, stamp = secrets.token_hex(12), str(int(time.time()))
        signed = b".".join((message_id.encode(), stamp.encode(), raw))
        proof = hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()
        request = urllib.request.Request(
            f"{self.api}{path}",
            raw,
            {
                "Content-Type": kind,
                "webhook-id": message_id,
                "webhook-timestamp": stamp,
                "webhook-signature": "v1," + base64.b64encode(proof).decode("ascii"),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
                return bool(answer.status < 300)
        except (urllib.error.URLError, TimeoutError):
            return False


def reply_to(caught: Caught, text: str) -> bytes | None:
    """Return the mail that its receiver would answer to one of ours; None where no answer is
    asked for."""
    to = caught.headers.get("Reply-To")
    if not to:
        return None
    mail = EmailMessage()
    mail["From"] = caught.to
    mail["To"] = to
    mail["Subject"] = f"Re: {caught.subject}"
    mail["Message-ID"] = make_msgid(domain="catcher.test")
    mail["In-Reply-To"] = caught.id
    mail.set_content(text)
    return mail.as_bytes()
