"""A pass of aftercare and of retention, over the case path in memory."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from schemas.cases import CaseState
from schemas.vocabulary import CaseStatus
from services.adapters.memory_aftercare import MemoryAftercare
from services.cli.sweep import Answer, as_command, follow_up, remove
from services.domain.retention import REMOVED
from tests.support.api_desk import Desk, a_desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk() as opened:
        yield opened


class Pass:
    """An answered case, and passes over it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.contact = desk.send(id="a1", customer="c", name="王芳", text="我叫王芳")
        self.case_id = desk.case_of(self.contact)
        desk.act(self.case_id, "resolve", note="done")
        queries = desk.pipeline.queries
        self.store = MemoryAftercare(queries._dedup, queries._cases)
        self.told: list[str] = []

    def send(self, state: CaseState, kind: str, key: str) -> Answer:
        path = f"/v1/cases/{state.case_id}/commands"
        answer = self.desk.client.post(path, json=as_command(kind, key, state.seq))
        return Answer(answer.status_code == 200, answer.json().get("refusal", ""))

    def later(self, **span: float) -> None:
        self.desk.clock.advance(timedelta(**span).total_seconds())

    def follow_up(self) -> int:
        return follow_up(self.store.due(self.desk.clock.now(), 100), self.send).done

    def remove(self):  # type: ignore[no-untyped-def]
        now = self.desk.clock.now()
        states = self.store.ended(now - timedelta(days=1096), 100)
        return remove(states, self.store, self.send, now, self.told.append)

    def state(self) -> CaseState:
        state = self.desk.pipeline.queries.case("default", self.case_id)
        assert state is not None
        return state

    def text(self) -> str:
        return self.desk.pipeline.queries.contacts("default", self.case_id)[0].contact.text


def test_passes_take_a_silent_case_from_its_answer_to_the_archive(desk: Desk) -> None:
    one = Pass(desk)
    assert one.follow_up() == 0
    for span in ({"hours": 25}, {"hours": 49}, {"hours": 73}, {"days": 61}):
        one.later(**span)
        assert one.follow_up() == 1
        assert one.follow_up() == 0
    assert one.state().status is CaseStatus.ARCHIVED


def test_personal_data_go_after_their_time_and_the_case_says_so(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=1095)
    assert one.remove().found == 0
    one.later(days=2)
    tally = one.remove()
    assert (tally.done, tally.contacts, tally.failed) == (1, 1, [])
    assert one.text() == REMOVED
    assert one.state().anonymised_at is not None
    assert one.state().category is not None
    assert "王芳" not in desk.track(one.contact, "zh")["contacts"][0]["text"]
    assert one.remove().found == 0


def test_a_held_case_keeps_everything(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    desk.act(one.case_id, "hold", note="court order")
    one.later(days=2000)
    assert (one.remove().held, one.text()) == (1, "我叫王芳")
    assert one.told == [f"{one.case_id}  on legal hold, kept"]


def test_a_hold_that_came_after_the_reading_counts(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=2000)
    read = one.store.ended(desk.clock.now(), 100)
    desk.act(one.case_id, "hold", note="court order")
    tally = remove(read, one.store, one.send, desk.clock.now(), one.told.append)
    assert (tally.done, tally.moved_on, one.text()) == (0, 1, "我叫王芳")


def test_a_pass_that_died_between_deciding_and_doing_is_finished_by_the_next(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=2000)
    assert one.send(one.state(), "anonymise", "a").is_accepted
    assert one.text() == "我叫王芳"
    assert one.remove().contacts == 1
    assert one.text() == REMOVED


def test_a_case_that_cannot_be_asked_is_named(desk: Desk) -> None:
    one = Pass(desk)
    one.later(days=2)
    tally = follow_up(one.store.due(desk.clock.now(), 9), lambda *_: Answer(False, "pending"))
    assert tally.failed == [f"{one.case_id}: pending"]
