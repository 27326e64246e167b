"""A short message centre for SMPP 3.4, as far as a sender talks to one: binds, submissions,
questions whether the other side lives; and it delivers receipts and replies when told to."""

import socket
import socketserver
import struct
import threading
import time
from itertools import count
from typing import Any, Final

from smpplib.gsm import make_parts

from infra.catcher.box import Box, Caught, now

_BINDS: Final = {0x1: "receiver", 0x2: "transmitter", 0x9: "transceiver"}
_SUBMIT, _DELIVER, _UNBIND, _ENQUIRE = 0x4, 0x5, 0x6, 0x15
_RESPONSE: Final = 0x80000000
_PAYLOAD_TAG: Final = 0x0424
_UCS2: Final = 8
_LARGEST: Final = 70_000
_RECEIPT: Final = 0x04
_OURS: Final = b"95338"
"""The number that people answer to."""


class _Session(socketserver.StreamRequestHandler):
    server: "MessageCentre"

    def handle(self) -> None:
        self.server.box.connections += 1
        self.lock = threading.Lock()
        try:
            while True:
                length, command, status, sequence = struct.unpack(">IIII", self._exactly(16))
                if not 16 <= length <= _LARGEST:
                    return
                body = self._exactly(length - 16)
                if command in _BINDS:
                    self._bind(command, sequence)
                elif command == _SUBMIT:
                    if not self._submit(sequence, body):
                        return
                elif command in (_ENQUIRE, _UNBIND):
                    self.say(command | _RESPONSE, 0, sequence)
                elif command == _DELIVER | _RESPONSE:
                    self.server.taken += not status
                    self.server.delivered.append(sequence)
        except (EOFError, OSError):
            return
        finally:
            self.server.receivers.discard(self)

    def say(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        """Send one PDU."""
        with self.lock:
            head = struct.pack(">IIII", 16 + len(body), command, status, sequence)
            self.wfile.write(head + body)

    def _exactly(self, size: int) -> bytes:
        content = self.rfile.read(size)
        if len(content) < size:
            raise EOFError
        return content

    def _bind(self, command: int, sequence: int) -> None:
        fault = self.server.box.fault("smpp", "connect")
        status = fault.code or 0 if fault else 0
        self.say(command | _RESPONSE, status, sequence, b"" if status else b"catcher\0")
        if not status and _BINDS[command] != "transmitter":
            self.server.receivers.add(self)

    def _submit(self, sequence: int, body: bytes) -> bool:
        caught = _read_submission(body, f"M{next(self.server.numbers)}")
        fault = self.server.box.fault("smpp", "content", caught.to)
        if fault is not None and fault.code is not None:
            time.sleep(fault.delay)
            self.say(_SUBMIT | _RESPONSE, fault.code, sequence)
            return True
        self.server.box.put(caught)
        if fault is not None:
            time.sleep(fault.delay)
            if fault.hang_up:
                _reset(self.connection)
                return False
        self.say(_SUBMIT | _RESPONSE, 0, sequence, caught.id.encode() + b"\0")
        return True


class MessageCentre(socketserver.ThreadingTCPServer):
    """Listens on loopback; its names for messages are M1, M2 and so on."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, box: Box, port: int) -> None:
        self.box = box
        self.numbers = count(1)
        self.receivers: set[_Session] = set()
        self.delivered: list[int] = []
        """Sequence numbers of what receivers took, or refused."""
        self.taken = 0
        """How many of these they took."""
        super().__init__(("127.0.0.1", port), _Session)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def deliver(self, sender: str, text: str, receipt: bool) -> bool:
        """Hand a receipt or a reply to a bound receiver, a long reply in parts as a phone sends it;
        False when there is none."""
        if receipt:
            return self.hand(sender, text.encode("ascii"), 0, _RECEIPT)
        octets, coding, esm_class = make_parts(text)
        return all(self.hand(sender, one, coding, esm_class) for one in octets)

    def hand(
        self, sender: str, octets: bytes, coding: int, esm_class: int, beside: bytes = b""
    ) -> bool:
        """Hand octets to a bound receiver, as they are; ``beside`` are the optional parameters."""
        body = _delivery(sender, octets, coding, esm_class) + beside
        for session in list(self.receivers):
            session.say(_DELIVER, 0, next(self.numbers), body)
            return True
        return False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _read_submission(body: bytes, name: str) -> Caught:
    _, rest = _text(body)  # service type
    rest = rest[2:]
    source, rest = _text(rest)
    rest = rest[2:]
    to, rest = _text(rest)
    rest = rest[3:]  # class, protocol, priority
    _, rest = _text(rest)
    _, rest = _text(rest)
    coding, length = rest[2], rest[4]
    content, optional = rest[5 : 5 + length], rest[5 + length :]
    while len(optional) >= 4:
        tag, size = struct.unpack(">HH", optional[:4])
        if tag == _PAYLOAD_TAG:
            content = optional[4 : 4 + size]
        optional = optional[4 + size :]
    text = content.decode("utf-16-be" if coding == _UCS2 else "ascii", errors="replace")
    return Caught("smpp", name, to, source, text, "", {"coding": str(coding)}, now())


def _delivery(sender: str, octets: bytes, coding: int, esm_class: int) -> bytes:
    head = b"\0" + b"\1\1" + sender.encode() + b"\0" + b"\1\1" + _OURS + b"\0"
    kind = bytes([esm_class, 0, 0])
    return head + kind + b"\0\0" + bytes([0, 0, coding, 0, len(octets)]) + octets


def _text(body: bytes) -> tuple[str, bytes]:
    text, _, rest = body.partition(b"\0")
    return text.decode("ascii", errors="replace"), rest


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
