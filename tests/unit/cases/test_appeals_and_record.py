"""The appeal, a case linked with the one it is about; and the record of a case."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.added import ContactAdded
from schemas.cases import CaseCommand, CaseState
from schemas.codec import decode, encode
from schemas.handling import MOST_MINOR, Money
from schemas.vocabulary import CaseStatus, Channel, CommandKind, Refusal, Relation
from services.cases.appeals import appeal_id_of
from tests.support.builders import a_command, a_contact, at
from tests.unit.cases.desk import CASE, FIRST, Desk, another, changes

CONTACT = ContactAdded(
    contact_id=a_contact().contact_id,
    relation=Relation.NEW,
    channel=Channel.APP,
    received_at=at(),
)


@pytest.fixture
def desk() -> Desk:
    """A case that was answered."""
    desk = Desk()
    desk.take(FIRST)
    desk.act(CommandKind.RESOLVE, note="It was found.")
    return desk


def sent(desk: Desk) -> list[CaseCommand]:
    """Return the commands to other cases that the last one led to."""
    return [decode(CaseCommand, o.value) for o in desk.last.outbound if o.topic == "commands"]


def appealed(desk: Desk, **more: Any) -> str:
    """Appeal, let the other case hear of it, and return its id."""
    desk.clock.time = at(days=3)
    desk.act(CommandKind.APPEAL, actor="customer", note="too little", contact=CONTACT, **more)
    (opening,) = sent(desk)
    desk.take(opening)
    return opening.case_id


def test_an_appeal_is_a_case_of_its_own_with_clocks_of_its_own(desk: Desk) -> None:
    appeal_id = appealed(desk)
    about, appeal = desk.case(), desk.case(appeal_id)
    assert (about.status, about.appealed_by) == ("appealed", appeal_id)
    assert (appeal.status, appeal.appeal_of, appeal.opened_at) == ("received", CASE, at(days=3))
    assert (appeal.fired, appeal.reopened, appeal.first_contact_id) == ((), 0, CONTACT.contact_id)


def test_an_appeal_begins_when_it_was_lodged_not_when_it_was_typed(desk: Desk) -> None:
    appeal = desk.case(appealed(desk, lodged_at=at(days=1)))
    assert appeal.opened_at == at(days=1)


def test_an_appeal_by_a_letter_begins_when_the_letter_was_received(desk: Desk) -> None:
    desk.clock.time = at(days=3)
    letter = CONTACT.model_copy(update={"received_at": at(days=2)})
    desk.act(CommandKind.APPEAL, actor="customer", note="too little", contact=letter)
    (opening,) = sent(desk)
    assert opening.lodged_at == at(days=2)


@pytest.mark.parametrize("lodged_at", [at(days=-1), at(hours=1), at(days=4)])
def test_an_appeal_is_lodged_after_the_answer_and_before_now(lodged_at: datetime) -> None:
    desk = Desk()
    desk.take(FIRST)
    desk.clock.time = at(hours=2)
    desk.act(CommandKind.RESOLVE, note="It was found.")
    desk.clock.time = at(days=3)
    settled = desk.act(
        CommandKind.APPEAL, actor="customer", note="no", contact=CONTACT, lodged_at=lodged_at
    )
    assert settled.refusal is Refusal.INVALID_FIELD
    assert "lodged_at" in (settled.explanation or "")


def test_an_appeal_that_was_lodged_in_time_is_in_time_however_late_it_is_typed(desk: Desk) -> None:
    care = desk.case().aftercare
    assert care is not None
    assert care.appeal_until is not None
    desk.clock.time = care.appeal_until + timedelta(days=2)
    lodged = {"actor": "customer", "note": "no", "contact": CONTACT}
    late = desk.act(CommandKind.APPEAL, **lodged)
    assert late.refusal is Refusal.WINDOW_OVER
    assert desk.act(CommandKind.APPEAL, lodged_at=care.appeal_until, **lodged).refusal is None


def test_an_appeal_goes_a_level_and_a_team_up(desk: Desk) -> None:
    appeal = desk.case(appealed(desk))
    assert (appeal.level, appeal.team, appeal.category) == (3, "senior-desk", "delay")
    assert appeal.assignee in ("clerk-801", "clerk-802", "clerk-803")


def test_the_opening_of_an_appeal_sent_twice_opens_it_once(desk: Desk) -> None:
    desk.act(CommandKind.APPEAL, actor="customer", note="x", contact=CONTACT)
    (opening,) = sent(desk)
    desk.take(opening)
    assert changes(desk.take(opening)) == []
    assert desk.case(opening.case_id).seq == 1


def test_an_appeal_that_was_logged_and_not_produced_is_produced_later(desk: Desk) -> None:
    record = desk.record(
        a_command(CommandKind.APPEAL, CASE, "lost", actor="customer", note="x", contact=CONTACT)
    )
    lost = desk.handle([record], commit=False)
    later = desk.handle([desk.record(a_command(CommandKind.NOTE, CASE, "later"))])
    again = [o for o in later.outbound if o.topic == "commands"]
    assert again == [o for o in lost.outbound if o.topic == "commands"] != []


def test_the_id_of_an_appeal_is_derived(desk: Desk) -> None:
    seq = desk.case().seq
    assert appealed(desk) == appeal_id_of("default", CASE, seq + 1)


def test_an_appeal_is_not_appealed_against_here_but_a_regulator_may(desk: Desk) -> None:
    appeal_id = appealed(desk)
    fields = {"note": "x", "contact": CONTACT, "issued_at": desk.clock.time}
    desk.take(a_command(CommandKind.RESOLVE, appeal_id, "r", note="It stays so."))
    desk.take(a_command(CommandKind.APPEAL, appeal_id, "a", actor="customer", **fields))
    assert desk.case(appeal_id).status is CaseStatus.RESOLVED
    desk.take(a_command(CommandKind.APPEAL, appeal_id, "b", actor="authority:12305", **fields))
    assert desk.case(appeal_id).status is CaseStatus.APPEALED


def test_an_appeal_has_its_time(desk: Desk) -> None:
    desk.clock.time = at(days=366)
    late = desk.act(CommandKind.APPEAL, actor="customer", note="x", contact=CONTACT)
    assert late.refusal is Refusal.WINDOW_OVER


def test_an_open_case_is_not_appealed_against(desk: Desk) -> None:
    desk.act(CommandKind.REOPEN, note="x")
    early = desk.act(CommandKind.APPEAL, actor="customer", note="x", contact=CONTACT)
    assert early.refusal is Refusal.NOT_ALLOWED_NOW


def test_a_contact_in_the_case_appealed_against_is_told_to_the_appeal(desk: Desk) -> None:
    appeal_id = appealed(desk)
    desk.last = desk.take(another("more photos"))
    (note,) = sent(desk)
    desk.take(note)
    assert desk.case().status is CaseStatus.APPEALED
    assert desk.history(appeal_id)[-1].note == f"{CASE}: {a_contact('more photos').contact_id}"


# ---------------------------------------------------------------------------- the record


def test_each_part_of_the_record_is_an_event_and_the_state_keeps_what_is_short(desk: Desk) -> None:
    desk.act(CommandKind.REOPEN, note="x")
    money = {"minor": 1500, "currency": "CNY"}
    entries: list[dict[str, Any]] = [
        {"investigation": {"text": "The cameras were asked for."}},
        {"risk": {"grade": "high", "concerns": ["legal", "media"]}},
        {"finding": {"outcome": "valid", "party": "partner", "unit": "partner:p1", "text": "Lost"}},
        {"measure": {"text": "The partner was warned."}},
        {"apology": {"channel": "phone", "text": "By telephone."}},
        {"coordination": {"unit": "team:claims", "text": "Asked for the value."}},
        {"cost": {"minutes": 40, "money": money}},
        {"cost": {"minutes": 5}},
        {"cost": {"money": money}},
    ]
    for entry in entries:
        assert desk.act(CommandKind.RECORD, entry=entry).refusal is None
    record = desk.case().record
    assert record is not None
    assert (record.entries, record.risk, record.outcome, record.party, record.liable_unit) == (
        9, "high", "valid", "partner", "partner:p1",
    )  # fmt: skip
    assert (record.minutes, record.cost) == (45, Money(minor=3000, currency="CNY"))
    told = [change.entry for change in desk.history() if change.kind == "recorded"]
    assert all(entry is not None for entry in told)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"measure": {"text": "x"}, "investigation": {"text": "y"}},
        {"cost": {}},
        {"cost": {"money": {"minor": 1, "currency": "EUR"}}},
    ],
)
def test_an_entry_holds_exactly_one_whole_part(desk: Desk, entry: dict[str, Any]) -> None:
    assert desk.act(CommandKind.RECORD, entry=entry).refusal is Refusal.INVALID_FIELD


def test_findings_are_a_persons(desk: Desk) -> None:
    entry = {"finding": {"outcome": "valid", "party": "staff", "text": "x"}}
    assert desk.act(CommandKind.RECORD, actor="system", entry=entry).refusal is (
        Refusal.NOT_PERMITTED
    )


def test_a_window_is_not_turned_back_by_when_something_is_said_to_have_been_lodged(
    desk: Desk,
) -> None:
    desk.clock.time = at(days=40)
    said = {"actor": "clerk:clerk-101", "note": "again"}
    assert desk.act(CommandKind.REOPEN, **said).refusal is Refusal.WINDOW_OVER
    settled = desk.act(CommandKind.REOPEN, lodged_at=at(days=1), **said)
    assert settled.refusal is Refusal.INVALID_FIELD
    assert "lodged_at" in (settled.explanation or "")


def test_the_costs_of_a_case_do_not_come_to_more_than_a_record_can_hold(desk: Desk) -> None:
    desk.act(CommandKind.REOPEN, note="x")
    cost = {"cost": {"money": {"minor": MOST_MINOR, "currency": "CNY"}}}
    assert desk.act(CommandKind.RECORD, entry=cost).refusal is None
    assert desk.act(CommandKind.RECORD, entry=cost).refusal is Refusal.INVALID_FIELD
    assert decode(CaseState, encode(desk.case())) == desk.case()
