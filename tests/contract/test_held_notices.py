"""What is held, counted and chosen, in memory and on MongoDB."""

from dataclasses import replace

import pytest

from services.adapters.memory_notices import MemoryNoticeStore
from services.adapters.memory_sends import MemorySendStore
from services.adapters.mongo_notices import MongoNoticeStore
from services.adapters.mongo_sends import MongoSendStore
from services.adapters.preferences import MemoryPreferences, MongoPreferences
from services.domain.notice_store import NoticeStore
from services.domain.preferences import Choice, Preferences, PreferenceStore
from services.domain.send_store import SendStore
from tests.contract.test_notice_stores import a_row
from tests.support.builders import at


@pytest.fixture
def notices(backend: str, request: pytest.FixtureRequest) -> NoticeStore:
    if backend == "memory":
        return MemoryNoticeStore()
    return MongoNoticeStore(request.getfixturevalue("database"))


def test_what_is_held_is_listed_by_partition_when_due_until_it_is_let_go(
    backend: str, request: pytest.FixtureRequest
) -> None:
    notices: NoticeStore
    sends: SendStore
    if backend == "memory":
        notices = memory = MemoryNoticeStore()
        sends = MemorySendStore(memory)
    else:
        database = request.getfixturevalue("database")
        notices, sends = MongoNoticeStore(database), MongoSendStore(database)
    rows = [
        replace(a_row("N1"), due=at(hours=2), partition=1),
        replace(a_row("N2", seq=2), due=at(hours=1), partition=1),
        replace(a_row("N3", seq=3), due=at(hours=1), partition=2),
        replace(a_row("N4", seq=4), due=at(hours=9), partition=1),
        a_row("N5", seq=5),
    ]
    assert notices.insert(rows)["N1"] == rows[0]
    assert notices.insert(rows)["N2"] == rows[1]
    due = [(one.notice_id, one.due) for one in notices.due([1], at(hours=3), 10)]
    assert due == [("N2", at(hours=1)), ("N1", at(hours=2))]
    first = notices.due([1], at(hours=3), 10)[0]
    told = rows[1].told
    assert (first.case_key, first.seq, first.kind, first.who) == (
        rows[1].case_key, told.seq, told.kind, told.who,
    )  # fmt: skip
    assert len(notices.due([1, 2], at(hours=3), 2)) == 2
    assert sends.release({"N1": "r:0:1", "N2": "r:0:2"}) == {"N1": "r:0:1", "N2": "r:0:2"}
    assert sends.release({"N1": "r:0:9"}) == {"N1": "r:0:1"}
    assert [one.notice_id for one in notices.due([1, 2], at(hours=3), 10)] == ["N3"]


def test_what_goes_to_staff_by_itself_is_counted_up_to_the_limit(notices: NoticeStore) -> None:
    rows = [
        replace(a_row(f"N{n}", who=None, seq=n), to="team:x", decided_at=at(minutes=n))
        for n in range(1, 6)
    ]
    notices.insert([*rows, a_row("N9", who=None, contact_id="team:x", seq=9)])
    assert notices.sent_since(at(minutes=3), ["team:x"], 10).get("team:x") == 3
    assert notices.sent_since(at(minutes=1), ["team:x"], 2).get("team:x") == 2
    assert notices.sent_since(at(minutes=9), ["team:x"], 2).get("team:x", 0) == 0


def test_who_got_more_than_the_limit_hides_nobody_behind_him(notices: NoticeStore) -> None:
    sent = {"team:a": 7, "team:b": 1, "team:c": 3, "team:d": 2}
    rows = [
        replace(a_row(f"N{name}{n}", who=None, seq=n), to=name, decided_at=at(minutes=n))
        for name, count in sent.items()
        for n in range(1, count + 1)
    ]
    notices.insert(rows)
    for limit in (1, 2, 3, 5):
        found = notices.sent_since(at(minutes=1), ["team:e", *sent], limit)
        assert {name: found.get(name, 0) for name in ("team:e", *sent)} == {
            "team:e": 0,
            **{name: min(count, limit) for name, count in sent.items()},
        }
    assert notices.sent_since(at(minutes=1), [], 2) == {}


def test_what_is_said_takes_the_place_of_what_was_chosen_before(
    backend: str, request: pytest.FixtureRequest
) -> None:
    choices: PreferenceStore = MemoryPreferences()
    if backend != "memory":
        choices = MongoPreferences(request.getfixturevalue("database"))
    first = Choice(at(), "one_click", True, "N1")
    second = Choice(at(seconds=1), "page", False)
    choices.choose("t|p1", Preferences(language="en", channels=("sms",), opt_out=True), first)
    choices.choose("t|p1", Preferences(zone="Asia/Tokyo"), second, {"zone"})
    both = Preferences(language="en", channels=("sms",), zone="Asia/Tokyo", opt_out=True)
    assert choices.chosen(["t|p1"]) == {"t|p1": both}
    choices.choose("t|p3", Preferences(), second, {"language"})
    assert choices.chosen(["t|p3"]) == {"t|p3": Preferences()}
    choices.choose("t|p1", Preferences(zone="Asia/Tokyo"), second)
    assert choices.choices("t|p1") == [first, second, second]
    assert choices.choices("t|p2") == []
    assert choices.chosen(["t|p1", "t|p2"]) == {"t|p1": Preferences(zone="Asia/Tokyo")}
