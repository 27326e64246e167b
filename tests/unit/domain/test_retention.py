"""What people wrote goes from a case's log; what happened, and what a state is made of, stays."""

from typing import Any

import pytest

from schemas.cases import CaseChanged
from schemas.codec import decode, encode
from schemas.handling import (
    Apology,
    Coordination,
    Cost,
    Finding,
    Investigation,
    Measure,
    Money,
    PaymentResult,
    RecordEntry,
    Risk,
)
from schemas.vocabulary import ChangeKind, CommandKind
from services.domain.case_store import LogEntry, LoggedCommand, LoggedEvent
from services.domain.retention import without_words
from tests.support.builders import TENANT, a_command, at

WORDS = "王芳 13800138000 虎门镇1号"
ENTRIES = (
    RecordEntry(investigation=Investigation(text=WORDS)),
    RecordEntry(risk=Risk(grade="high", text=WORDS)),
    RecordEntry(finding=Finding(outcome="valid", party="contractor", text=WORDS)),
    RecordEntry(measure=Measure(text=WORDS)),
    RecordEntry(apology=Apology(channel="phone", text=WORDS)),
    RecordEntry(coordination=Coordination(unit="team:claims", text=WORDS)),
    RecordEntry(cost=Cost(minutes=3, money=Money(minor=1, currency="CNY"), text=WORDS)),
)


def an_event(kind: ChangeKind, **fields: Any) -> LoggedEvent:
    change = CaseChanged(
        tenant=TENANT, case_id="C1", seq=2, at=at(), kind=kind, actor="clerk:7",
        status="acknowledged", **fields,
    )  # fmt: skip
    return LoggedEvent(2, "t:0:1", encode(change))


def an_entry(*events: LoggedEvent, sent: tuple[LoggedCommand, ...] = ()) -> LogEntry:
    return LogEntry(f"{TENANT}|C1", 1, at(), ("t:0:1",), (), events, (), sent)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: next(iter(one.model_fields_set)))
def test_no_part_of_the_record_keeps_its_words(entry: RecordEntry) -> None:
    silent = without_words(an_entry(an_event(ChangeKind.RECORDED, entry=entry)))
    (event,) = silent.events
    assert WORDS.encode() not in event.value
    before = entry.model_dump(exclude_none=True)
    after = decode(CaseChanged, event.value).entry
    assert after is not None
    (name,) = before
    assert after.model_dump(exclude_none=True) == {name: {**before[name], "text": "[removed]"}}


def test_notes_references_and_reasons_in_free_words_go() -> None:
    paid = PaymentResult(payment_id="pay-1", is_paid=True, reference=WORDS)
    entry = an_entry(
        an_event(ChangeKind.NOTED, note=WORDS, on_behalf_of=WORDS),
        an_event(ChangeKind.PAYMENT_SETTLED, payment=paid),
        an_event(ChangeKind.EXTENDED, reason=WORDS, note=WORDS),
        sent=(LoggedCommand("t|C2", encode(a_command(CommandKind.NOTE, "C2", "k", note=WORDS))),),
    )
    silent = without_words(entry)
    values = [*(one.value for one in silent.events), *(one.value for one in silent.sent)]
    assert not [value for value in values if WORDS.encode() in value]
    assert (silent.sources, silent.n) == (entry.sources, entry.n)


def test_the_word_of_a_policy_stays_and_what_holds_no_words_is_the_very_same() -> None:
    entry = an_entry(an_event(ChangeKind.REJECTED, reason="withdrawn"))
    assert without_words(entry) is entry


def test_removing_twice_changes_nothing() -> None:
    once = without_words(an_entry(an_event(ChangeKind.NOTED, note=WORDS)))
    assert without_words(once) is once
