"""What staff and partners answer by mail: a note on the case where it comes from their address in
the book, and what anybody may have written where it does not."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from schemas.codec import decode
from schemas.contacts import ContactReceived
from schemas.vocabulary import ChangeKind
from services.domain.signing import signed_headers
from tests.support.api_desk import Desk, a_desk
from tests.support.builders import VAULT
from tests.unit.sender.desk import a_notice

SECRET = "a-secret-of-24-characters."
NOTICE = "N3K9PQ2R7M5T8V1WXYZ4ABCDE"
PARTNER, OURS = "partner:humen", "Desk@Humen.example"


class Matter:
    """A case about which a partner was asked."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.case_id = desk.case_of(desk.send(id="a1", customer="c"))
        self.asked_about(self.case_id)

    def asked_about(self, case_id: str) -> None:
        self.desk.pipeline.sends.decided[NOTICE] = a_notice(
            NOTICE, tenant="default", case_id=case_id, recipient=PARTNER
        )

    def post(self, text: str, sender: str = OURS, name: str = "m1") -> httpx.Response:
        mail = EmailMessage()
        mail["From"], mail["To"] = f"A desk <{sender}>", "complaints@example.com"
        mail["Message-ID"], mail["In-Reply-To"] = "<abc@humen.example>", f"<{NOTICE}@example.com>"
        mail.set_content(text)
        body = mail.as_bytes()
        headers = signed_headers([SECRET.encode()], name, self.desk.wall.now().timestamp(), body)
        return self.desk.client.post("/v1/inbound/mail/mail", content=body, headers=headers)

    def mail(self, text: str, sender: str = OURS) -> str:
        return str(self.post(text, sender).json()["taken_as"])

    @property
    def notes(self) -> list[tuple[str, str | None]]:
        history = self.desk.pipeline.queries.history("default", self.case_id, 0, 100)
        return [(one.actor, one.note) for one in history if one.kind is ChangeKind.NOTED]

    @property
    def replies(self) -> list[ContactReceived]:
        topics = [one for one in self.desk.pipeline.published if "received" in one.topic]
        written = [decode(ContactReceived, one.value or b"") for one in topics]
        return [one for one in written if one.reply_to is not None]


@pytest.fixture
def matter(tmp_path: Path) -> Iterator[Matter]:
    book = tmp_path / "staff.yaml"
    people = {PARTNER: {"email": OURS.lower()}, "partner:other": {"email": "o@other.example"}}
    book.write_text(json.dumps({"version": "own-1", "people": people}))
    with a_desk(receipt_secrets=f"mail={SECRET}", staff=book) as desk:
        yield Matter(desk)


def test_what_a_partner_answers_is_a_note_on_the_case_and_no_complaint(matter: Matter) -> None:
    assert matter.mail("It is with customs.") == "note"
    assert matter.notes == [(PARTNER, "It is with customs.")]
    assert matter.replies == []


@pytest.mark.parametrize("sender", ["li@example.com", "o@other.example", "desk@humen.example.com"])
def test_a_mail_from_elsewhere_is_no_note_and_tells_its_writer_nothing(
    matter: Matter, sender: str
) -> None:
    assert matter.mail("We pay nothing.", sender) == "reply"
    assert matter.notes == []
    (contact,) = matter.replies
    assert (contact.reply_to, contact.text) == (matter.case_id, "We pay nothing.")
    assert contact.person is None
    assert contact.personal is not None
    assert VAULT.open(contact.tenant, contact.personal).model_dump(exclude_none=True) == {
        "name": sender
    }


def test_who_has_no_address_in_the_book_is_not_taken_for_anybody(matter: Matter) -> None:
    matter.desk.pipeline.sends.decided[NOTICE] = a_notice(
        NOTICE, tenant="default", case_id=matter.case_id, recipient="clerk:101"
    )
    assert matter.mail("I close it.") == "reply"
    assert matter.notes == []


def test_a_long_answer_becomes_several_notes_and_nothing_is_cut(matter: Matter) -> None:
    text = "".join(f"{number:05d} " for number in range(1500)).strip()
    assert matter.mail(text) == "note"
    assert [len(note or "") for _, note in matter.notes] == [4000, 4000, 999]
    assert "".join(note or "" for _, note in matter.notes) == text


def test_a_note_that_the_case_does_not_take_is_kept_as_a_contact(matter: Matter) -> None:
    matter.asked_about("no-such-case")
    assert matter.mail("It is with customs.") == "reply"
    (contact,) = matter.replies
    assert (contact.reply_to, contact.text) == ("no-such-case", "It is with customs.")


def test_a_note_whose_end_is_not_known_is_to_come_again_and_stands_there_once(
    matter: Matter,
) -> None:
    matter.desk.pipeline.workers_are_away = True
    assert matter.post("It is with customs.").status_code == 503
    matter.desk.pipeline.workers_are_away = False
    for name in ("m1", "m2"):
        assert matter.post("It is with customs.", name=name).json() == {"taken_as": "note"}
    assert matter.notes == [(PARTNER, "It is with customs.")]
