"""What aftercare and retention read and remove: alike in memory and in MongoDB."""

from collections.abc import Iterator

import pytest

from schemas.cases import CaseChanged, CaseState
from schemas.codec import decode, encode
from schemas.contacts import Facts
from schemas.handling import Aftercare
from schemas.vocabulary import CaseStatus
from services.adapters.case_queries import Queries
from services.domain.aftercare_store import AftercareStore
from services.domain.case_store import CaseStore, LoggedCommand, LoggedEvent
from services.domain.dedup_store import DedupStore
from services.domain.letter_store import LetterEnd, LetterFate, LetterStore
from services.domain.retention import REMOVED
from tests.contract.examples import CASE, a_deduplicated_contact, a_projection, a_row_of, a_state
from tests.contract.examples import an_entry as a_log_entry
from tests.support.builders import TENANT, at

REPLAYED = LetterFate.REPLAYED


def put(cases: CaseStore, case_id: str, **state: object) -> None:
    key = f"{TENANT}|{case_id}"
    cases.project([a_projection(1, case=key, state=a_state(1, case_id=case_id, **state))])


def ids(states: Iterator[CaseState]) -> list[str]:
    return [state.case_id for state in states]


def test_what_is_due_comes_first_due_first_and_what_is_not_does_not(
    aftercare: AftercareStore, cases: CaseStore
) -> None:
    for case_id, hours in (("C3", 3), ("C1", 1), ("C2", 2)):
        care = Aftercare(follow_up_at=at(hours=hours), policy="test")
        put(cases, case_id, status=CaseStatus.RESOLVED, resolved_at=at(), aftercare=care)
    put(cases, "C4", status=CaseStatus.ARCHIVED, aftercare=Aftercare(policy="test"))
    put(cases, "C5")
    assert ids(aftercare.due(at(hours=2))) == ["C1", "C2"]
    assert ids(aftercare.due(at(hours=9))) == ["C1", "C2", "C3"]
    assert ids(aftercare.due(at())) == []


@pytest.mark.parametrize("status", set(CaseStatus) - {CaseStatus.UNKNOWN})
def test_only_what_was_answered_for_good_has_ended(
    aftercare: AftercareStore, cases: CaseStore, status: CaseStatus
) -> None:
    put(cases, "C1", status=status, resolved_at=at(days=1), closed_at=at(days=2))
    has_ended = status in (
        CaseStatus.REJECTED, CaseStatus.CLOSED, CaseStatus.ARCHIVED, CaseStatus.APPEALED,
    )  # fmt: skip
    assert ids(aftercare.ended(at(days=2))) == []
    assert ids(aftercare.ended(at(days=2, seconds=1))) == (["C1"] if has_ended else [])


def test_what_was_removed_has_not_to_be_removed_and_is_found_by_when(
    aftercare: AftercareStore, cases: CaseStore
) -> None:
    gone = {"status": CaseStatus.CLOSED, "closed_at": at(), "anonymised_at": at(days=9)}
    put(cases, "C1", **gone)
    assert ids(aftercare.ended(at(days=99))) == []
    assert ids(aftercare.anonymised(at(days=9))) == ["C1"]
    assert ids(aftercare.anonymised(at(days=9, seconds=1))) == []


def test_what_changed_after_its_removal_is_found_however_long_ago(
    aftercare: AftercareStore, cases: CaseStore
) -> None:
    put(cases, "C1", status=CaseStatus.CLOSED, anonymised_at=at(days=9), updated_at=at(days=9))
    put(cases, "C2", status=CaseStatus.CLOSED, anonymised_at=at(days=9), updated_at=at(days=10))
    put(cases, "C3", status=CaseStatus.CLOSED, updated_at=at(days=10))
    assert ids(aftercare.written_after()) == ["C2"]


def test_a_case_that_another_names_is_read(aftercare: AftercareStore, cases: CaseStore) -> None:
    put(cases, "C1", legal_hold=True)
    found = aftercare.case(TENANT, "C1")
    assert found is not None
    assert found.legal_hold
    assert aftercare.case(TENANT, "C2") is None
    assert aftercare.case("other", "C1") is None


