"""SMS, calls and messages in the app: any provider over HTTP, its request written in the policy."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from services.domain.clock import Clock
from services.domain.send_store import Outcome
from services.domain.signing import keys_of, signed_headers
from services.sender.channels.answers import UNCLEAR, by_status, posted
from services.sender.channels.http_line import HttpLine, Reply
from services.sender.channels.port import SENT, Answer, Letter
from services.sender.gateways import Gateway, clipped, filled, found_at

_KINDS = {
    "json": "application/json; charset=utf-8",
    "urlencoded": "application/x-www-form-urlencoded",
}


class GatewayChannel:
    """See :class:`services.sender.channels.port.Channel`. Requests are signed as Standard
    Webhooks are, beside what the policy writes: a provider that does not check ignores it.

    Raises:
        SettingsError: the URL or the secret cannot be used safely.
    """

    def __init__(
        self,
        name: str,
        gateway: Gateway,
        url: str,
        secret: str,
        clock: Clock,
        seconds: float = 6.0,
        allow_private: bool = False,
        callback: str = "",
    ) -> None:
        self._line = HttpLine(url, f"COMPLAINTS_{name.upper()}_URL", clock.monotonic, allow_private)
        self._keys = keys_of(secret, f"COMPLAINTS_{name.upper()}_SECRET")
        self._secret = secret.replace(",", " ").split()[0]
        self._gateway = gateway
        self._clock = clock
        self._seconds = seconds
        self._callback = callback

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        gateway = self._gateway
        values = {
            "id": letter.notice_id,
            "to": letter.address,
            "subject": letter.subject,
            "text": clipped(letter.text, gateway.longest),
            "language": letter.language,
            "kind": letter.kind,
            "secret": self._secret,
            "callback": self._callback,
        }
        body = _written(gateway, filled(gateway.fields, values))
        headers = {
            "Content-Type": _KINDS[gateway.form],
            "Idempotency-Key": letter.notice_id,
            **filled(dict(gateway.headers), values),
            **signed_headers(self._keys, letter.notice_id, self._clock.now().timestamp(), body),
        }
        until = self._clock.monotonic() + self._seconds
        return posted(self._line, headers, body, until, self._meaning)

    def close(self) -> None:
        """See the port."""
        self._line.close()

    def _meaning(self, reply: Reply) -> Answer:
        answer = by_status(reply, self._clock.now)
        gateway = self._gateway
        if answer is not SENT or (gateway.accepted is None and gateway.provider_id is None):
            return answer
        body = said_in(reply)
        if gateway.accepted is not None:
            said = found_at(body, gateway.accepted.field)
            if said is None:
                return UNCLEAR
            if said in gateway.accepted.later:
                return Answer(Outcome.REFUSED, code_of(said))
            if said not in gateway.accepted.values:
                return Answer(Outcome.FAILED, code_of(said))
        own_id = found_at(body, gateway.provider_id) if gateway.provider_id else None
        return replace(SENT, provider_id=str(own_id)[:100] if own_id else None)


def said_in(reply: Reply) -> Any:
    """Return the JSON value of an answer, None when it is none."""
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def code_of(said: object) -> str:
    """Return a provider's code as a reason: letters and digits only, it could be anything."""
    word = "".join(c for c in str(said) if c.isascii() and (c.isalnum() or c in "._-"))
    return f"code_{word[:40] or 'none'}"


def _written(gateway: Gateway, fields: dict[str, Any]) -> bytes:
    if gateway.form == "urlencoded":
        return urlencode(fields).encode()
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
