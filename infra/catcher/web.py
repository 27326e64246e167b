"""The gateways over HTTP, and the pages on which to look at what was caught."""

import json
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from infra.catcher.box import Box, Caught, Fault
from infra.catcher.page import page
from infra.catcher.posts import ROBOT_ANSWERS, caught_post, fields_of

_LARGEST: Final = 1024 * 1024
Reply = Callable[[str, str], bool]
"""Answers a message, by its id, with a text; says whether the answer was taken."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    box: Box
    reply: Reply

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path in ("/readyz", "/healthz"):
            self._json(200, {"ok": True, "detail": "catching"})
        elif parts.path == "/messages":
            wanted = {name: values[0] for name, values in parse_qs(parts.query).items()}
            found = [one.as_json() for one in self.box.messages() if _fits(one, wanted)]
            self._json(200, {"count": len(found), "messages": found})
        elif parts.path == "/":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            shown = page(self.box.messages(), asked.get("way"), asked.get("said"))
            self._answer(200, "text/html; charset=utf-8", shown.encode())
        elif parts.path.startswith("/html/"):
            self._mail(unquote(parts.path.removeprefix("/html/")))
        elif parts.path.startswith("/letters/"):
            self._letter(parts.path.removeprefix("/letters/").removesuffix(".pdf"))
        else:
            self._json(404, {"known": ["/", "/messages", "/webhook", "/reply", "/faults"]})

    def do_DELETE(self) -> None:
        self._body()
        self.box.clear()
        self._json(200, {"ok": True})

    def _mail(self, name: str) -> None:
        found = next((one for one in self.box.messages("smtp") if one.id == name), None)
        if found is None:
            self._json(404, {"error": "no such mail"})
        else:
            self._answer(200, "text/html; charset=utf-8", found.html.encode())

    def _letter(self, name: str) -> None:
        found = next((one for one in self.box.messages("letter") if one.id == name), None)
        if found is None:
            self._json(404, {"error": "no such letter"})
        else:
            self._answer(200, "application/pdf", found.document)

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self._body()
        if path == "/faults":
            known = {one.name for one in fields(Fault)}
            if body is None or not body.keys() <= known:
                self._json(400, {"known": sorted(known)})
                return
            self.box.plan(Fault(**body))
            self._json(200, {"ok": True})
        elif path == "/reply":
            self._reply(body or {})
        elif body is None:
            self._json(400, {"error": "a JSON object or a form is expected"})
        else:
            self._catch(path, body)

    def _reply(self, body: dict[str, Any]) -> None:
        """Answer a message from its page, and show the page again."""
        is_taken = type(self).reply(str(body.get("id", "")), str(body.get("text", "")))
        said = "taken" if is_taken else "refused"
        self._answer(303, "text/plain", b"", {"Location": f"/?said={said}"})

    def _catch(self, path: str, body: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        caught = caught_post(path, body, headers)
        fault = self.box.fault(caught.way, "content", caught.to)
        if fault is not None and fault.code is not None:
            time.sleep(fault.delay)
            extra = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self._json(fault.code, fault.answer or {"error": "a planned fault"}, extra)
            return
        self.box.put(caught)
        if fault is not None:
            time.sleep(fault.delay)
            if fault.hang_up:
                self._hang_up()
                return
        self._json(200, self._usual_answer(caught, path))

    def _usual_answer(self, caught: Caught, path: str) -> dict[str, Any]:
        if caught.way == "chat":
            return ROBOT_ANSWERS.get(path.split("/")[2], {})
        return {"code": 0, "message_id": f"{caught.way}-{caught.id}"}

    def _hang_up(self) -> None:
        """Reset the connection, as a crashing provider would."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.shutdown(socket.SHUT_RDWR)

    def _body(self) -> dict[str, Any] | None:
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST)
        return fields_of(self.rfile.read(length), self.headers.get("Content-Type", ""))

    def _json(self, status: int, body: object, extra: dict[str, str] | None = None) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        self._answer(status, "application/json; charset=utf-8", content, extra)

    def _answer(
        self, status: int, kind: str, body: bytes, extra: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Stay silent: messages hold personal data."""


class WebServer(ThreadingHTTPServer):
    """Listens on loopback."""

    daemon_threads = True
    disable_nagle_algorithm = True
    request_queue_size = 128

    def __init__(self, box: Box, port: int, reply: Reply) -> None:
        known = {"box": box, "reply": staticmethod(reply), "disable_nagle_algorithm": True}
        handler = type("Handler", (_Handler,), known)
        super().__init__(("127.0.0.1", port), handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _fits(caught: Caught, wanted: dict[str, str]) -> bool:
    return (
        wanted.get("way") in (None, caught.way)
        and wanted.get("to") in (None, caught.to)
        and wanted.get("id", "") in caught.id
    )
