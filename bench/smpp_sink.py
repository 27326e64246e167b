"""A message centre that takes everything and counts it: so much of SMPP 3.4 as a sender needs.

A submission carries no id of ours, so it is known by the tracking code in its text.
"""

import asyncio
import re
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bench.sinks import Tally

_HEAD: Final = struct.Struct(">IIII")
_SUBMIT: Final = 0x4
_RESPONSE: Final = 0x80000000
_BINDS: Final = frozenset({0x1, 0x2, 0x9})
_CODE: Final = re.compile(rb"/track/([0-9A-Z-]+)")


class Smpp(asyncio.Protocol):
    """One bind."""

    def __init__(self, tally: "Tally") -> None:
        self._tally = tally
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every PDU that is whole."""
        self._waiting += data
        while len(self._waiting) >= _HEAD.size:
            length, command, _, sequence = _HEAD.unpack_from(self._waiting)
            if len(self._waiting) < length:
                return
            body, self._waiting = self._waiting[_HEAD.size : length], self._waiting[length:]
            if command == _SUBMIT:
                self._take(body, sequence)
            elif not command & _RESPONSE:
                self._say(command, sequence, b"sink\0" if command in _BINDS else b"")

    def _take(self, body: bytes, sequence: int) -> None:
        # What is ASCII reads the same in UCS-2, but for the zeros between.
        found = _CODE.search(body.replace(b"\0", b""))
        self._tally.count(found[1].decode("ascii") if found else "")
        loop = asyncio.get_running_loop()
        loop.call_later(self._tally.slow, self._say, _SUBMIT, sequence, b"M%d\0" % sequence)

    def _say(self, command: int, sequence: int, body: bytes) -> None:
        length = _HEAD.size + len(body)
        self._transport.write(_HEAD.pack(length, command | _RESPONSE, 0, sequence) + body)
