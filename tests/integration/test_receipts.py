"""After the hand-over, on real Kafka and MongoDB: bounce, receipt and reply find their way."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from infra.catcher import Catcher
from schemas import topics
from schemas.codec import decode
from schemas.contacts import ContactReceived
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeSettled
from services.audit.run import run_audit
from services.domain.signing import signed_headers
from tests.support.builders import TENANT
from tests.support.namespaces import Namespace
from tests.support.notices import put, requests
from tests.support.processes import WorkerProcess, a_free_port
from tests.support.topics_now import read_all
from tests.support.waiting import eventually
from tests.unit.sender.desk import STEPS

SECRET = "a-secret-of-at-least-24-characters"
MAILS = Path(__file__).parents[1] / "unit" / "api" / "mails"


def ends(namespace: Namespace) -> list[tuple[str, str, int]]:
    told = (
        decode(NoticeSettled, message.value())
        for message in read_all(namespace, topics.NOTICES_SETTLED.name)
    )
    return [(one.channel, one.state, one.epoch) for one in told if one.state not in STEPS]


def test_a_bounce_a_receipt_and_a_reply_find_their_way(
    namespace: Namespace, start_worker: Callable[..., WorkerProcess]
) -> None:
    webhook = NoticeChannel.WEBHOOK
    (notice,) = requests(namespace, [1], NoticeChannel.EMAIL, fallback=(webhook,))
    with Catcher(a_free_port(), 0) as catcher:
        api = start_worker("api", COMPLAINTS_RECEIPT_SECRETS=f"mail={SECRET};gateway={SECRET}")
        start_worker(
            "sender",
            COMPLAINTS_SMTP_HOST="127.0.0.1",
            COMPLAINTS_SMTP_PORT=str(catcher.smtp_port),
            COMPLAINTS_WEBHOOK_URL=catcher.webhook_url,
            COMPLAINTS_WEBHOOK_SECRET=SECRET,
            COMPLAINTS_WEBHOOK_PRIVATE="true",
            COMPLAINTS_REPLIES="true",
        )
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{api.api_port}", trust_env=False, timeout=90
        )

        def post(path: str, body: bytes) -> httpx.Response:
            headers = signed_headers([SECRET.encode()], path, time.time(), body)
            return client.post(path, content=body, headers=headers | {"X-Tenant": TENANT})

        put(namespace, [notice])
        eventually(lambda: ends(namespace) == [("email", "sent", 0)], within=60, every=0.3)
        (mail,) = catcher.box.messages("smtp")

        bounce = (MAILS / "bounce.eml").read_bytes().replace(b"NOTICE", notice.notice_id.encode())
        assert post("/v1/inbound/mail/mail", bounce).json() == {"taken_as": "bounce"}
        eventually(lambda: ("webhook", "sent", 1) in ends(namespace), within=30, every=0.3)
        assert [one.to for one in catcher.box.messages("http")] == ["phone:13800000001"]

        event = {"receipts": [{"notice_id": notice.notice_id, "event": "delivered"}]}
        assert post("/v1/receipts/gateway", json.dumps(event).encode()).status_code == 202
        eventually(lambda: ("webhook", "delivered", 2) in ends(namespace), within=30, every=0.3)

        reply = (
            f"From: c1@example.com\r\nTo: {mail.headers['Reply-To']}\r\n"
            "Message-ID: <r1@example.com>\r\n\r\nThank you, it is here.\r\n"
        ).encode()
        assert post("/v1/inbound/mail/gateway", reply).json() == {"taken_as": "reply"}
        client.close()
    (contact,) = (
        decode(ContactReceived, message.value())
        for message in read_all(namespace, topics.RECEIVED.name)
    )
    assert (contact.reply_to, contact.text) == (notice.case_id, "Thank you, it is here.")
    outcome = run_audit(namespace.settings, 30, lambda what, done, total: None)
    (found,) = (one for one in outcome.findings if one.check == "N")
    assert (found.examined, found.waiting, found.listed) == (1, 0, [])
