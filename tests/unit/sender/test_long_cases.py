"""An answer tells what happened in the whole of a case, and keeps what is another one's."""

from typing import Any

import pytest

from schemas.added import ContactAdded
from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.handling import Apology, Compensation, Money, RecordEntry
from schemas.handling_words import CompensationBranch, CompensationStep
from schemas.notice_words import NoticeKind
from schemas.vocabulary import CaseStatus, ChangeKind, Channel, Relation
from services.domain.case_store import LogEntry, LoggedEvent
from tests.support.builders import NOON, TENANT
from tests.unit.sender.office import Office

APOLOGY = RecordEntry(apology=Apology(channel=Channel.PHONE, text="李女士，非常抱歉。"))


def a_payment(currency: str = "HKD") -> Compensation:
    return Compensation(
        decision=1,
        amount=Money(minor=12_050, currency=currency),
        branch=CompensationBranch.GOODWILL,
        guidance="v1",
        step=CompensationStep.REQUESTED,
        proposed_by="clerk:7",
        payment_id="P1",
        policy="v1",
    )


def answered(relation: Relation, notes: int, before: int = 0, **payment: Any) -> tuple[Office, int]:
    """Return an office whose case went on for some changes ``before`` it was paid for and
    apologised for, and for so many ``notes`` until it was answered; and which that is."""
    office = Office()
    second = ContactAdded(
        contact_id="c2", relation=relation, channel=Channel.PHONE, received_at=NOON
    )
    told: list[tuple[ChangeKind, dict[str, Any]]] = [
        (ChangeKind.OPENED, {}),
        (ChangeKind.CONTACT_ADDED, {"contact": second}),
        *[(ChangeKind.NOTED, {})] * before,
        (ChangeKind.RECORDED, {"entry": APOLOGY}),
        (ChangeKind.PAYMENT_REQUESTED, {"compensation": a_payment(**payment)}),
        *[(ChangeKind.NOTED, {})] * notes,
        (ChangeKind.RESOLVED, {"note": "已处理。"}),
    ]
    for seq, (kind, fields) in enumerate(told, 1):
        change = CaseChanged(
            tenant=TENANT, case_id="case-1", seq=seq, at=NOON, kind=kind, actor="clerk:7",
            status=CaseStatus.RESOLVED, **fields,
        )  # fmt: skip
        source = f"src:0:{seq}"
        event = LoggedEvent(seq, source, encode(change))
        office.cases.append([LogEntry(f"{TENANT}|case-1", seq, NOON, (source,), (), (event,))])
    return office, len(told)


@pytest.mark.parametrize("notes", [1, 1200])
def test_what_was_paid_early_in_a_long_case_is_told_with_the_answer(notes: int) -> None:
    office, seq = answered(Relation.REPEAT, notes)
    text = office.letter(kind=NoticeKind.RESULT, case_seq=seq).text
    assert "120.50 港元（支付中）" in text
    assert "李女士，非常抱歉。" in text


@pytest.mark.parametrize("before", [1, 600])
def test_of_two_complainants_neither_hears_what_the_other_got(before: int) -> None:
    office, seq = answered(Relation.SECOND_COMPLAINANT, 1, before)
    text = office.letter(kind=NoticeKind.RESULT, case_seq=seq).text
    assert "已处理。" in text
    assert "120.50" not in text
    assert "李女士" not in text


@pytest.mark.parametrize(
    ("currency", "language", "words"),
    [("CNY", "zh", "120.50 元"), ("GBP", "zh", "120.50 英镑"), ("GBP", "en", "GBP 120.50")],
)
def test_money_is_called_what_its_reader_calls_it(currency: str, language: str, words: str) -> None:
    office, seq = answered(Relation.REPEAT, 1, currency=currency)
    assert words in office.letter(kind=NoticeKind.RESULT, case_seq=seq, language=language).text


def test_the_history_of_a_case_is_read_once_for_all_who_are_told_its_answer() -> None:
    office, seq = answered(Relation.REPEAT, 1)
    read: list[int] = []
    history = office.facts.history

    def counted(tenant: str, case_id: str, up_to_seq: int) -> list[CaseChanged]:
        read.append(up_to_seq)
        return history(tenant, case_id, up_to_seq)

    office.facts.history = counted  # type: ignore[method-assign]
    asked = [
        office.notice(notice_id=f"N{number}", kind=NoticeKind.RESULT, case_seq=seq)
        for number in range(5)
    ]
    assert len(office.writer.letters(asked)) == 5
    assert read == [seq]
