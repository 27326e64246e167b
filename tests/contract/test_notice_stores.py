"""What notification and sender remember, in memory and on MongoDB."""

from typing import Any

import pytest

from schemas.codec import encode
from schemas.personal import Personal
from services.adapters.memory_dedup import MemoryDedupStore
from services.adapters.memory_notices import MemoryContactDirectory, MemoryNoticeStore
from services.adapters.memory_sends import MemoryLetterFacts, MemorySendStore
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_notices import MongoContactDirectory, MongoNoticeStore
from services.adapters.mongo_sends import MongoLetterFacts, MongoSendStore
from services.domain.case_store import CaseStore, LogEntry, LoggedEvent
from services.domain.dedup_store import ContactRow, DedupStore
from services.domain.notice_store import ContactDirectory, NoticeRow, NoticeStore, Standing, Told
from services.domain.send_store import (
    AddressMark,
    Claim,
    LetterFacts,
    Outcome,
    Result,
    SendStore,
)
from tests.support.builders import TENANT, a_contact, a_deduplicated, at, sealed


@pytest.fixture
def notices(backend: str, request: pytest.FixtureRequest) -> NoticeStore:
    if backend == "memory":
        return MemoryNoticeStore()
    return MongoNoticeStore(request.getfixturevalue("database"))


@pytest.fixture
def sends(backend: str, request: pytest.FixtureRequest) -> SendStore:
    if backend == "memory":
        return MemorySendStore()
    return MongoSendStore(request.getfixturevalue("database"))


@pytest.fixture
def directory(dedup: DedupStore, request: pytest.FixtureRequest) -> ContactDirectory:
    if isinstance(dedup, MemoryDedupStore):
        return MemoryContactDirectory(dedup)
    assert isinstance(dedup, MongoDedupStore)
    return MongoContactDirectory(request.getfixturevalue("database"))


@pytest.fixture
def facts(dedup: DedupStore, cases: CaseStore, request: pytest.FixtureRequest) -> LetterFacts:
    if isinstance(dedup, MemoryDedupStore):
        return MemoryLetterFacts(dedup, cases)  # type: ignore[arg-type]
    return MongoLetterFacts(request.getfixturevalue("database"))


def a_row(key: str = "N1", case: str = "t|c1", **fields: Any) -> NoticeRow:
    """Return a decision; fields of ``told`` by name."""
    source, out = fields.pop("source", "src:0:1"), fields.pop("out", b"out")
    told: dict[str, Any] = {
        "who": "p1",
        "seq": 1,
        "kind": "progress",
        "at": at(microseconds=123_457),
        "is_requested": True,
        "contact_id": "c1",
        "channel": "email",
        "language": "zh",
    }
    return NoticeRow(key, case, source, Told(**(told | fields)), out)


def a_claim(notice: str = "N1", attempt: int = 1, **fields: Any) -> Claim:
    known: dict[str, Any] = {
        "case_key": "t|c1",
        "channel": "email",
        "owner": "me",
        "at": at(microseconds=1),
    }
    return Claim(notice, attempt, **(known | fields))


def a_result(notice: str = "N1", attempt: int = 1, **fields: Any) -> Result:
    known: dict[str, Any] = {"outcome": Outcome.SENT, "reason": "sent", "at": at(microseconds=2)}
    return Result(notice, attempt, **(known | fields))


# ------------------------------------------------------------------ decisions


def test_a_decision_is_kept_as_it_was_made(notices: NoticeStore) -> None:
    row = a_row()
    assert notices.insert([row]) == {"N1": row}
    assert notices.insert([row]) == {"N1": row}
    assert notices.about([("t|c1", "p1")]) == {"t|c1": [row.told]}


def test_whoever_decides_second_reads_the_first(notices: NoticeStore) -> None:
    first, second = a_row(), a_row(source="src:0:9", out=b"other")
    notices.insert([first])
    fresh = a_row("N2", seq=2)
    assert notices.insert([second, fresh]) == {"N1": first, "N2": fresh}


def test_only_who_was_asked_for_is_told_of(notices: NoticeStore) -> None:
    rows = [
        a_row("N1"),
        a_row("N2", who="p2", seq=2),
        a_row("N3", case="t|c2"),
        a_row("N4", who=None, contact_id="team:x", seq=3),
        a_row("N5", case="t|c11"),
        a_row("N6", case="t|c1|x"),
    ]
    notices.insert(rows)
    assert notices.about([("t|c1", "p1"), ("t|c9", "p1")]) == {"t|c1": [rows[0].told]}
    assert notices.of_cases(["t|c2", "t|c9"]) == {"t|c2": [rows[2].told]}


