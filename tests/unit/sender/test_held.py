"""Held notices: sent when it is said that their time has come, once, and never before."""

from datetime import datetime

import pytest

from schemas.codec import encode
from schemas.keys import case_key
from schemas.notices import NoticeReceipt, NoticeRequested
from schemas.receipts import ReceiptEvent
from services.domain.errors import OutageError
from services.runtime.records import Inbound
from services.sender.policy import load_policy
from tests.support.builders import NOON, at
from tests.unit.sender.desk import AWAY, SenderDesk, a_notice, settlements
from tests.unit.sender.test_lanes import LanedDesk

UNTIL = at(hours=9)


def held(desk: SenderDesk, name: str = "N1") -> NoticeRequested:
    notice = a_notice(name, not_before=UNTIL)
    desk.store.decided[name] = notice
    return notice


def due(
    notice: NoticeRequested, offset: int, when: datetime = UNTIL, reason: str | None = None
) -> Inbound:
    record = NoticeReceipt(
        tenant=notice.tenant,
        case_id=notice.case_id,
        notice_id=notice.notice_id,
        event=ReceiptEvent.DUE,
        said_by="system",
        reason=reason,
        at=NOON,
        received_at=when,
    )
    key = case_key(notice.tenant, notice.case_id)
    return Inbound("receipts", 0, offset, "r", key, encode(record))


def test_a_held_request_is_passed_over_even_when_it_is_read_late() -> None:
    desk = SenderDesk()
    handled = desk.take(held(desk))
    desk.clock.advance(24 * 3600)
    assert desk.take(held(desk)).outbound == handled.outbound == []
    assert desk.mail.sent == []


def test_it_is_sent_and_settled_when_its_time_has_come() -> None:
    desk = SenderDesk()
    (end,) = settlements(desk.handler.handle([due(held(desk), 1)], {}))
    assert (end.state, end.attempts, end.epoch) == ("sent", 1, 0)


def test_what_is_said_twice_takes_effect_once() -> None:
    desk = SenderDesk()
    first = desk.handler.handle([due(held(desk), 1), due(held(desk), 2)], {})
    later = desk.handler.handle([due(held(desk), 3)], {})
    assert len(settlements(first)) == 1
    assert later.outbound == []
    assert later.outcomes == {"released_before": 1}
    assert desk.mail.sent == ["N1"]


def test_a_replay_of_the_record_that_let_it_go_settles_with_the_same_bytes() -> None:
    desk = SenderDesk()
    first = desk.handler.handle([due(held(desk), 1)], {})
    desk.restart()
    desk.clock.advance(60)
    assert desk.handler.handle([due(held(desk), 1)], {}).outbound == first.outbound
    assert desk.mail.sent == ["N1"]


def test_what_was_overtaken_ends_at_its_time_with_that_word() -> None:
    desk = SenderDesk()
    record = due(held(desk), 1, reason="overtaken")
    first = desk.handler.handle([record], {})
    (end,) = settlements(first)
    assert (end.state, end.attempts, end.reason) == ("suppressed", 0, "overtaken")
    assert desk.mail.sent == []
    desk.restart()
    desk.clock.advance(60)
    assert desk.handler.handle([record], {}).outbound == first.outbound


def test_the_first_word_stands_whether_it_is_sent() -> None:
    desk = SenderDesk()
    notice = held(desk)
    first = desk.handler.handle([due(notice, 1), due(notice, 2, reason="overtaken")], {})
    assert [end.state for end in settlements(first)] == ["sent"]


def test_what_was_overtaken_ends_though_others_wait_for_the_provider() -> None:
    desk = LanedDesk()
    desk.mail.usual = AWAY
    desk.round(a_notice("N9"))
    tried = len(desk.mail.sent)
    handled = desk.laned.handle([due(held(desk), 1, reason="overtaken")], {})
    assert [(end.notice_id, end.reason) for end in settlements(handled)] == [("N1", "overtaken")]
    assert len(desk.mail.sent) == tried


def test_the_time_that_it_was_held_does_not_count_against_its_channel() -> None:
    desk = SenderDesk()
    desk.policy = load_policy()
    desk.restart()
    desk.clock.advance((UNTIL - desk.clock.now()).total_seconds())
    desk.mail.usual = AWAY
    for _ in range(3):
        with pytest.raises(OutageError):
            desk.take(a_notice("N9", requested_at=UNTIL, fallback=()))
    with pytest.raises(OutageError):
        desk.handler.handle([due(held(desk), 1)], {})
    assert desk.hook.sent == []
    desk.clock.advance(31 * 60)
    (end,) = settlements(desk.handler.handle([due(held(desk), 1)], {}))
    assert (end.channel, end.state) == ("webhook", "sent")
