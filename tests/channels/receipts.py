"""A channel between a sender over memory and the API that its receiver tells of receipts."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Final

from infra.catcher.onward import Onward
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeRequested
from services.runtime.records import Handled, Inbound
from services.sender.channels.port import Letter
from services.sender.no_letter import NoLetter
from services.sender.policy import SENDABLE
from tests.channels.providers import SECRET, Provider
from tests.support.api_desk import Desk, a_desk
from tests.unit.sender.desk import FakeChannel, SenderDesk, a_letter, a_notice

NOTICE: Final = "N3K9PQ2R7M5T8V1WXYZ4ABCDE"
_TELLING: Final = ("mail", "smpp", *map(str, SENDABLE))


class _Door(ThreadingHTTPServer):
    """The API on a port of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Door

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        names = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")
        headers = {name: self.headers[name] for name in names}
        answer = self.server.desk.client.post(self.path, content=body, headers=headers)
        self.send_response(answer.status_code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


class Told(SenderDesk):
    """A sender that hands a mandatory notice to ``provider``, with another channel behind it, and
    reads what the API was told."""

    def __init__(self, provider: Provider, api: Desk) -> None:
        super().__init__()
        self._provider, self._api, self._read = provider, api, 0
        self._numbers = count()
        self.next = FakeChannel(self.clock)
        is_hook = provider.notice_channel is NoticeChannel.WEBHOOK
        behind = NoticeChannel.EMAIL if is_hook else NoticeChannel.WEBHOOK
        self.channels = {provider.notice_channel: provider.channel, behind: self.next}
        self.store = api.pipeline.sends
        self.restart()
        self.notice = a_notice(NOTICE, channel=provider.notice_channel, fallback=(behind,))
        self.store.decided[NOTICE] = self.notice

    def letters(
        self, notices: Sequence[NoticeRequested], texts: Sequence[str | None] = ()
    ) -> list[Letter | NoLetter]:
        """Write what the provider takes; for the channel behind it anything."""
        return [
            self._provider.letter(notice_id=one.notice_id)
            if one.channel is self._provider.notice_channel
            else a_letter(one)
            for one in notices
        ]

    def hear(self) -> list[Handled]:
        """Read what the API has handed on since, each in a batch of its own."""
        said = self._api.pipeline.published[self._read :]
        self._read += len(said)
        return [
            self.handler.handle(
                [
                    Inbound(
                        "receipts", 0, next(self._numbers), "r", one.key or b"", one.value or b""
                    )
                ],
                {},
            )
            for one in said
        ]


@contextmanager
def telling(provider: Provider) -> Iterator[tuple[Told, Onward]]:
    """Open sender and API; yield them, the API as its receivers know it."""
    secrets = ";".join(f"{name}={SECRET}" for name in _TELLING)
    with a_desk(receipt_secrets=secrets) as api, _Door(api) as door:
        api.pipeline.workers_are_away = True
        api.wall.start = datetime.now(UTC)
        thread = threading.Thread(target=door.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{door.server_address[1]}"
        try:
            yield Told(provider, api), Onward(url, "complaints@example.com", SECRET)
        finally:
            door.shutdown()
            thread.join(5)
