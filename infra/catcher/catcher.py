"""All servers on one box, started and stopped together."""

import threading
from types import TracebackType
from typing import Self

from infra.catcher.box import Box
from infra.catcher.centre import MessageCentre
from infra.catcher.mail import MailServer
from infra.catcher.onward import Onward, reply_to
from infra.catcher.web import WebServer


class Catcher:
    """A context manager; ports of 0 take free ones (mail: the caller chooses)."""

    def __init__(self, smtp: int, http: int, smpp: int = 0, onward: Onward | None = None) -> None:
        self.box = Box()
        self.smtp_port = smtp
        self._onward = onward
        self._mail = MailServer(self.box, smtp, onward)
        self._web = WebServer(self.box, http, self.reply)
        self.http_port = self._web.port
        self.centre = MessageCentre(self.box, smpp)
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            for server in (self._web, self.centre)
        ]

    @property
    def webhook_url(self) -> str:
        return self.url("webhook")

    def url(self, path: str) -> str:
        """Return where the gateway called ``path`` is."""
        return f"http://127.0.0.1:{self.http_port}/{path}"

    def reply(self, message_id: str, text: str) -> bool:
        """Answer a message as its receiver would; return whether somebody took the answer."""
        found = [one for one in self.box.messages() if one.id == message_id]
        if not found or not text.strip():
            return False
        caught = found[-1]
        if caught.way == "smpp":
            return self.centre.deliver(caught.to, text.strip(), receipt=False)
        mail = reply_to(caught, text)
        return mail is not None and self._onward is not None and self._onward.mail(mail)

    def __enter__(self) -> Self:
        self._mail.start()
        self.box.connections = 0  # its own controller knocks once
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for server in (self._web, self.centre):
            server.shutdown()
            server.server_close()
        self._mail.stop()
