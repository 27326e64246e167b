"""A desk with one notice that a provider took, and that provider's hand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from schemas.codec import decode
from schemas.contacts import ContactReceived
from schemas.notices import NoticeReceipt
from services.domain.addresses import address_index
from services.domain.send_store import Claim, Outcome, Result
from services.domain.signing import signed_headers
from tests.support.api_desk import Desk, a_desk
from tests.support.builders import KEYS, NOON, TENANT
from tests.unit.sender.desk import a_notice

OLD, NEW = "an-old-secret-of-24-characters", "a-new-secret-of-24-characters."
NOTICE = "N3K9PQ2R7M5T8V1WXYZ4ABCDE"
PARTNER, OURS = "partner:humen", "desk@humen.example"
"""Somebody of the address book, and from where he writes."""


@contextmanager
def a_provider_desk(**settings: Any) -> Iterator[Desk]:
    with a_desk(receipt_secrets=f"sms={NEW} {OLD};mail={NEW}", **settings) as made:
        made.pipeline.workers_are_away = True
        sends = made.pipeline.sends
        sends.decided[NOTICE] = a_notice(NOTICE, recipient="contact:nobody")
        to = address_index(KEYS, TENANT, "phone", "13800138000")
        sends.claim([Claim(NOTICE, 1, "k", "sms", "p1", NOON, to)])
        sends.record([Result(NOTICE, 1, Outcome.SENT, "sent", NOON, "provider-77")])
        yield made


def staff_book(folder: Path) -> Path:
    """Write an address book in which ``PARTNER`` has his address."""
    book = folder / "staff.yaml"
    book.write_text(json.dumps({"version": "own-1", "people": {PARTNER: {"email": OURS}}}))
    return book


def post(
    desk: Desk,
    path: str,
    body: bytes,
    key: str = NEW,
    message: str = "m1",
    late: float = 0.0,
    **headers: str,
) -> httpx.Response:
    seconds = desk.wall.now().timestamp() - late
    signed = signed_headers([key.encode()], message, seconds, body) | headers
    return desk.client.post(path, content=body, headers=signed | {"X-Tenant": TENANT})


def receipts(desk: Desk, *found: dict[str, Any], **how: Any) -> httpx.Response:
    return post(desk, "/v1/receipts/sms", json.dumps({"receipts": found}).encode(), **how)


def produced(desk: Desk, topic: str) -> list[bytes]:
    return [one.value or b"" for one in desk.pipeline.published if one.topic == topic]


def said(desk: Desk) -> list[NoticeReceipt]:
    return [decode(NoticeReceipt, v) for v in produced(desk, "notifications.receipts.v1")]


def contacts(desk: Desk) -> list[ContactReceived]:
    return [decode(ContactReceived, v) for v in produced(desk, "complaints.received.v1")]
