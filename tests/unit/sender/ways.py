"""What is told of notices: how they ended, and receipts that come later."""

from itertools import count

from schemas.codec import encode
from schemas.keys import case_key
from schemas.notice_words import NoticeChannel
from schemas.notices import NoticeReceipt, NoticeRequested
from schemas.receipts import ReceiptEvent
from services.runtime.records import Handled, Inbound
from tests.support.builders import NOON, TENANT
from tests.unit.sender.desk import (
    SenderDesk,
    settlements,
)

EMAIL, WEBHOOK = NoticeChannel.EMAIL, NoticeChannel.WEBHOOK
OFFSETS = count(1000)


def ends(handled: Handled) -> list[tuple[str, str, int, str | None, int]]:
    return [
        (one.channel, one.state, one.attempts, one.reason, one.epoch)
        for one in settlements(handled)
    ]


def receipt(notice: NoticeRequested, event: str, **changes: object) -> Inbound:
    said = NoticeReceipt.model_validate(
        {
            "tenant": TENANT,
            "case_id": notice.case_id,
            "notice_id": notice.notice_id,
            "event": ReceiptEvent(event),
            "said_by": "provider:mail",
            "at": NOON,
            "received_at": NOON,
        }
        | changes
    )
    key = case_key(TENANT, notice.case_id)
    return Inbound("receipts", 0, next(OFFSETS), "t", key, encode(said))


def told(desk: SenderDesk, notice: NoticeRequested, event: str, **changes: object) -> Handled:
    desk.store.decided[notice.notice_id] = notice
    return desk.handler.handle([receipt(notice, event, **changes)], {})
