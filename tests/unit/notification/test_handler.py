"""A batch of changes: decided once, stored, produced; replays and repeats told apart."""

from itertools import count
from typing import Any

import pytest

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.dead import REPLAY_OF
from schemas.keys import case_key
from schemas.notice_words import NoticeState
from schemas.notices import NoticeRequested, NoticeSettled
from schemas.personal import Personal
from schemas.vocabulary import ChangeKind, Relation
from services.adapters.memory_cases import MemoryCaseStore
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_notices import MemoryContactDirectory, MemoryNoticeStore
from services.adapters.preferences import MemoryPreferences
from services.domain.dedup_store import ContactRow
from services.domain.errors import OutageError
from services.domain.staff import NOBODY_LISTED, StaffBook
from services.domain.teams import load_teams
from services.notification.handler import NoticeTopics, NotificationHandler, Rules, Stores
from services.notification.policy import load_policy
from services.runtime.records import Handled, Inbound
from services.runtime.watching import always
from tests.support.builders import TENANT, a_contact, a_deduplicated, at, sealed
from tests.support.manual_clock import ManualClock
from tests.unit.notification.test_logic import a_change

CANARY = "li.hua@example.com"


def a_row(record: Any) -> ContactRow:
    """Return dedup's row of a decided contact."""
    contact = record.contact
    key = f"{contact.tenant}|{contact.contact_id}"
    return ContactRow(
        key, contact.tenant, contact.contact_id, f"src:0:{key}", "digest", record.case_id,
        record.relation, contact.person, contact.received_at, contact.tracking, (), encode(record),
    )  # fmt: skip


class Desk:
    """A handler over memory."""

    def __init__(self, staff: StaffBook = NOBODY_LISTED) -> None:
        self.dedup = MemoryDedupStore()
        self.store = MemoryNoticeStore()
        self.cases = MemoryCaseStore()
        self.preferences = MemoryPreferences()
        self.clock = ManualClock()
        self.handler = NotificationHandler(
            Stores(self.store, MemoryContactDirectory(self.dedup, self.cases), self.preferences),
            always(Rules(load_policy(), load_teams())),
            self.clock,
            NoticeTopics("requested", "settled", "receipts", "changed"),
            staff=staff,
        )
        self._offsets = count()

    def contact(self, name: str, **fields: Any) -> dict[str, Any]:
        """Have dedup know a contact; return what a change says of it."""
        email = fields.pop("email", CANARY)
        person = fields.pop("person", f"p-{name}")
        contact = a_contact(name, personal=sealed(Personal(email=email)), **fields)
        self.dedup.insert_rows([a_row(a_deduplicated(contact))])
        return {"contact_id": contact.contact_id, "person": person}

    def inbound(self, change: CaseChanged) -> Inbound:
        key = case_key(change.tenant, change.case_id)
        return Inbound("changed", 0, next(self._offsets), "t", key, encode(change))

    def take(self, *changes: CaseChanged) -> Handled:
        return self.handler.handle([self.inbound(change) for change in changes], {})


@pytest.fixture
def desk() -> Desk:
    return Desk()


def requested(handled: Handled) -> list[NoticeRequested]:
    found = [out for out in handled.outbound if out.topic == "requested"]
    return [decode(NoticeRequested, out.value) for out in found]


def settled(handled: Handled) -> list[NoticeSettled]:
    found = [out for out in handled.outbound if out.topic == "settled"]
    return [decode(NoticeSettled, out.value) for out in found]


def test_an_opened_case_requests_an_acknowledgement_keyed_by_case(desk: Desk) -> None:
    contact = desk.contact("a")
    handled = desk.take(a_change(ChangeKind.OPENED, 1, contact=contact))
    (notice,) = requested(handled)
    assert notice.recipient == f"contact:{contact['contact_id']}"
    assert (notice.kind, notice.template, notice.case_seq) == ("acknowledgement",) * 2 + (1,)
    assert handled.outbound[0].key == case_key(TENANT, "case-1")


