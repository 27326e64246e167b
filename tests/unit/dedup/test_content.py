"""What a contact says is cut from its bytes: the same as encoding it without the rest."""

import pytest

from schemas.codec import decode, encode
from schemas.contacts import ContactReceived, Facts, Unkept
from schemas.personal import Personal, Sealed
from services.dedup.content import content_of
from tests.support.builders import a_contact, sealed

LEFT_OUT = {"accepted_at", "received_at", "tracking", "personal", "unkept"}
SEALED = sealed(Personal(phone="13800138000", name="钟婆婆"))
MISLEADING = ',"personal":{"a":"},"tracking":"x","received_at":"y","channel":"z"'


def carried(contact: ContactReceived, more: str) -> ContactReceived:
    """Return ``contact`` with fields of a newer version."""
    return decode(ContactReceived, encode(contact)[:-1] + more.encode() + b"}")


@pytest.mark.parametrize(
    "contact",
    [
        a_contact(),
        a_contact(personal=SEALED),
        a_contact(personal=SEALED, reply_to="C7", aliases=("p.1", "p.2")),
        a_contact(reply_to="C7", person=None),
        a_contact(unkept=Unkept(count=2, size=9, names=(MISLEADING[:80],)), personal=SEALED),
        a_contact(unkept=Unkept(count=2, size=9), reply_to="C7", customer=None),
        a_contact(text=MISLEADING, facts=Facts(goods=MISLEADING), personal=SEALED),
        a_contact(personal=Sealed(data=MISLEADING)),
        carried(a_contact(personal=SEALED), ',"newer":{"tracking":"a","personal":{}}'),
    ],
)
def test_the_content_is_what_encoding_without_the_rest_gives(contact: ContactReceived) -> None:
    content = content_of(contact, encode(contact).decode())
    assert content == contact.model_dump_json(exclude=LEFT_OUT, exclude_none=True)
