"""A long mail as it comes, without most of what hangs on it: pictures are long, and whoever puts
one into the middle of a mail writes on behind it. Pure."""

import re
from typing import Final

_WHOLE: Final = 16 * 1024
"""Bytes of each part that are kept whatever it is."""
_LONGEST_HEAD: Final = 16 * 1024
_LONGEST_HEADER: Final = 20_000
_LONGEST_CONTENT: Final = 2_000
"""Bytes; of those by which parts are told, which are read again and again, fewer."""
_LONGEST_LINE: Final = 64 * 1024
_CODED: Final = re.compile(rb"(?im)^content-transfer-encoding:\s*base64")
_KIND: Final = re.compile(rb"(?im)^content-type:\s*([\w.+-]+)/")
_READ: Final = frozenset({b"text", b"multipart", b"message"})
_NEXT_PART: Final = b"\n--"
"""No line of base64 begins so."""


class ThinMail:
    """Takes a mail piece by piece; keeps at most so many bytes of it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = bytearray()
        self._rest = b""
        self._is_begin = True
        """Whether what comes next begins a line; a very long one is taken in pieces."""
        self._head: bytearray | None = bytearray()
        """Of a mail or a part of it, while it comes."""
        self._left = 0
        """Bytes that the header may go on for."""
        self._hangs: int | None = None
        """How many bytes of a part were kept that is a file."""
        self._signs = 0
        """Of the file that is left out, in base64."""
        self.left_out = 0
        """Bytes of files that are not in what is kept."""

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        if len(self._kept) >= self._most:
            return
        data, at = self._rest + piece, 0
        while at < len(data):
            if self._hangs is not None and self._hangs >= _WHOLE:
                at, is_over = self._skip(data, at)
                if not is_over:
                    break
                self._is_begin = True
            end = data.find(b"\n", at) + 1
            if not end:
                if len(data) - at < _LONGEST_LINE:
                    break
                end = len(data)
            self._take(data[at:end])
            at = end
        self._rest = data[at:]

    def end(self) -> bytes:
        """Return what is kept, once all was added."""
        if self._hangs is not None and self._hangs >= _WHOLE:
            self._leave_out(self._rest, is_over=True)
        else:
            self._take(self._rest)
        self._rest = b""
        return bytes(self._kept)

    def _skip(self, data: bytes, at: int) -> tuple[int, bool]:
        """Return where the file ends, and whether it does."""
        if data.startswith(_NEXT_PART[1:], at):  # just behind a line that was kept
            end, is_over = at, True
        else:
            found = data.find(_NEXT_PART, at)
            is_over = found >= 0
            end = found + 1 if is_over else max(at, len(data) - len(_NEXT_PART))
        self._leave_out(data[at:end], is_over)
        return end, is_over

    def _leave_out(self, coded: bytes, is_over: bool) -> None:
        self._signs += len(coded) - sum(map(coded.count, (b"\r", b"\n", b"=", b" ")))
        if is_over:
            self.left_out += self._signs * 3 // 4
            self._signs, self._hangs = 0, None

    def _take(self, line: bytes) -> None:
        is_begin, self._is_begin = self._is_begin, line.endswith(b"\n")
        kept = line if self._head is None else self._shortened(line, is_begin)
        self._kept += kept[: max(0, self._most - len(self._kept))]
        if self._head is not None:
            self._head += kept[: max(0, _LONGEST_HEAD - len(self._head))]
            if is_begin and not line.strip():
                self._hangs = 0 if _is_of_a_file(bytes(self._head)) else None
                self._head = None
        elif is_begin and line.startswith(b"--"):
            self._head, self._hangs = bytearray(), None
        elif self._hangs is not None:
            self._hangs += len(line)

    def _shortened(self, line: bytes, is_begin: bool) -> bytes:
        """Return as much of a line of a head as its header has left: what reads headers takes
        minutes for one that somebody made as long as a mail."""
        if is_begin and not line.strip():
            return line
        if is_begin and not line[:1].isspace():
            is_content = line[:8].lower() == b"content-"
            self._left = _LONGEST_CONTENT if is_content else _LONGEST_HEADER
        left, self._left = self._left, max(0, self._left - len(line))
        if len(line) <= left:
            return line
        return line[:left] + b"\n" if left else b""


def _is_of_a_file(head: bytes) -> bool:
    kind = _KIND.search(head)
    is_read = kind is None or kind[1].lower() in _READ
    return not is_read and _CODED.search(head) is not None
