"""What waited for a cap, a provider or a night is not sent once it is no news any more."""

from typing import Any

import pytest

from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.notice_words import NoticeKind
from schemas.vocabulary import CaseStatus, ChangeKind, ClockName
from services.domain.case_store import LogEntry, LoggedEvent
from services.sender.channels.port import Letter
from services.sender.no_letter import NoLetter
from tests.support.builders import NOON, TENANT
from tests.unit.sender.office import Office

AFTER = {
    ChangeKind.RESOLVED: CaseStatus.RESOLVED,
    ChangeKind.REJECTED: CaseStatus.REJECTED,
    ChangeKind.ANSWERED_THROUGH_HEAD: CaseStatus.RESOLVED,
    ChangeKind.CLOSED: CaseStatus.CLOSED,
    ChangeKind.REOPENED: CaseStatus.INVESTIGATING,
}


def written(office: Office, *kinds: ChangeKind, **fields: Any) -> Letter | NoLetter:
    """Let these changes happen one after the other; return the letter about the second."""
    status = CaseStatus.INVESTIGATING
    for seq, kind in enumerate(kinds, 1):
        status = AFTER.get(kind, status)
        change = CaseChanged(
            tenant=TENANT, case_id="case-1", seq=seq, at=NOON, kind=kind, actor="clerk:7",
            status=status, note="已核实。", clock=ClockName.RESOLUTION, due_at=NOON,
        )  # fmt: skip
        source = f"src:0:{seq}"
        event = LoggedEvent(seq, source, encode(change))
        office.cases.append([LogEntry(f"{TENANT}|case-1", seq, NOON, (source,), (), (event,))])
    return office.write(case_seq=2, mandatory=False, **fields)


def why_not(*kinds: ChangeKind, **fields: Any) -> str | None:
    found = written(Office(), ChangeKind.OPENED, *kinds, **fields)
    return found.reason if isinstance(found, NoLetter) else None


ANSWERS = (ChangeKind.RESOLVED, ChangeKind.REJECTED, ChangeKind.ANSWERED_THROUGH_HEAD)


@pytest.mark.parametrize("answer", ANSWERS)
def test_nobody_hears_after_the_answer_that_we_are_still_at_it(answer: ChangeKind) -> None:
    kinds = (ChangeKind.ASSIGNED, ChangeKind.NOTED, answer, ChangeKind.CLOSED)
    assert why_not(*kinds, kind=NoticeKind.PROGRESS) == "overtaken"


def test_what_happened_before_overtakes_nothing() -> None:
    office = Office()
    letter = written(office, ChangeKind.RESOLVED, ChangeKind.REOPENED, kind=NoticeKind.PROGRESS)
    assert isinstance(letter, Letter)


def test_progress_is_sent_while_there_is_no_answer() -> None:
    kinds = (ChangeKind.ASSIGNED, ChangeKind.NOTED, ChangeKind.PROPOSED)
    assert why_not(*kinds, kind=NoticeKind.PROGRESS) is None


@pytest.mark.parametrize("back", [ChangeKind.REOPENED, ChangeKind.APPEALED, ChangeKind.RATED])
def test_who_came_back_on_the_answer_or_rated_it_is_not_asked_how_content_he_is(
    back: ChangeKind,
) -> None:
    assert why_not(ChangeKind.SURVEY_REQUESTED, back, kind=NoticeKind.SURVEY) == "overtaken"


def test_a_survey_is_sent_while_the_answer_stands() -> None:
    kinds = (ChangeKind.SURVEY_REQUESTED, ChangeKind.NOTED, ChangeKind.PAYMENT_REQUESTED)
    assert why_not(*kinds, kind=NoticeKind.SURVEY) is None


WARNINGS = (NoticeKind.WARNING, NoticeKind.BREACH, NoticeKind.TASK)
LATE = ChangeKind.CLOCK_WARNED


@pytest.mark.parametrize("kind", WARNINGS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_staff_is_not_warned_in_the_morning_of_what_was_answered_in_the_night(
    kind: NoticeKind, answer: ChangeKind
) -> None:
    for kinds in ((LATE, answer), (LATE, answer, ChangeKind.CLOSED), (LATE, ChangeKind.CLOSED)):
        assert why_not(*kinds, kind=kind, recipient="team:billing", channel="email") == "overtaken"


@pytest.mark.parametrize("kind", WARNINGS)
def test_staff_is_warned_of_what_is_open_or_open_again(kind: NoticeKind) -> None:
    for since in ((), (ChangeKind.NOTED,), (ChangeKind.RESOLVED, ChangeKind.REOPENED)):
        assert why_not(LATE, *since, kind=kind, recipient="team:billing", channel="email") is None


def test_that_a_case_is_somebodys_now_is_told_though_it_was_answered_since() -> None:
    kinds = (ChangeKind.ASSIGNED, ChangeKind.RESOLVED)
    whom = {"recipient": "team:billing", "channel": "email"}
    assert why_not(*kinds, kind=NoticeKind.ASSIGNED, **whom) is None


def test_what_is_mandatory_is_sent_whatever_came_after_it() -> None:
    office = Office()
    written(office, ChangeKind.OPENED, ChangeKind.PROPOSED, ChangeKind.RESOLVED)
    letter = office.write(case_seq=2, kind=NoticeKind.PROGRESS, mandatory=True)
    assert isinstance(letter, Letter)


def test_the_changes_of_a_case_are_read_once_for_all_who_are_told_of_one() -> None:
    office = Office()
    written(office, ChangeKind.OPENED, ChangeKind.ASSIGNED)
    read: list[int] = []
    changes_from = office.facts.changes_from

    def counted(tenant: str, case_id: str, seq: int, limit: int) -> list[CaseChanged]:
        read.append(seq)
        return changes_from(tenant, case_id, seq, limit)

    office.facts.changes_from = counted  # type: ignore[method-assign]
    asked = [
        office.notice(notice_id=f"N{n}", kind=NoticeKind.PROGRESS, case_seq=2, mandatory=False)
        for n in range(5)
    ]
    assert len(office.writer.letters(asked)) == 5
    assert read == [2]
