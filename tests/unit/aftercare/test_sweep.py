"""A pass of aftercare and of retention, over the case path in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.cases import CaseState
from schemas.vocabulary import CaseStatus, CommandKind
from services.adapters.memory_aftercare import MemoryAftercare
from services.aftercare import sweep
from services.aftercare.sweep import Answer, Asked, Sweep, Tally, as_command
from services.domain.aftercare import load_aftercare
from services.domain.retention import REMOVED
from tests.support.api_desk import Desk, a_desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk() as opened:
        yield opened


class Pass:
    """An answered case, and passes over it."""

    def __init__(self, desk: Desk, name: str = "a") -> None:
        self.desk = desk
        waybill = f"SF13000000000{ord(name):02}"
        self.contact = desk.send(
            id=f"{name}1", customer=name, name="王芳", text="我叫王芳", waybill=waybill
        )
        self.case_id = desk.case_of(self.contact)
        desk.act(self.case_id, "resolve", note="done")
        queries = desk.pipeline.queries
        self.store = MemoryAftercare(queries._dedup, queries._cases)
        self.told: list[str] = []

    def send(self, wanted: Sequence[Asked]) -> list[Answer]:
        return [self.ask(one) for one in wanted]

    def ask(self, asked: Asked) -> Answer:
        path = f"/v1/cases/{asked.state.case_id}/commands"
        answer = self.desk.post(path, as_command(asked), actor="system")
        return Answer(answer.status_code == 200, answer.json().get("refusal", ""))

    def later(self, **span: float) -> None:
        self.desk.clock.advance(timedelta(**span).total_seconds())

    def sweep(self) -> Sweep:
        return Sweep(self.store, self.send, load_aftercare())

    def follow_up(self) -> int:
        return self.sweep().follow_up(self.desk.clock.now()).done

    def remove(self) -> Tally:
        now = self.desk.clock.now()
        sweep = self.sweep()
        tally = sweep.remove(now, self.told.append)
        return sweep.finish(now, tally)

    def state(self) -> CaseState:
        state = self.desk.pipeline.queries.case("default", self.case_id)
        assert state is not None
        return state

    def text(self) -> str:
        return self.desk.pipeline.queries.contacts("default", self.case_id)[0].contact.text


class Appealed(Pass):
    """A case that was answered and appealed against."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        desk.act(self.case_id, "appeal", note="too little")
        self.appeal_id = self.state().appealed_by or ""

    def end_appeal(self) -> None:
        answer = self.desk.act(self.appeal_id, "resolve", note="It stays so.")
        assert answer.status_code == 200
        self.desk.act(self.appeal_id, "close")


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


def test_what_clerks_wrote_goes_with_it_from_history_tracking_and_the_cases_merged(
    desk: Desk,
) -> None:
    one = Pass(desk, "c")
    one.later(minutes=1)
    other = Pass(desk, "d")
    desk.act(one.case_id, "reopen", note="王芳又打来了")
    desk.act(other.case_id, "reopen", note="王芳 13800138000")
    assert desk.act(one.case_id, "merge", other=other.case_id).json()["case_id"] == one.case_id
    desk.act(one.case_id, "resolve", note="已与王芳联系")
    desk.act(one.case_id, "close")
    one.later(days=1097)
    foreseen = one.sweep().counts(one.state())
    tally = one.remove()
    assert foreseen == (tally.contacts, tally.entries)
    assert tally.entries >= 4
    for case_id in (one.case_id, other.case_id):
        assert "王芳" not in desk.client.get(f"/v1/cases/{case_id}").text
    assert "王芳" not in str(desk.track(one.contact, "zh"))


