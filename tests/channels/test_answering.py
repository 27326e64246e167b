"""Who answers to a notice in a demo reaches the API as over a mail gateway."""

import smtplib
import threading
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.catcher import Catcher
from infra.catcher.onward import Onward
from services.domain.inbound_mail import Written, understood
from services.domain.signing import is_genuine, keys_of
from services.sender.channels.mime import compose, reply_address
from tests.channels.providers import a_letter
from tests.support.processes import a_free_port

SECRET = "a-secret-of-at-least-24-characters"
ADDRESS = "complaints@example.com"


class Api(HTTPServer):
    """Takes what is handed in, if it is signed."""

    def __init__(self) -> None:
        self.came: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name, stamp, given = (
            self.headers[f"webhook-{one}"] for one in ("id", "timestamp", "signature")
        )
        genuine = is_genuine(keys_of(SECRET, "SECRET"), name, stamp, given, body, float(stamp))
        if genuine:
            self.server.came.append(body)
        self.send_response(202 if genuine else 401)
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join(5)


@pytest.fixture
def answering(api: Api) -> Iterator[Catcher]:
    onward = Onward(f"http://127.0.0.1:{api.server_port}", ADDRESS, SECRET)
    with Catcher(a_free_port(), 0, onward=onward) as made:
        yield made


def send(catcher: Catcher, sender: str, to: str, mail: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as relay:
        relay.sendmail(sender, [to], mail)


def test_a_mail_to_us_is_handed_in_and_one_to_others_is_not(answering: Catcher, api: Api) -> None:
    mail = b"From: li@example.com\nTo: x\nSubject: parcel\nMessage-ID: <1@x>\n\nstill nothing"
    send(answering, "li@example.com", f"complaints+N1@{ADDRESS.partition('@')[2]}", mail)
    send(answering, ADDRESS, "li@example.com", mail)
    (came,) = api.came
    assert understood(came) == Written("<1@x>", "li@example.com", "parcel\nstill nothing", None)


def test_an_answer_from_the_page_names_the_notice(answering: Catcher, api: Api) -> None:
    letter = a_letter()
    replies = reply_address(ADDRESS, letter.notice_id)
    send(
        answering,
        ADDRESS,
        "li@example.com",
        compose(letter, ADDRESS, "C", "li@example.com", replies),
    )
    (caught,) = answering.box.messages("smtp")
    assert answering.reply(caught.id, "还没有收到。")
    (came,) = api.came
    assert message_from_bytes(came)["In-Reply-To"] == caught.id
    written = understood(came)
    assert isinstance(written, Written)
    assert (written.text, written.sender) == ("还没有收到。", "li@example.com")


def test_while_our_side_is_away_the_mail_stays_with_its_sender(api: Api) -> None:
    onward = Onward(f"http://127.0.0.1:{a_free_port()}", ADDRESS, SECRET)
    with Catcher(a_free_port(), 0, onward=onward) as catcher:
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            send(catcher, "li@example.com", ADDRESS, b"Subject: parcel\r\n\r\nhello")
        assert catcher.box.messages() == []
