"""A signed webhook to one gateway that knows itself how to reach a phone, an account, a team."""

import json
from typing import Any

from services.domain.clock import Clock
from services.domain.signing import keys_of, signed_headers
from services.sender.channels.answers import by_status, posted
from services.sender.channels.http_line import HttpLine
from services.sender.channels.port import Answer, Letter


class WebhookChannel:
    """See :class:`services.sender.channels.port.Channel`. ``secret`` may name two, the new one
    first: both sign.

    Raises:
        SettingsError: the URL or a secret cannot be used safely.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        clock: Clock,
        seconds: float = 6.0,
        allow_private: bool = False,
    ) -> None:
        self._line = HttpLine(url, "COMPLAINTS_WEBHOOK_URL", clock.monotonic, allow_private)
        self._keys = keys_of(secret, "COMPLAINTS_WEBHOOK_SECRET")
        self._clock = clock
        self._seconds = seconds

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        body = json.dumps(_payload(letter), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": letter.notice_id,
            **signed_headers(self._keys, letter.notice_id, self._clock.now().timestamp(), body),
        }
        until = self._clock.monotonic() + self._seconds
        return posted(self._line, headers, body, until, lambda r: by_status(r, self._clock.now))

    def close(self) -> None:
        """See the port."""
        self._line.close()


def _payload(letter: Letter) -> dict[str, Any]:
    return {
        "type": "notice",
        "id": letter.notice_id,
        "kind": letter.kind,
        "timestamp": letter.dated.isoformat(),
        "to": {"kind": letter.address_kind, "value": letter.address},
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text,
    }
