"""Whoever looks at what is stored sees the end that was settled, without the sender's rules."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import encode
from schemas.notice_words import NoticeChannel, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from services.domain.errors import OutageError
from services.domain.notice_fates import FateState, fate_of
from services.domain.notice_store import NoticeRow, Told
from services.domain.send_store import Outcome
from services.sender.channels.port import SENT
from tests.support.builders import NOON
from tests.unit.sender.desk import (
    AWAY,
    FAILED,
    REFUSED,
    UNKNOWN,
    Died,
    SenderDesk,
    a_notice,
    dying,
    settlements,
)


def a_row(record: NoticeRequested | NoticeSettled) -> NoticeRow:
    told = Told(
        who="p1",
        seq=1,
        kind=record.kind,
        at=NOON,
        is_requested=isinstance(record, NoticeRequested),
        contact_id="c1",
        channel=record.channel,
        language="zh",
    )
    return NoticeRow(record.notice_id, "default|case-1", "t:0:1", told, encode(record))


def seen(desk: SenderDesk, notice: NoticeRequested) -> tuple[Any, ...]:
    attempts = desk.store.attempts([notice.notice_id]).get(notice.notice_id, [])
    fate = fate_of(a_row(notice), attempts)
    return fate.state, fate.attempts, fate.reason, fate.at


def settled(desk: SenderDesk, notice: NoticeRequested) -> tuple[Any, ...]:
    """Bring the notice until it is settled; say how."""
    for _ in range(200):
        try:
            [end] = settlements(desk.take(notice))
        except OutageError:
            desk.clock.advance(600)
        else:
            return end.state, end.attempts, end.reason, end.at
    raise AssertionError("never settled")


ANSWERS = st.lists(st.sampled_from([SENT, REFUSED, AWAY, UNKNOWN, FAILED]), max_size=8)


@settings(max_examples=150, deadline=None)
@given(ANSWERS, st.sampled_from([SENT, REFUSED, AWAY, UNKNOWN]), st.booleans(), st.booleans())
def test_what_is_stored_tells_the_end_that_was_settled(
    plan: list[Any], usual: Any, mandatory: bool, dies: bool
) -> None:
    desk = SenderDesk()
    desk.mail.plan, desk.mail.usual = list(plan), usual
    notice = a_notice(mandatory=mandatory)
    if dies:
        desk.restart(dying("after_send"))
        with pytest.raises(Died):
            desk.take(notice)
        desk.restart()
    end = settled(desk, notice)
    assert seen(desk, notice) == end
    desk.restart()
    assert settled(desk, notice) == end  # a replay: the same bytes, whatever the time is now


def test_a_notice_ended_by_a_rule_stays_ended_when_the_rule_changes() -> None:
    desk = SenderDesk()
    desk.mail.usual = UNKNOWN
    notice = a_notice(mandatory=False)
    assert desk.ends(notice) == [("N1", "unknown", 1, "held")]
    assert desk.store.results["N1#0"].outcome is Outcome.GIVEN_UP
    desk.mail.usual = SENT
    email = desk.policy.channels[NoticeChannel.EMAIL]
    rules = email.on_unknown.model_copy(update={"other": "resend_same_id"})
    changed = email.model_copy(update={"on_unknown": rules})
    desk.policy = desk.policy.model_copy(
        update={"channels": {**desk.policy.channels, NoticeChannel.EMAIL: changed}}
    )
    desk.restart()
    assert desk.ends(notice) == [("N1", "unknown", 1, "held")]
    assert desk.mail.sent == ["N1"]


def test_an_ordinary_end_needs_no_further_row() -> None:
    desk = SenderDesk()
    desk.take(a_notice())
    assert set(desk.store.results) == {"N1#1"}


def test_before_its_end_a_notice_waits_or_is_in_doubt() -> None:
    desk = SenderDesk()
    notice = a_notice()
    assert seen(desk, notice) == (FateState.WAITING, 0, None, NOON)
    desk.mail.usual = AWAY
    with pytest.raises(OutageError):
        desk.take(notice)
    assert seen(desk, notice)[:3] == (FateState.WAITING, 0, "connection_refused")


def test_a_decision_to_tell_nobody_is_its_own_end() -> None:
    said = NoticeSettled(
        tenant="default",
        case_id="case-1",
        notice_id="N1",
        kind=a_notice().kind,
        recipient="contact:c1",
        channel=NoticeChannel.NONE,
        state=NoticeState.SUPPRESSED,
        attempts=0,
        reason="no_address",
        at=NOON,
    )
    fate = fate_of(a_row(said), [])
    assert (fate.state, fate.reason, fate.at) == (FateState.SUPPRESSED, "no_address", NOON)
