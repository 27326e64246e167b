"""Notices of a case with their ends, in memory and on MongoDB."""

import pytest

from schemas.codec import encode
from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from services.adapters.case_notices import CaseNotices, MemoryCaseNotices, MongoCaseNotices
from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.memory_sends import MemorySendStore
from services.adapters.mongo_notices import MongoNoticeStore
from services.adapters.mongo_sends import MongoSendStore
from services.domain.aside_store import Aside, AsideStore
from services.domain.notice_fates import FateState
from services.domain.notice_store import NoticeRow, NoticeStore, Told
from services.domain.send_store import Claim, Outcome, Result, SendStore
from tests.support.builders import NOON, TENANT, at


def a_lane_beside(looked_at: CaseNotices) -> AsideStore:
    assert isinstance(looked_at, (MemoryCaseNotices, MongoCaseNotices))
    return looked_at._asides


Stores = tuple[NoticeStore, SendStore, CaseNotices]


@pytest.fixture
def stores(backend: str, request: pytest.FixtureRequest) -> Stores:
    if backend == "memory":
        notices, sends = MemoryNoticeStore(), MemorySendStore()
        return notices, sends, MemoryCaseNotices(notices, sends)
    database = request.getfixturevalue("database")
    return MongoNoticeStore(database), MongoSendStore(database), MongoCaseNotices(database)


def a_row(notice: str, seq: int, case: str = "C1", mandatory: bool = True) -> NoticeRow:
    record = NoticeRequested(
        tenant=TENANT,
        case_id=case,
        notice_id=notice,
        case_seq=seq,
        kind=NoticeKind.PROGRESS,
        recipient="contact:c1",
        channel=NoticeChannel.EMAIL,
        template="progress",
        reason="taken_up",
        mandatory=mandatory,
        requested_at=NOON,
    )
    told = Told("p1", seq, record.kind, NOON, True, "c1", record.channel, "zh")
    return NoticeRow(notice, f"{TENANT}|{case}", f"t:0:{seq}", told, encode(record))


def test_a_case_has_its_own_notices_in_order_each_with_its_end(stores: Stores) -> None:
    notices, sends, looked_at = stores
    notices.insert([a_row("N3", 3), a_row("N1", 1), a_row("N2", 2), a_row("X", 1, "C2")])
    for name, outcome in (("N1", Outcome.SENT), ("N2", Outcome.FAILED)):
        sends.claim([Claim(name, 1, f"{TENANT}|C1", "email", "me", NOON)])
        sends.record([Result(name, 1, outcome, "said", at(seconds=1))])
    found = looked_at.of_case(TENANT, "C1")
    assert [(one.notice_id, one.seq, one.state) for one in found] == [
        ("N1", 1, FateState.SENT),
        ("N2", 2, FateState.FAILED),
        ("N3", 3, FateState.WAITING),
    ]
    assert (found[1].reason, found[1].at) == ("said", at(seconds=1))


def test_what_waits_on_a_lane_says_since_when_and_for_whom(stores: Stores) -> None:
    notices, sends, looked_at = stores
    notices.insert([a_row("N1", 1), a_row("N2", 2), a_row("N3", 3)])
    end(sends, "N1", Outcome.SENT, 1)
    rows = [Aside(name, "email", 0, at(hours=1), b"{}", "relay") for name in ("N1", "N2")]
    a_lane_beside(looked_at).put(rows)  # that of the first is about to be taken away
    found = looked_at.of_case(TENANT, "C1")
    assert [(one.lane_since, one.lane_provider) for one in found] == [
        (None, ""),
        (at(hours=1), "relay"),
        (None, ""),
    ]


def test_later_changes_and_a_number_can_be_asked_for(stores: Stores) -> None:
    notices, _, looked_at = stores
    notices.insert([a_row(f"N{seq}", seq) for seq in range(1, 6)])

    def seqs(after: int, limit: int) -> list[int]:
        return [one.seq for one in looked_at.of_case(TENANT, "C1", after, limit)]

    assert seqs(2, 10) == [3, 4, 5]
    assert seqs(0, 2) == [1, 2]
    assert seqs(0, 0) == []


def test_another_tenants_notices_are_not_shown(stores: Stores) -> None:
    notices, _, looked_at = stores
    notices.insert([a_row("N1", 1)])
    assert looked_at.of_case("elsewhere", "C1") == []


def nobody_to_write_to(notice: str, minute: int, case: str = "C1") -> NoticeRow:
    record = NoticeSettled(
        tenant=TENANT,
        case_id=case,
        notice_id=notice,
        kind=NoticeKind.RESULT,
        recipient="contact:c9",
        channel=NoticeChannel.NONE,
        state=NoticeState.SUPPRESSED,
        attempts=0,
        reason="no_address",
        rule="answered",
        mandatory=True,
        at=at(minutes=minute),
    )
    told = Told("p9", 1, record.kind, record.at, False, "c9", record.channel, "zh")
    key = f"{TENANT}|{case}"
    return NoticeRow(notice, key, "t:0:9", told, encode(record), unreached_at=record.at)


def end(sends: SendStore, notice: str, outcome: Outcome, minute: int, number: int = 1) -> None:
    if number:
        sends.claim([Claim(notice, number, f"{TENANT}|C1", "email", "me", at(minutes=minute))])
    sends.record([Result(notice, number, outcome, "said", at(minutes=minute))])


def test_who_had_to_be_told_and_was_reached_by_nothing_is_listed_newest_first(
    stores: Stores,
) -> None:
    notices, sends, looked_at = stores
    notices.insert([a_row(f"N{n}", n) for n in range(1, 6)])
    notices.insert([a_row("M", 6, mandatory=False), nobody_to_write_to("S", 3, "C2")])
    end(sends, "N1", Outcome.FAILED, 1)
    end(sends, "N2", Outcome.SUPPRESSED, 5, number=0)
    end(sends, "N3", Outcome.FAILED, 2)
    end(sends, "N3", Outcome.SENT, 4, number=2)  # over the next channel
    end(sends, "N4", Outcome.UNKNOWN, 6)
    end(sends, "M", Outcome.FAILED, 7)
    found = looked_at.unreached(TENANT)
    assert [(one.case_id, one.fate.notice_id, one.fate.state) for one in found] == [
        ("C1", "N2", FateState.SUPPRESSED),
        ("C2", "S", FateState.SUPPRESSED),
        ("C1", "N1", FateState.FAILED),
    ]
    assert [one.fate.notice_id for one in looked_at.unreached(TENANT, 1)] == ["N2"]
    assert looked_at.unreached(TENANT, 0) == []
    assert looked_at.unreached("elsewhere") == []
    assert [fate.unreached for fate in looked_at.of_case(TENANT, "C2")] == [True]
