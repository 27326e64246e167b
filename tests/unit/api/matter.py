"""An answered case whose customer got short messages that he may refuse."""

import json
from datetime import timedelta

import httpx

from schemas.codec import decode
from schemas.contacts import ContactReceived
from schemas.notice_words import NoticeKind
from schemas.notices import NoticeReceipt
from schemas.vocabulary import ChangeKind
from services.domain.addresses import address_index
from services.domain.preferences import key_of
from services.domain.send_store import Claim
from services.domain.signing import signed_headers
from tests.support.api_desk import Desk
from tests.support.builders import KEYS, NOON
from tests.unit.sender.desk import a_notice

SECRET = "a-secret-of-24-characters."
PROGRESS = "N3K9PQ2R7M5T8V1WXYZ4ABCDE"
SURVEY = "N4K9PQ2R7M5T8V1WXYZ4ABCDE"
OTHER = "N5K9PQ2R7M5T8V1WXYZ4ABCDE"
PHONE = "+8613800138000"


class Matter:
    """An answered case whose customer got notices that he may refuse."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.numbers = 0
        self.contact = desk.send(id="a1", customer="c", phone=PHONE)
        self.case_id = desk.case_of(self.contact)
        found = desk.pipeline.queries.by_tracking(None, self.contact.json()["tracking"])
        assert found is not None
        self.contact_id = found.contact.contact_id
        self.key = key_of(found.tenant, found.contact.person or self.contact_id)
        desk.act(self.case_id, "resolve", note="It was found.")
        self.sent(PROGRESS, NoticeKind.PROGRESS)

    def sent(
        self,
        name: str,
        kind: NoticeKind,
        case_id: str = "",
        mandatory: bool = False,
        reason: str = "answered",
    ) -> None:
        """Let a short message of this kind go to the customer."""
        self.numbers += 1
        self.desk.pipeline.sends.decided[name] = a_notice(
            name,
            tenant="default",
            case_id=case_id or self.case_id,
            recipient=f"contact:{self.contact_id}",
            kind=kind,
            mandatory=mandatory,
            reason=reason,
        )
        to = address_index(KEYS, "default", "phone", PHONE)
        at = NOON + timedelta(minutes=self.numbers)
        self.desk.pipeline.sends.claim([Claim(name, self.numbers, "k", "sms", "p", at, to)])

    def look(self, token: str, language: str = "en") -> httpx.Response:
        return self.desk.client.get(f"/o/{token}", headers={"Accept-Language": language})

    def press(self, token: str, language: str = "en", **form: str) -> httpx.Response:
        headers = {"Accept-Language": language}
        return self.desk.client.post(f"/o/{token}", data=form, headers=headers)

    def sms(self, text: str) -> str:
        self.numbers += 1
        return str(self.post_sms(text, f"in-{self.numbers}").json()["taken_as"])

    def post_sms(self, text: str, name: str) -> httpx.Response:
        body = json.dumps({"id": name, "sender": PHONE, "text": text}).encode()
        seconds = self.desk.wall.now().timestamp()
        headers = signed_headers([SECRET.encode()], name, seconds, body)
        return self.desk.client.post("/v1/inbound/sms/sms", content=body, headers=headers)

    @property
    def is_out(self) -> bool:
        chosen = self.desk.pipeline.preferences.chosen([self.key])
        return self.key in chosen and chosen[self.key].opt_out

    @property
    def events(self) -> list[tuple[str, str | None]]:
        topics = [one for one in self.desk.pipeline.published if "receipts" in one.topic]
        said = [decode(NoticeReceipt, one.value or b"") for one in topics]
        return [(str(one.event), one.reason) for one in said]

    @property
    def replies(self) -> list[str]:
        topics = [one for one in self.desk.pipeline.published if "received" in one.topic]
        written = [decode(ContactReceived, one.value or b"") for one in topics]
        return [one.text for one in written if one.reply_to == self.case_id]

    @property
    def rating(self) -> int | None:
        history = self.desk.pipeline.queries.history("default", self.case_id, 0, 100)
        rated = [one.rating for one in history if one.kind is ChangeKind.RATED]
        return rated[0] if rated else None