def test_a_held_case_keeps_everything(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    desk.act(one.case_id, "note", note="王芳在起诉")
    desk.act(one.case_id, "hold", note="court order")
    one.later(days=2000)
    assert (one.remove().held, one.text()) == (1, "我叫王芳")
    assert one.told == [f"{one.case_id}  on legal hold, kept"]
    assert "王芳在起诉" in desk.client.get(f"/v1/cases/{one.case_id}").text


def test_what_is_written_after_the_removal_goes_too_however_late(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=1097)
    assert one.remove().done == 1
    one.later(days=100)
    desk.act(one.case_id, "note", note="王芳又打来了")
    one.later(days=100)
    assert one.remove().entries == 1
    assert "王芳" not in desk.client.get(f"/v1/cases/{one.case_id}").text


def test_what_is_written_after_the_removal_of_a_case_on_hold_stays(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=1097)
    one.remove()
    desk.act(one.case_id, "hold", note="王芳在起诉")
    assert one.remove().entries == 0
    assert "王芳在起诉" in desk.client.get(f"/v1/cases/{one.case_id}").text


def test_a_contact_after_the_removal_goes_once_there_was_time_to_read_it(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=1097)
    assert one.ask(Asked(one.state(), CommandKind.ANONYMISE, "a")).is_accepted
    one.later(days=100)
    cases, key = desk.pipeline.queries._cases.cases, f"default|{one.case_id}"
    came = {"last_contact_at": desk.clock.now(), "updated_at": desk.clock.now()}
    cases[key] = replace(cases[key], state=one.state().model_copy(update=came), encoded=None)
    assert (one.remove().contacts, one.text()) == (0, "我叫王芳")
    one.later(days=31)
    assert (one.remove().contacts, one.text()) == (1, REMOVED)


def test_a_case_appealed_against_keeps_everything_while_its_appeal_is_open(desk: Desk) -> None:
    one = Appealed(desk)
    one.later(days=2000)
    tally = one.remove()
    assert (tally.held, tally.done, one.text()) == (1, 0, "我叫王芳")
    assert one.told == [f"{one.case_id}  its appeal {one.appeal_id} needs it, kept"]


def test_a_case_appealed_against_keeps_everything_while_its_appeal_is_held(desk: Desk) -> None:
    one = Appealed(desk)
    one.end_appeal()
    desk.act(one.appeal_id, "hold", note="court order")
    one.later(days=2000)
    assert (one.remove().held, one.text()) == (2, "我叫王芳")
    desk.act(one.appeal_id, "release", note="settled")
    one.remove()
    one.remove()
    assert one.text() == REMOVED


def test_an_appeal_keeps_everything_while_the_case_it_is_about_is_held(desk: Desk) -> None:
    one = Appealed(desk)
    one.end_appeal()
    desk.act(one.case_id, "hold", note="court order")
    one.later(days=2000)
    assert (one.remove().held, one.remove().done) == (2, 0)


def test_a_hold_that_came_after_the_reading_counts(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=2000)

    def held_meanwhile(wanted: Sequence[Asked]) -> list[Answer]:
        desk.act(one.case_id, "hold", note="court order")
        return one.send(wanted)

    tally = Sweep(one.store, held_meanwhile, load_aftercare()).remove(
        desk.clock.now(), one.told.append
    )
    assert (tally.done, tally.moved_on, one.text()) == (0, 1, "我叫王芳")


def test_a_pass_that_died_between_deciding_and_doing_is_finished_by_the_next(desk: Desk) -> None:
    one = Pass(desk)
    desk.act(one.case_id, "close")
    one.later(days=2000)
    assert one.ask(Asked(one.state(), CommandKind.ANONYMISE, "a")).is_accepted
    assert one.text() == "我叫王芳"
    assert one.remove().contacts == 1
    assert one.text() == REMOVED


def test_a_case_that_cannot_be_asked_is_named(desk: Desk) -> None:
    one = Pass(desk)
    one.later(days=2)
    silent = Sweep(one.store, lambda wanted: [Answer(False, "pending")], load_aftercare())
    tally = silent.follow_up(desk.clock.now())
    assert (tally.failed, tally.pending) == ([f"{one.case_id}: pending"], 1)


def test_cases_that_stay_due_hide_nobody_behind_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PAGE", 1)
    stuck, other = Pass(desk), Pass(desk, "b")

    def ask(wanted: Sequence[Asked]) -> list[Answer]:
        is_stuck = [asked.state.case_id == stuck.case_id for asked in wanted]
        refused = Answer(False, "nothing_due")
        return [
            refused if no else stuck.ask(asked) for no, asked in zip(is_stuck, wanted, strict=True)
        ]

    other.later(days=2)
    tally = Sweep(stuck.store, ask, load_aftercare()).follow_up(desk.clock.now())
    assert (tally.found, tally.done, tally.moved_on) == (2, 1, 1)


def test_many_held_cases_do_not_keep_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PAGE", 1)
    held, other = Pass(desk), Pass(desk, "b")
    for one in (held, other):
        desk.act(one.case_id, "close")
    desk.act(held.case_id, "hold", note="court order")
    held.later(days=2000)
    tally = held.remove()
    assert (tally.held, tally.done) == (1, 1)
    assert (held.text(), other.text()) == ("我叫王芳", REMOVED)


def test_a_refusal_is_not_the_last_word_nor_asked_for_again_and_again(desk: Desk) -> None:
    """The reader's clock may be ahead of the case's by a moment."""
    one = Pass(desk)
    one.later(days=2)
    keys: list[str] = []

    def refuse(wanted: Sequence[Asked]) -> list[Answer]:
        keys.extend(asked.key for asked in wanted)
        return [Answer(False, "nothing_due") for _ in wanted]

    sweeping, due = Sweep(one.store, refuse, load_aftercare()), one.state().aftercare
    assert due is not None
    assert due.follow_up_at is not None
    for seconds in (0, 30, 59, 60, 119, 120, 200, 240, 470):
        sweeping.follow_up(due.follow_up_at + timedelta(seconds=seconds))
    assert len(keys) == len(set(keys)) == 4