def test_each_contact_that_is_done_with_counts_from_its_acceptance(desk: Desk) -> None:
    first, again = at(minutes=1), at(minutes=9)
    handled = desk.take(
        a_change(ChangeKind.OPENED, 1, contact=desk.contact("a") | {"accepted_at": first}),
        a_change(ChangeKind.ACKNOWLEDGED, 2),
        a_change(ChangeKind.CONTACT_ADDED, 3, contact=desk.contact("b") | {"accepted_at": again}),
        a_change(ChangeKind.CONTACT_ADDED, 4, contact=desk.contact("old")),
    )
    assert handled.accepted == [first, again]


def test_no_address_ever_leaves_the_directory(desk: Desk) -> None:
    handled = desk.take(a_change(ChangeKind.OPENED, 1, contact=desk.contact("a")))
    assert CANARY.encode() not in b"".join(out.value or b"" for out in handled.outbound)
    assert CANARY not in repr(desk.store.notices)


def test_a_whole_life_in_one_batch_throttles_what_follows_too_soon(desk: Desk) -> None:
    first, again = desk.contact("a", person="p"), desk.contact("b", person="p")
    again["relation"] = Relation.REPEAT
    handled = desk.take(
        a_change(ChangeKind.OPENED, 1, contact=first | {"person": "p"}),
        a_change(ChangeKind.CONTACT_ADDED, 2, contact=again | {"person": "p"}),
        a_change(ChangeKind.ACKNOWLEDGED, 3),
        a_change(ChangeKind.RESOLVED, 4, note="已找到"),
    )
    assert [notice.kind for notice in requested(handled)] == [
        "acknowledgement",
        "progress",
        "result",
    ]
    (silent,) = settled(handled)
    assert (silent.state, silent.reason) == (NoticeState.SUPPRESSED, "throttled:taken_up")
    assert silent.attempts == 0


def test_one_batch_or_many_decide_the_same(desk: Desk) -> None:
    other = Desk()
    contacts = [desk.contact(name) for name in "abc"]
    for name in "abc":
        other.contact(name)
    changes = [a_change(ChangeKind.OPENED, 1, contact=contacts[0])]
    changes += [
        a_change(ChangeKind.CONTACT_ADDED, seq, contact=contacts[seq % 3]) for seq in range(2, 8)
    ]
    changes += [a_change(ChangeKind.ASSIGNED, 8), a_change(ChangeKind.RESOLVED, 9, note="x")]
    desk.take(*changes)
    for change in changes:
        other.take(change)
    assert {key: row.told for key, row in desk.store.notices.items()} == {
        key: row.told for key, row in other.store.notices.items()
    }


def test_a_replay_produces_the_same_bytes_again(desk: Desk) -> None:
    batch = [desk.inbound(a_change(ChangeKind.OPENED, 1, contact=desk.contact("a")))]
    first = desk.handler.handle(batch, {})
    desk.clock.advance(60)
    again = desk.handler.handle(batch, {})
    assert again.outbound == first.outbound
    assert again.outcomes == {"replayed": 1}


def test_a_change_that_comes_twice_is_told_once(desk: Desk) -> None:
    change = a_change(ChangeKind.OPENED, 1, contact=desk.contact("a"))
    first = desk.take(change, change)
    second = desk.take(change)
    assert len(first.outbound) == 1
    assert second.outbound == []
    assert second.outcomes == {"told_before": 1}


def test_a_replayed_dead_letter_asks_for_what_was_decided_and_never_produced(desk: Desk) -> None:
    died = desk.inbound(a_change(ChangeKind.OPENED, 1, contact=desk.contact("a")))
    stored = desk.handler.handle([died], {})  # its transaction is lost, its heir buries the record
    replay = died._replace(offset=99, headers=((REPLAY_OF, b"changed.dead:0:0"),))
    assert desk.handler.handle([replay], {}).outbound == stored.outbound