def test_all_complainants_of_a_case_come_in_order_without_teams(notices: NoticeStore) -> None:
    rows = [a_row(f"N{seq}", who=f"p{seq % 3}", seq=seq) for seq in (5, 1, 4, 2, 3)]
    notices.insert([*rows, a_row("T", who=None, seq=6), a_row("X", case="t|c10")])
    found = notices.of_cases(["t|c1"])["t|c1"]
    assert [told.seq for told in found] == [1, 2, 3, 4, 5]


def test_a_change_is_decided_by_the_standing_that_was_kept_first(notices: NoticeStore) -> None:
    then, now = Standing(2, "claims", "clerk-7", "partner:humen"), Standing(3)
    assert notices.stand({("t|c1", 2): then}) == {("t|c1", 2): then}
    asked = {("t|c1", 2): now, ("t|c1", 3): now, ("t|c2", 2): now}
    assert notices.stand(asked) == asked | {("t|c1", 2): then}


def test_many_cases_are_read_at_once(notices: NoticeStore) -> None:
    rows = [a_row(f"N{number}", case=f"t|c{number}") for number in range(250)]
    notices.insert(rows)
    assert notices.of_cases(row.case_key for row in rows).keys() == {row.case_key for row in rows}


# ------------------------------------------------------------------ who can be reached


def a_ledger_row(**fields: Any) -> ContactRow:
    record = a_deduplicated(a_contact(**fields))
    contact = record.contact
    key = f"{contact.tenant}|{contact.contact_id}"
    return ContactRow(
        key, contact.tenant, contact.contact_id, f"s:0:{key}", "d", record.case_id, "new",
        contact.person, contact.received_at, contact.tracking, (), encode(record),
    )  # fmt: skip


def test_the_directory_says_whether_there_is_an_address_and_never_which(
    dedup: DedupStore, directory: ContactDirectory
) -> None:
    rows = [
        a_ledger_row(
            name="a", personal=sealed(Personal(email="secret@example.com", phone="13800"))
        ),
        a_ledger_row(name="b", personal=None, text="no address", customer=None),
    ]
    dedup.insert_rows(rows)
    found = directory.reaches([rows[0].key, rows[1].key, f"{TENANT}|nobody"])
    assert found.keys() == {rows[0].key, rows[1].key}
    first, second = found[rows[0].key], found[rows[1].key]
    assert (first.has_email, first.has_phone, first.has_account) == (True, True, False)
    assert (first.language, second.language) == ("zh", "en")
    assert (second.has_email, second.has_phone, second.has_account) == (False, False, False)
    assert "secret" not in repr(found)
    assert directory.reaches([]) == {}


# ------------------------------------------------------------------ attempts


def test_an_attempt_is_claimed_by_one(sends: SendStore) -> None:
    assert sends.claim([a_claim()]) == frozenset()
    assert sends.claim([a_claim(owner="other"), a_claim("N2")]) == {"N1#1"}
    found = sends.attempts(["N1", "N2", "N3"])
    assert found.keys() == {"N1", "N2"}
    assert found["N1"][0].claim == a_claim()


def test_a_result_stands_once_it_is_written(sends: SendStore) -> None:
    first, second = a_result(), a_result(outcome=Outcome.UNKNOWN, reason="interrupted")
    assert sends.record([first]) == {"N1#1": first}
    assert sends.record([second, a_result(attempt=2)]) == {
        "N1#1": first,
        "N1#2": a_result(attempt=2),
    }


def test_attempts_come_in_order_with_what_is_known_of_each(sends: SendStore) -> None:
    sends.claim([a_claim(attempt=number) for number in (10, 2, 1)])
    sends.record([a_result(attempt=1, outcome=Outcome.REFUSED), a_result("N9", 0)])
    found = sends.attempts(["N1", "N9"])
    assert [attempt.number for attempt in found["N1"]] == [1, 2, 10]
    assert [attempt.result is None for attempt in found["N1"]] == [False, True, True]
    assert found["N9"][0].claim is None
    assert found["N9"][0].result == a_result("N9", 0)


# ------------------------------------------------------------------ what letters are made of


