"""What is worked back from the topics adds up to what was there."""

import json
from itertools import count

import pytest

from schemas.codec import decode, encode
from schemas.contacts import ContactDeduplicated
from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from schemas.preferences import PreferencesChosen
from services.adapters.memory_dedup import MemoryDedupStore
from services.dedup.examining import examine
from services.dedup.handler import DedupHandler
from services.dedup.policy import load_policy
from services.domain.dedup_store import Claim
from services.domain.notice_fates import end_of
from services.domain.notice_store import NoticeRow, Told
from services.domain.preferences import Preferences
from services.domain.send_store import Attempt
from services.recovery.claims import claims_behind
from services.recovery.forward_notices import _claimed, _results, digest_of
from services.recovery.forward_preferences import chosen_in
from services.runtime.records import Inbound
from services.runtime.watching import always
from tests.support.builders import KEYS, NOON, TENANT, a_contact, at
from tests.support.manual_clock import ManualClock


@pytest.mark.parametrize(
    ("state", "attempts", "reason"),
    [
        (NoticeState.SENT, 1, None),
        (NoticeState.SENT, 3, "resent"),
        (NoticeState.FAILED, 0, "mailbox_unknown"),
        (NoticeState.UNKNOWN, 1, "held"),
        (NoticeState.UNKNOWN, 4, "in_doubt_too_often"),
        (NoticeState.SUPPRESSED, 0, "channel_off"),
    ],
)
def test_the_attempts_of_a_notice_add_up_to_its_end(
    state: NoticeState, attempts: int, reason: str | None
) -> None:
    end = NoticeSettled(
        tenant=TENANT,
        case_id="C1",
        notice_id="N1",
        kind=NoticeKind.RESULT,
        recipient="contact:c1",
        channel=NoticeChannel.EMAIL,
        state=state,
        attempts=attempts,
        reason=reason,
        at=NOON,
    )
    results = list(_results(end))
    assert {result.attempt for result in results} - {0} == set(range(1, _claimed(end) + 1))
    again = end_of([Attempt(result.attempt, None, result) for result in results])
    assert again is not None
    assert (again.state, again.attempts, again.reason) == (state, attempts, reason)


def test_a_bundled_notice_brings_the_digest_that_tells_of_it() -> None:
    bundled = NoticeSettled(
        tenant=TENANT,
        case_id="C1",
        notice_id="N1",
        kind=NoticeKind.ASSIGNED,
        recipient="team:front-desk",
        channel=NoticeChannel.CHAT,
        state=NoticeState.SUPPRESSED,
        attempts=0,
        reason="bundled",
        policy="notices-1",
        digest="D1",
        digest_due=at(hours=1),
        at=NOON,
    )
    told = Told(None, 1, "assigned", NOON, False, "team:front-desk", "chat", "zh")
    row = NoticeRow(
        "N1", "k", "s", told, encode(bundled), digest="D1", digest_due=bundled.digest_due
    )
    digest = digest_of(row)
    assert digest is not None
    asked = decode(NoticeRequested, digest.out)
    assert (digest.key, digest.due, asked.notice_id) == ("D1", at(hours=1), "D1")
    assert (asked.recipient, asked.not_before) == ("team:front-desk", at(hours=1))
    assert digest_of(digest) is None


def test_the_claims_behind_decisions_are_those_that_were_made() -> None:
    """Decide a mixed lot for real, then work the claims back from the decisions alone."""
    store, clock, policy = MemoryDedupStore(), ManualClock(), load_policy()
    handler = DedupHandler(store, KEYS, always(policy), clock, {"in": "out"})
    contacts = [
        a_contact("a"),
        a_contact("b", customer="cust-2", text="外包装破损,里面的茶壶碎了"),
        a_contact("c", customer="cust-2", text="外包装破损,里面的茶壶碎了"),
        a_contact("d", waybill=None, text="网点态度很差,要求道歉"),
        a_contact("e", waybill=None, text="网点态度很差,要求道歉"),
        a_contact(
            "f", waybill=None, text="网点态度很差,要求道歉,给个说法", received_at=at(hours=2)
        ),
        a_contact("g", waybill=None, customer=None, text="没有单号也没有电话"),
        a_contact("h", received_at=at(days=400)),  # the parcel's number, used again
        a_contact("i", waybill="SF1300000000019", customer="cust-9"),
    ]
    offsets = count()
    decisions: list[ContactDeduplicated] = []
    for contact in contacts:
        inbound = Inbound("in", 0, next(offsets), "id", b"k", encode(contact))
        (made,) = handler.handle([inbound], {}).outbound
        decisions.append(decode(ContactDeduplicated, made.value))
    standing: dict[str, Claim] = {}
    for decision in decisions:
        examined = examine(decision.contact, KEYS, policy)
        for claim in claims_behind(decision, examined, standing, policy):
            standing.setdefault(claim.key, claim)
    assert len({decision.case_id for decision in decisions}) >= 4
    assert standing == store.claimed


def test_a_choice_comes_back_as_it_was_and_an_opt_out_whatever_else_is_not_understood() -> None:
    said = PreferencesChosen(
        tenant=TENANT,
        who="p1",
        language="en",
        channels=(NoticeChannel.SMS,),
        zone="Europe/London",
        opt_out=True,
        at=NOON,
    )
    assert chosen_in(said) == Preferences(
        language="en", channels=("sms",), zone="Europe/London", opt_out=True
    )
    newer = {"language": "tlh", "channels": ["pigeon"], "zone": "Mars/Olympus"}
    value = json.dumps(json.loads(encode(said)) | newer).encode()
    later = decode(PreferencesChosen, value)
    assert chosen_in(later) == Preferences(opt_out=True)
