"""A mail that came back takes its attempt back; only a dead address is called dead."""

from collections.abc import Iterator

import pytest

from tests.support.api_desk import Desk
from tests.unit.api.provider_desk import NOTICE, a_provider_desk, contacts, post, said
from tests.unit.api.test_receipts import MAILS, a_mail


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_provider_desk() as made:
        yield made


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("5.1.1", "bounced"),
        ("5.0.0", "bounced"),
        ("5.2.1", "bounced"),
        ("5.4.4", "bounced"),
        ("4.4.1", "undelivered"),  # tried for days, and given up
        ("5.2.2", "undelivered"),
        ("5.4.7", "undelivered"),
        ("5.7.1", "undelivered"),
    ],
)
def test_what_came_back_is_told_and_only_a_dead_address_is_called_so(
    desk: Desk, status: str, event: str
) -> None:
    raw = (MAILS / "bounce.eml").read_bytes().replace(b"NOTICE", NOTICE.encode())
    raw = raw.replace(b"Status: 5.1.1", f"Status: {status}".encode())
    assert post(desk, "/v1/inbound/mail/mail", raw).json() == {"taken_as": "bounce"}
    assert [(one.event, one.reason) for one in said(desk)] == [(event, status)]


def test_what_a_server_sends_back_in_words_of_its_own_is_told_too(desk: Desk) -> None:
    words = f"Could not be delivered.\n\n---- Your mail:\nMessage-ID: <{NOTICE}@example.com>\n"
    mail = a_mail(words, From="mailer-daemon@mx.example", X_Failed_Recipients="li.hua@example.com")
    assert post(desk, "/v1/inbound/mail/mail", mail).json() == {"taken_as": "bounce"}
    assert [(one.event, one.notice_id) for one in said(desk)] == [("undelivered", NOTICE)]
    assert contacts(desk) == []