def test_the_change_a_notice_is_about_is_found_by_its_number(
    cases: CaseStore, facts: LetterFacts
) -> None:
    from tests.unit.notification.test_logic import a_change

    changes = [a_change("noted", seq, note=f"note {seq}") for seq in range(1, 6)]  # type: ignore[arg-type]
    for n, pair in enumerate((changes[:3], changes[3:]), 1):
        events = tuple(LoggedEvent(c.seq, f"s:0:{n}", encode(c)) for c in pair)
        cases.append([LogEntry(f"{TENANT}|case-1", n, at(), (f"s:0:{n}",), (), events)])
    for change in changes:
        assert facts.changes_from(TENANT, "case-1", change.seq, 1) == [change]
    assert [one.seq for one in facts.changes_from(TENANT, "case-1", 2, 3)] == [2, 3, 4]
    assert facts.changes_from(TENANT, "case-1", 6, 9) == []
    assert facts.changes_from(TENANT, "case-2", 1, 9) == []


def test_contacts_are_found_by_their_keys(dedup: DedupStore, facts: LetterFacts) -> None:
    row = a_ledger_row(name="a")
    dedup.insert_rows([row])
    assert facts.contacts([row.key, "t|nobody"]).keys() == {row.key}
    assert facts.contacts([]) == {}


# ------------------------------------------------------------------ after the hand-over


def test_news_of_an_attempt_are_kept_once_of_each_kind(sends: SendStore) -> None:
    sends.claim([Claim("N1", 1, "t|c1", "email", "me", at())])
    first = Result("N1", -12, Outcome.UNDELIVERED, "bounced", at(seconds=1))
    assert sends.record([first]) == {"N1#-12": first}
    later = Result("N1", -12, Outcome.UNDELIVERED, "bounced", at(seconds=2))
    assert sends.record([later]) == {"N1#-12": first}
    assert [one.number for one in sends.attempts(["N1"])["N1"]] == [-12, 1]


def test_the_notice_last_sent_to_an_address_is_found(sends: SendStore) -> None:
    sends.claim(
        [
            Claim("N1", 1, "t|c1", "sms", "me", at(), "a1"),
            Claim("N2", 1, "t|c1", "sms", "me", at(seconds=9), "a1", "texts-1:0123"),
            Claim("N3", 1, "t|c1", "sms", "me", at(seconds=20), "a2"),
            Claim("N4", 1, "t|c1", "chat", "me", at(seconds=30)),
        ]
    )
    assert sends.last_to("a1") == "N2"
    assert sends.last_to("a3") is None
    assert sends.latest_to("a1", 5) == ["N2", "N1"]
    assert (sends.latest_to("a1", 1), sends.latest_to("a3", 5)) == (["N2"], [])
    assert getattr(sends.attempts(["N2"])["N2"][0].claim, "texts", None) == "texts-1:0123"
    assert sends.attempts(["N1"])["N1"][0].claim == Claim("N1", 1, "t|c1", "sms", "me", at(), "a1")


def test_the_first_mark_of_an_address_stands(sends: SendStore) -> None:
    first = AddressMark("a1", "bounced", "N1", at())
    sends.mark([first, AddressMark("a2", "complained", "N2", at())])
    sends.mark([AddressMark("a1", "complained", "N3", at(seconds=5))])
    assert sends.marked(["a1", "a3"]) == {"a1": first}


def test_what_ended_badly_is_found_newest_first(sends: SendStore) -> None:
    outcomes = (Outcome.SENT, Outcome.FAILED, Outcome.AWAY, Outcome.GIVEN_UP, Outcome.UNDELIVERED)
    sends.record(
        [
            Result(f"N{number}", 1, outcome, "said", at(seconds=number))
            for number, outcome in enumerate(outcomes)
        ]
    )
    assert [one.notice_id for one in sends.ended_badly(10)] == ["N4", "N3", "N1"]
    assert [one.notice_id for one in sends.ended_badly(1)] == ["N4"]


def test_a_mark_is_taken_off_with_a_reason_and_a_later_one_counts_again(sends: SendStore) -> None:
    bounced = AddressMark("a1", "bounced", "N1", at())
    sends.mark([bounced, AddressMark("a2", "bounced", "N2", at())])
    (freed,) = sends.unmark(["a1", "a3"], "clerk:wang", "mailbox was full", at(seconds=9))
    assert (freed.mark, freed.actor, freed.reason) == (bounced, "clerk:wang", "mailbox was full")
    assert set(sends.marked(["a1", "a2"])) == {"a2"}
    assert sends.unmark(["a1"], "clerk:li", "again", at(seconds=10)) == []
    sends.mark([bounced])  # its record comes once more, after a death
    assert sends.marked(["a1"]) == {}
    later = AddressMark("a1", "bounced", "N1", at(seconds=20))
    sends.mark([later])
    assert sends.marked(["a1"]) == {"a1": later}
    assert len(sends.unmark(["a1"], "clerk:li", "again", at(seconds=30))) == 1
