"""Letters on paper: a PDF handed to the queue of a printing service over HTTP."""

import base64
import json

from services.domain.clock import Clock
from services.domain.send_store import Outcome
from services.domain.signing import keys_of, signed_headers
from services.domain.wording.paper import drawn
from services.sender.channels.answers import by_status, posted
from services.sender.channels.http_line import HttpLine
from services.sender.channels.port import Answer, Letter


class LetterChannel:
    """See :class:`services.sender.channels.port.Channel`. The queue keeps one job per id, so a
    letter handed over twice is printed once. ``company`` is by language.

    Raises:
        SettingsError: the URL or the secret cannot be used safely.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        company: dict[str, str],
        clock: Clock,
        seconds: float = 6.0,
        allow_private: bool = False,
    ) -> None:
        self._line = HttpLine(url, "COMPLAINTS_LETTER_URL", clock.monotonic, allow_private)
        self._keys = keys_of(secret, "COMPLAINTS_LETTER_SECRET")
        self._company = company
        self._clock = clock
        self._seconds = seconds

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        until = self._clock.monotonic() + self._seconds
        if not letter.address.strip():
            return Answer(Outcome.FAILED, "address_unusable")
        company = self._company["zh" if letter.language == "zh" else "en"]
        job = {
            "id": letter.notice_id,
            "title": letter.subject,
            "recipient": letter.address,
            "document": base64.b64encode(drawn(letter, company)).decode("ascii"),
            "document_type": "application/pdf",
        }
        body = json.dumps(job, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": letter.notice_id,
            **signed_headers(self._keys, letter.notice_id, self._clock.now().timestamp(), body),
        }
        return posted(self._line, headers, body, until, lambda r: by_status(r, self._clock.now))

    def close(self) -> None:
        """See the port."""
        self._line.close()
