"""An answer tells what happened in the whole of a case, and keeps what is another one's."""

from typing import Any

import pytest

from schemas.added import ContactAdded
from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.handling import Apology, Compensation, Money, RecordEntry
from schemas.handling_words import CompensationBranch, CompensationStep
from schemas.merging import MergeLink
from schemas.notice_words import NoticeChannel, NoticeKind
from schemas.vocabulary import CaseStatus, ChangeKind, Channel, Relation
from services.domain.case_store import LogEntry, LoggedEvent
from tests.support.builders import NOON, TENANT, a_contact, a_deduplicated
from tests.unit.notification.test_handler import a_row
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


MERGE = MergeLink(merge_id="M1", head="case-1", child="case-2")


def answered(
    relation: Relation,
    notes: int,
    before: int = 0,
    merged: bool = False,
    unmerged: bool = False,
    **payment: Any,
) -> tuple[Office, int]:
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
        *[(ChangeKind.MERGED, {"merge": MERGE})] * merged,
        *[(ChangeKind.UNMERGED, {"merge": MERGE})] * unmerged,
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


@pytest.mark.parametrize(
    ("merged", "unmerged", "is_told"),
    [("cust-2", False, False), ("cust-1", False, True), ("cust-2", True, True)],
    ids=["of-somebody-else", "of-the-same-customer", "parted-again"],
)
def test_what_is_done_for_one_customer_of_merged_cases_the_other_does_not_hear(
    merged: str, unmerged: bool, is_told: bool
) -> None:
    office, seq = answered(Relation.REPEAT, 1, merged=True, unmerged=unmerged)
    for case_id, customer in (("case-1", "cust-1"), ("case-2", merged)):
        contact = a_contact(f"of-{case_id}", customer=customer)
        office.dedup.insert_rows([a_row(a_deduplicated(contact, case_id=case_id))])
    text = office.letter(kind=NoticeKind.RESULT, case_seq=seq).text
    assert "已处理。" in text
    assert ("120.50" in text) is is_told
    assert ("李女士" in text) is is_told


PAYING = 4
"""Where the payment stands in a case to which little happened."""


@pytest.mark.parametrize(
    ("language", "still_at_it", "money"),
    [
        ("zh", ("处理中", "有了结果"), "120.50 港元"),
        ("en", ("worked on", "a result"), "HKD 120.50"),
    ],
)
def test_word_of_a_payment_after_the_answer_promises_no_answer_and_says_how_much(
    language: str, still_at_it: tuple[str, ...], money: str
) -> None:
    office, _ = answered(Relation.REPEAT, 1)
    letter = office.letter(kind=NoticeKind.PROGRESS, case_seq=PAYING, language=language)
    for form in (letter.text, letter.html):
        assert money in form
        assert not any(words in form for words in still_at_it)
    short = office.letter(
        kind=NoticeKind.PROGRESS, case_seq=PAYING, language=language, channel=NoticeChannel.SMS
    )
    assert "仍在处理中" not in short.text
    assert "still working" not in short.text


def test_of_two_complainants_neither_hears_how_much_the_other_is_paid() -> None:
    office, _ = answered(Relation.SECOND_COMPLAINANT, 1)
    text = office.letter(kind=NoticeKind.PROGRESS, case_seq=PAYING).text
    assert "120.50" not in text


def test_word_of_a_payment_before_the_answer_says_that_one_is_to_come() -> None:
    office = Office()
    office.happens(
        ChangeKind.PAYMENT_REQUESTED, compensation=a_payment(), status=CaseStatus.INVESTIGATING
    )
    text = office.letter(kind=NoticeKind.PROGRESS).text
    assert "120.50 港元" in text
    assert "有了结果，我们会第一时间告诉您" in text


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