def test_forgetting_takes_the_person_and_leaves_the_statistics(
    aftercare: AftercareStore, dedup: DedupStore, queries: Queries
) -> None:
    facts = Facts(waybill="SF1300000000001", goods="牛肉", hub="虎门", postage_cny=12.0)
    mine = a_deduplicated_contact("mine", facts=facts)
    other = a_deduplicated_contact("other", case_id="C2")
    dedup.insert_rows([a_row_of(mine, particulars=(5,)), a_row_of(other)])
    assert aftercare.forget(TENANT, CASE, at(days=1)) == 1
    (left,) = queries.contacts(TENANT, CASE)
    contact = left.contact
    assert (contact.text, contact.person, contact.personal) == (REMOVED, None, None)
    assert (contact.facts.waybill, contact.facts.goods, left.waybill_index) == (None, None, None)
    assert (contact.facts.hub, contact.facts.postage_cny) == ("虎门", 12.0)
    assert (contact.channel, contact.received_at) == (
        mine.contact.channel, mine.contact.received_at,
    )  # fmt: skip
    row = dedup.rows([f"{TENANT}|{contact.contact_id}"])[f"{TENANT}|{contact.contact_id}"]
    assert (row.person, row.aliases, row.grams, row.marks, row.lookups) == (None, (), (), (), ())
    assert row.particulars == ()
    assert contact.aliases == ()
    person = mine.contact.person or ""
    sights = dedup.sights([(TENANT, person)], at(days=-9))
    assert all(sight.case_id != CASE for sight in sights.get((TENANT, person), ()))
    assert queries.contacts(TENANT, "C2") == [other]


def test_forgetting_twice_changes_nothing(aftercare: AftercareStore, dedup: DedupStore) -> None:
    dedup.insert_rows([a_row_of(a_deduplicated_contact("mine"))])
    assert aftercare.forget(TENANT, CASE, at()) == 1
    assert aftercare.forget(TENANT, CASE, at(days=1)) == 0
    assert aftercare.forget("elsewhere", CASE, at()) == 0


def test_what_never_came_to_be_a_case_is_forgotten_with_its_discarded_letter(
    aftercare: AftercareStore,
    dedup: DedupStore,
    cases: CaseStore,
    letters: LetterStore,
    queries: Queries,
) -> None:
    for number, fate in ((1, LetterFate.DISCARDED), (2, LetterFate.DISCARDED), (3, REPLAYED)):
        mine = a_deduplicated_contact(f"c{number}", case_id=f"C{number}")
        dedup.insert_rows([a_row_of(mine)])
        end = LetterEnd(f"t:0:{number}", "L", fate, "t:0:1", "li", at(), "", f"{TENANT}|C{number}")
        letters.replayed([end])
    put(cases, "C2")
    assert aftercare.forget_caseless(at(), at(days=9)) == 0
    assert aftercare.forget_caseless(at(seconds=1), at(days=9)) == 1
    assert aftercare.forget_caseless(at(seconds=1), at(days=9)) == 0
    found = [queries.contacts(TENANT, case_id)[0].contact for case_id in ("C1", "C2", "C3")]
    assert [contact.text == REMOVED for contact in found] == [True, False, False]
    assert found[0].person is None


def test_commands_to_other_cases_are_read_back_exactly(cases: CaseStore) -> None:
    entry = a_log_entry(sent=(LoggedCommand(f"{TENANT}|A1", b'{"kind": "open_appeal"}'),))
    assert cases.append([entry]) == frozenset()
    assert cases.entries_after(entry.case_key, 0) == [entry]


def test_what_people_wrote_goes_from_the_log_once_and_of_no_other_case(
    aftercare: AftercareStore, cases: CaseStore, queries: Queries
) -> None:
    for case_id in ("C1", "C11"):
        key = f"{TENANT}|{case_id}"
        note = encode(a_change(case_id, note="王芳 13800138000"))
        plain = encode(a_change(case_id, seq=2))
        cases.append([a_log_entry(1, case=key, events=(LoggedEvent(1, "t:0:1", note),))])
        cases.append([a_log_entry(2, case=key, events=(LoggedEvent(2, "t:0:2", plain),))])
    assert aftercare.worded(TENANT, "C1") == 1
    assert aftercare.forget_words(TENANT, "C1", at()) == 1
    assert aftercare.worded(TENANT, "C1") == 0
    assert aftercare.forget_words(TENANT, "C1", at(days=1)) == 0
    first, second = cases.entries_after(f"{TENANT}|C1", 0)
    assert decode(CaseChanged, first.events[0].value).note == REMOVED
    assert second.events[0].value == encode(a_change("C1", seq=2))
    assert aftercare.worded(TENANT, "C11") == 1


def a_change(case_id: str, seq: int = 1, note: str | None = None) -> CaseChanged:
    return CaseChanged(
        tenant=TENANT, case_id=case_id, seq=seq, at=at(), kind="noted", actor="clerk:7",
        status="acknowledged", note=note,
    )  # fmt: skip