def test_a_worker_that_dies_after_storing_some_decisions_completes_them(desk: Desk) -> None:
    contacts = [desk.contact(name) for name in "ab"]
    desk.take(
        a_change(ChangeKind.OPENED, 1, contact=contacts[0]),
        a_change(ChangeKind.CONTACT_ADDED, 2, contact=contacts[1]),
    )
    batch = [desk.inbound(a_change(ChangeKind.RESOLVED, 3, note="x"))]
    whole = desk.handler.handle(batch, {})
    lost = decode(NoticeRequested, whole.outbound[0].value).notice_id
    del desk.store.notices[lost]
    assert desk.handler.handle(batch, {}).outbound == whole.outbound


def test_a_contact_that_joins_later_does_not_change_a_replay(desk: Desk) -> None:
    desk.take(a_change(ChangeKind.OPENED, 1, contact=desk.contact("a")))
    batch = [desk.inbound(a_change(ChangeKind.RESOLVED, 2, note="x"))]
    first = desk.handler.handle(batch, {})
    desk.take(a_change(ChangeKind.CONTACT_ADDED, 3, contact=desk.contact("b")))
    assert desk.handler.handle(batch, {}).outbound == first.outbound


def test_a_text_in_english_is_answered_in_english(desk: Desk) -> None:
    contact = desk.contact("a", text="My parcel is late", language=None)
    handled = desk.take(a_change(ChangeKind.OPENED, 1, contact=contact))
    assert requested(handled)[0].language == "en"


def test_a_broken_record_is_a_dead_letter_and_the_others_go_on(desk: Desk) -> None:
    good = desk.inbound(a_change(ChangeKind.OPENED, 1, contact=desk.contact("a")))
    handled = desk.handler.handle([good._replace(value=b"{", offset=99), good], {})
    assert len(handled.dead) == 1
    assert len(requested(handled)) == 1


def test_a_change_of_a_newer_producer_is_counted_and_passed_over(desk: Desk) -> None:
    inbound = desk.inbound(a_change(ChangeKind.NOTED))
    newer = inbound._replace(value=(inbound.value or b"").replace(b'"noted"', b'"praised"'))
    handled = desk.handler.handle([newer], {})
    assert handled.outcomes == {"unknown_change": 1}


def test_an_outage_of_the_database_is_an_outage(desk: Desk) -> None:
    def away(name: str) -> None:
        raise OutageError("mongodb", "away")

    desk.store.before = away
    with pytest.raises(OutageError):
        desk.take(a_change(ChangeKind.OPENED, 1, contact=desk.contact("a")))


def test_time_written_is_that_of_the_decision_and_throttling_goes_by_the_change(
    desk: Desk,
) -> None:
    contact = desk.contact("a", person="p")
    desk.take(a_change(ChangeKind.OPENED, 1, contact=contact, at=at()))
    for seq, hours, word in ((2, 1, "requested"), (3, 20, "settled"), (4, 30, "requested")):
        handled = desk.take(a_change(ChangeKind.ACKNOWLEDGED, seq, at=at(hours=hours)))
        assert [out.topic for out in handled.outbound] == [word], seq


def test_whoever_had_to_be_told_and_has_no_address_is_counted_and_marked(desk: Desk) -> None:
    mute = desk.contact("a", email=None)
    handled = desk.take(a_change(ChangeKind.OPENED, 1, contact=mute))
    (end,) = settled(handled)
    assert (end.reason, end.mandatory) == ("no_address", True)
    assert handled.unreached == {("contact", "acknowledgement", "no_address"): 1}
    (row,) = desk.store.notices.values()
    assert row.unreached_at == end.at


def test_whoever_need_not_be_told_is_not_missed(desk: Desk) -> None:
    desk.take(a_change(ChangeKind.OPENED, 1, contact=desk.contact("a", email=None)))
    handled = desk.take(a_change(ChangeKind.INVESTIGATION_STARTED, 2))
    assert [end.mandatory for end in settled(handled)] == [None]
    assert handled.unreached == {}
