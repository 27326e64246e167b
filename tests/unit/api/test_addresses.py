"""An address that came back once is freed by a person, with a reason that is kept."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.adapters.memory_sends import MemorySendStore
from services.domain.addresses import address_index
from services.domain.send_store import AddressMark
from tests.support.api_desk import Desk, a_desk
from tests.support.builders import KEYS, NOON, TENANT

MAIL, PHONE = "li.hua@example.com", "13800138000"
WHY = "mailbox was full, works again"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk() as made:
        yield made


def index(kind: str, value: str) -> str:
    return address_index(KEYS, TENANT, kind, value)


def marked(desk: Desk, kind: str, value: str, reason: str = "bounced") -> MemorySendStore:
    sends = desk.pipeline.sends
    sends.mark([AddressMark(index(kind, value), reason, "N1", NOON)])
    return sends


def unmark(desk: Desk, *addresses: tuple[str, str], **changes: Any) -> httpx.Response:
    body = {
        "addresses": [{"kind": kind, "value": value} for kind, value in addresses],
        "reason": WHY,
    }
    headers = {"X-Tenant": TENANT} | desk.as_actor("clerk:wang")
    return desk.client.post("/v1/addresses/unmark", json=body | changes, headers=headers)


def states(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["state"] for one in answer.json()["addresses"]]


def test_a_marked_address_is_freed_however_it_is_written_and_who_did_so_is_kept(
    desk: Desk,
) -> None:
    sends = marked(desk, "phone", PHONE)
    both = (("phone", "+86 138-0013-8000"), ("email", MAIL))
    assert states(unmark(desk, *both, actor="clerk:li")) == [
        "unmarked",
        "not_marked",
    ]
    assert sends.marks == {}
    (kept,) = sends.unmarked
    assert (kept.actor, kept.reason, kept.mark.notice_id) == ("clerk:wang", WHY, "N1")


def test_freeing_twice_changes_nothing(desk: Desk) -> None:
    sends = marked(desk, "email", MAIL)
    assert states(unmark(desk, ("email", MAIL))) == ["unmarked"]
    assert states(unmark(desk, ("email", MAIL))) == ["not_marked"]
    assert len(sends.unmarked) == 1


def test_whoever_asked_for_no_more_is_freed_only_with_their_word(desk: Desk) -> None:
    sends = marked(desk, "email", MAIL, "complained")
    assert states(unmark(desk, ("email", MAIL))) == ["kept"]
    assert set(sends.marks) == {index("email", MAIL)}
    assert states(unmark(desk, ("email", MAIL), complained=True)) == ["unmarked"]


def test_without_a_reason_nothing_is_freed(desk: Desk) -> None:
    marked(desk, "email", MAIL)
    answer = unmark(desk, ("email", MAIL), reason="")
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    assert MAIL not in answer.text
