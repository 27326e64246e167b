"""What the centre hands to us as it is on the wire: alphabets, headers, and parts of long texts."""

import base64
import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from smpplib.gsm import gsm_encode

from infra.catcher import Catcher
from infra.catcher.centre import MessageCentre
from services.sender.channels.smpp import Centre
from services.sender.channels.smpp_receiver import SmppReceiver
from tests.channels.providers import CLOCK, SECONDS, SECRET
from tests.support.waiting import eventually

PHONE = "13800138000"
LONG_PART, SHORT_PART = bytes([6, 8, 4, 0, 7, 3, 2]), bytes([5, 0, 3, 7, 3, 2])
SAR = struct.pack(">HHHHHBHHB", 0x020C, 2, 7, 0x020E, 1, 3, 0x020F, 1, 2)
"""Reference 7, three parts, the second."""
WORDS = "还没到"


class Api(HTTPServer):
    """Keeps what is handed in, or refuses so many of it."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.refuses = 0
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_refused, self.server.refuses = self.server.refuses > 0, self.server.refuses - 1
        if not is_refused:
            self.server.came.append(body | {"path": self.path, "name": self.headers["webhook-id"]})
        self.send_response(503 if is_refused else 202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


class Line:
    """The centre, a receiver that is bound to it, and the API behind that."""

    def __init__(self, centre: MessageCentre, api: Api) -> None:
        self.centre = centre
        self.api = api

    def hand(self, octets: bytes, coding: int, esm_class: int, beside: bytes = b"") -> None:
        assert self.centre.hand(PHONE, octets, coding, esm_class, beside)

    def came(self, count: int = 1) -> list[dict[str, Any]]:
        eventually(lambda: len(self.api.came) >= count, within=5)
        return self.api.came


@pytest.fixture
def line(catcher: Catcher) -> Iterator[Line]:
    with Api() as api:
        thread = threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        centre = Centre("127.0.0.1", catcher.centre.port, "us", "secret", "95338", seconds=SECONDS)
        url = f"http://127.0.0.1:{api.server_port}"
        made = SmppReceiver(centre, url, SECRET.encode(), CLOCK)
        made.start()
        eventually(lambda: catcher.centre.receivers, within=5)
        catcher.centre.taken = 0
        catcher.centre.delivered.clear()
        yield Line(catcher.centre, api)
        made.close()
        eventually(lambda: not catcher.centre.receivers, within=5)
        api.shutdown()
        thread.join(5)


@pytest.mark.parametrize(
    ("octets", "coding", "esm_class", "text"),
    [
        (WORDS.encode("gb18030"), 15, 0, WORDS),
        (WORDS.encode("utf-16-be"), 8, 0, WORDS),
        (bytes([6, 5, 4, 0, 1, 0, 2]) + WORDS.encode("utf-16-be"), 8, 0x40, WORDS),  # ports alone
        (bytes([5, 0, 3, 7, 1, 1]) + WORDS.encode("utf-16-be"), 8, 0x40, WORDS),  # the only part
        (gsm_encode("li_hua@example.com €5"), 0, 0, "li_hua@example.com €5"),
    ],
)
def test_a_short_message_is_read_in_its_alphabet(
    line: Line, octets: bytes, coding: int, esm_class: int, text: str
) -> None:
    line.hand(octets, coding, esm_class)
    assert line.came()[0]["text"] == text


@pytest.mark.parametrize(
    ("header", "beside", "reference"),
    [(SHORT_PART, b"", "8.7"), (LONG_PART, b"", "16.7"), (b"", SAR, "sar.7")],
)
@pytest.mark.parametrize("coding", [0, 8, 15])
def test_a_part_is_handed_on_as_its_octets_with_its_place(
    line: Line, header: bytes, beside: bytes, reference: str, coding: int
) -> None:
    octets = b"\x8f\xd8\x6c"  # a character and a half
    line.hand(header + octets, coding, 0x40 if header else 0, beside)
    (found,) = line.came()
    assert base64.b64decode(found.pop("octets")) == octets
    assert found.pop("id") == found.pop("name")
    assert found == {
        "path": "/v1/inbound/sms/smpp/parts",
        "sender": PHONE,
        "receiver": "95338",
        "reference": reference,
        "total": 3,
        "number": 2,
        "coding": coding,
    }
    eventually(lambda: line.centre.taken == 1, within=5)


def test_a_receipt_stays_ascii_whatever_its_coding_is_called(line: Line) -> None:
    line.centre.deliver(PHONE, "id:M7 sub:001 dlvrd:001 stat:DELIVRD err:000 text:_@", True)
    assert line.came()[0]["receipts"][0]["provider_id"] == "M7"


def test_a_part_that_our_side_does_not_take_is_not_acknowledged(line: Line) -> None:
    line.api.refuses = 1
    part = SHORT_PART + WORDS.encode("utf-16-be")
    line.hand(part, 8, 0x40)
    eventually(lambda: line.centre.delivered, within=5)
    assert line.centre.taken == 0
    line.hand(part, 8, 0x40)
    eventually(lambda: line.centre.taken == 1, within=5)


def test_a_part_that_comes_again_is_called_the_same(line: Line) -> None:
    for number in (2, 2, 1):
        octets = SHORT_PART[:5] + bytes([number]) + WORDS.encode("utf-16-be")
        line.hand(octets, 8, 0x40)
    first, again, other = (one["id"] for one in line.came(3))
    assert first == again != other


@pytest.mark.parametrize("text", ["长" * 200, "long text, " * 40])
def test_a_long_answer_from_the_page_of_the_catcher_comes_in_parts(line: Line, text: str) -> None:
    assert line.centre.deliver(PHONE, text, False)
    parts = line.came(3)
    assert [one["number"] for one in parts] == list(range(1, parts[0]["total"] + 1))
