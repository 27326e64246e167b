"""Both servers on one box, started and stopped together."""

import threading
from types import TracebackType
from typing import Self

from infra.catcher.box import Box
from infra.catcher.mail import MailServer
from infra.catcher.web import WebServer


class Catcher:
    """A context manager; ports of 0 take free ones (mail: the caller chooses)."""

    def __init__(self, smtp: int, http: int) -> None:
        self.box = Box()
        self.smtp_port = smtp
        self._mail = MailServer(self.box, smtp)
        self._web = WebServer(self.box, http)
        self.http_port = self._web.port
        self._thread = threading.Thread(target=self._web.serve_forever, daemon=True)

    @property
    def webhook_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/webhook"

    def __enter__(self) -> Self:
        self._mail.start()
        self.box.connections = 0  # its own controller knocks once
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._mail.stop()
